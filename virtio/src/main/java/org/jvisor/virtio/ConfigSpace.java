package org.jvisor.virtio;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * The bytes of a device's configuration space, little-endian. A driver reads them at any offset and
 * width; the device puts its fields. Any thread may call it; an access is atomic.
 */
public final class ConfigSpace {
    private final byte[] bytes;

    /**
     * Makes a space of zeros.
     *
     * @param size bytes
     */
    public ConfigSpace(int size) {
        bytes = new byte[size];
    }

    /** Its size in bytes. */
    public int size() {
        return bytes.length;
    }

    /**
     * Reads for the driver, or for the device.
     *
     * @param offset bytes, not negative; bytes beyond the end read as 0
     * @param size 1 to 8 bytes
     */
    public synchronized long read(int offset, int size) {
        long value = 0;
        for (int i = 0; i < size && offset + i < bytes.length; i++) {
            value |= (bytes[offset + i] & 0xffL) << i * 8;
        }
        return value;
    }

    /**
     * Puts a field.
     *
     * @param offset bytes; the field lies inside
     * @param size 1 to 8 bytes
     * @throws IndexOutOfBoundsException if the field does not lie inside
     */
    public synchronized void put(int offset, int size, long value) {
        for (int i = 0; i < size; i++) {
            bytes[offset + i] = (byte) (value >>> i * 8);
        }
    }

    /**
     * Puts those bytes of a driver's write that fall on a writable field.
     *
     * @param offset of the driver's write
     * @param size of the driver's write, 1 to 8 bytes
     * @param value what the driver writes
     * @param field the offset of the writable field
     * @param length the length of the writable field in bytes
     * @return whether any byte fell on it
     */
    public synchronized boolean write(int offset, int size, long value, int field, int length) {
        boolean any = false;
        for (int i = 0; i < size; i++) {
            int at = offset + i;
            if (at >= field && at < field + length) {
                bytes[at] = (byte) (value >>> i * 8);
                any = true;
            }
        }
        return any;
    }

    /** Writes the bytes, for a saved state. */
    public synchronized void save(DataOutput out) throws IOException {
        out.write(bytes);
    }

    /** Reads back what {@link #save} wrote. */
    public synchronized void restore(DataInput in) throws IOException {
        in.readFully(bytes);
    }
}
