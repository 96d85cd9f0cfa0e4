package org.jvisor.virtio.transport;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.jvisor.virtio.queue.RingAddresses;

/** The registers of one queue, guarded by the {@link VirtioCore}. */
final class QueueState {
    final int maxSize;
    int size;
    boolean enabled;
    long descriptors;
    long driver;
    long device;

    QueueState(int maxSize) {
        this.maxSize = maxSize;
        this.size = maxSize;
    }

    void reset() {
        size = maxSize;
        enabled = false;
        descriptors = 0;
        driver = 0;
        device = 0;
    }

    RingAddresses addresses() {
        return new RingAddresses(size, descriptors, driver, device);
    }

    void save(DataOutput out) throws IOException {
        out.writeInt(size);
        out.writeBoolean(enabled);
        out.writeLong(descriptors);
        out.writeLong(driver);
        out.writeLong(device);
    }

    void restore(DataInput in) throws IOException {
        size = in.readInt();
        if (size < 1 || size > maxSize) {
            throw new IOException(
                    "the saved state has a queue of %d descriptors where this machine has at most %d: give it the same devices"
                            .formatted(size, maxSize));
        }
        enabled = in.readBoolean();
        descriptors = in.readLong();
        driver = in.readLong();
        device = in.readLong();
    }
}
