package org.jvisor.vmm.api;

import org.jspecify.annotations.Nullable;

/** A route that is no more than a remembered message. */
final class SinkRoute implements InterruptRoute {
    private record Message(long address, int data) {}

    private final MsiSink sink;

    /** Replaced as a whole, so that a message is never made of two. */
    private volatile @Nullable Message message;

    SinkRoute(MsiSink sink) {
        this.sink = sink;
    }

    @Override
    public void set(long address, int data) {
        Message now = message;
        if (now == null || now.address != address || now.data != data) {
            message = new Message(address, data);
        }
    }

    @Override
    public void trigger() {
        Message now = message;
        if (now != null) {
            sink.send(now.address, now.data);
        }
    }

    @Override
    public void close() {
        message = null;
    }
}
