package org.jvisor.vmm.api;

/**
 * A device's registers on a {@link Bus}. Called on vCPU threads, possibly several at once: a device
 * guards its own state. Must not block, allocate or throw, whatever the guest asks for.
 */
public interface IoRegion {
    /**
     * Reads {@code size} bytes at {@code offset} from the region's base.
     *
     * @param offset bytes from the region's base, {@code 0 <= offset}, and {@code offset + size}
     *     not past the region's end
     * @param size 1, 2, 4 or 8 bytes
     * @return the value, little-endian in the low {@code size} bytes; higher bytes are ignored
     */
    long read(long offset, int size);

    /**
     * Writes {@code size} bytes at {@code offset} from the region's base.
     *
     * @param offset bytes from the region's base, as for {@link #read}
     * @param size 1, 2, 4 or 8 bytes
     * @param value the value in the low {@code size} bytes; higher bytes are zero
     */
    void write(long offset, int size, long value);
}
