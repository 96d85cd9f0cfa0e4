package org.jvisor.virtio.testing;

/**
 * A buffer of a chain.
 *
 * @param address guest-physical
 * @param length bytes, unsigned
 * @param write whether the device writes it
 */
public record Buffer(long address, int length, boolean write) {
    /** A buffer the device reads. */
    public static Buffer out(long address, int length) {
        return new Buffer(address, length, false);
    }

    /** A buffer the device writes. */
    public static Buffer in(long address, int length) {
        return new Buffer(address, length, true);
    }
}
