package org.jvisor.virtio.testing;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.jvisor.virtio.queue.RingAddresses;

/** A device's registers as a driver uses them, on either transport. */
interface Registers extends AutoCloseable {
    int status();

    void setStatus(int status);

    long deviceFeatures();

    void setDriverFeatures(long features);

    int queueSizeMax(int queue);

    void setUpQueue(int queue, RingAddresses addresses);

    void kick(int queue);

    long readConfig(int offset, int size);

    void writeConfig(int offset, int size, long value);

    int generation();

    /**
     * Waits for interrupts and acknowledges them.
     *
     * @param nanos how long at most
     * @return bits: 1 used buffers, 2 configuration; 0 when time is up
     */
    int awaitInterrupt(long nanos) throws InterruptedException;

    /** Reads or writes anything, as a driver that lies does. */
    void poke(long offset, int size, long value);

    long peek(long offset, int size);

    /** The bytes that {@link #poke} and {@link #peek} reach. */
    int window();

    /** Reads or writes the configuration space of a PCI function, where there is one. */
    default void pokeFunction(int offset, int size, long value) {}

    default long peekFunction(int offset, int size) {
        return -1;
    }

    /** Has the registers be where they were at first, and interrupts be on. */
    default void recover() {}

    void pause();

    void resume();

    void save(DataOutput out) throws IOException;

    void restore(DataInput in) throws IOException;

    String failure();

    @Override
    void close();
}
