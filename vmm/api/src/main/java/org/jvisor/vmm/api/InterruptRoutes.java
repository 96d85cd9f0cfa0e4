package org.jvisor.vmm.api;

/** Where a device gets an {@link InterruptRoute} for each of its vectors. From any thread. */
@FunctionalInterface
public interface InterruptRoutes {
    /** A new route without a message, the caller's to close. */
    InterruptRoute open();

    /** Routes that send their messages through {@code sink}. */
    static InterruptRoutes through(MsiSink sink) {
        return () -> new SinkRoute(sink);
    }
}
