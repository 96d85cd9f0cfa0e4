package org.jvisor.vmm.api;

/**
 * A device of the board. It owns its registers ({@link IoRegion}s it is given to the buses as) and
 * its interrupt, and guards its own state against vCPU, timer and back-end threads.
 */
public interface Device extends AutoCloseable {
    /** A short name, unique on its machine, such as {@code "rtc"}: the key of its saved state. */
    String name();

    /** Returns the device to its power-on state. */
    void reset();

    /**
     * Writes the device's state. Called while no vCPU runs.
     *
     * @param out where to; the device may write any number of bytes
     * @throws java.io.IOException as {@code out} does
     */
    void save(java.io.DataOutput out) throws java.io.IOException;

    /**
     * Reads back what {@link #save} wrote. Called while no vCPU runs.
     *
     * @throws java.io.IOException if the state is damaged or {@code in} fails
     */
    void restore(java.io.DataInput in) throws java.io.IOException;

    /** Releases what the device holds on the host; nothing by default. May be called twice. */
    @Override
    default void close() {}
}
