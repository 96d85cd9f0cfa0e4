package org.jvisor.virtio.transport;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.jvisor.virtio.VirtioDevice;

/** The registers of all queues, of which the driver selects one. Guarded by the core. */
final class QueueRegisters {
    private final QueueState[] queues;
    private int selected;

    QueueRegisters(VirtioDevice device) {
        queues = new QueueState[device.queues()];
        for (int i = 0; i < queues.length; i++) {
            queues[i] = new QueueState(device.queueSize(i));
        }
    }

    void reset() {
        for (QueueState queue : queues) {
            queue.reset();
        }
        selected = 0;
    }

    void disableAll() {
        for (QueueState queue : queues) {
            queue.enabled = false;
        }
    }

    int count() {
        return queues.length;
    }

    QueueState get(int index) {
        return queues[index];
    }

    void select(int index) {
        selected = index;
    }

    int selected() {
        return selected;
    }

    /** Those of the selected queue, or null if there is no such queue. */
    @Nullable QueueState current() {
        return selected >= 0 && selected < queues.length ? queues[selected] : null;
    }

    void save(DataOutput out) throws IOException {
        out.writeInt(selected);
        out.writeInt(queues.length);
        for (QueueState queue : queues) {
            queue.save(out);
        }
    }

    /**
     * Reads back what {@link #save} wrote.
     *
     * @return how many queues the state has; nothing of them is read if it is another number
     */
    int restore(DataInput in) throws IOException {
        selected = in.readInt();
        int count = in.readInt();
        if (count == queues.length) {
            for (QueueState queue : queues) {
                queue.restore(in);
            }
        }
        return count;
    }
}
