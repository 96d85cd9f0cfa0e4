package org.jvisor.kvm;

import java.util.OptionalLong;

/**
 * A guest write that rings a doorbell instead of leaving the guest.
 *
 * @param address a port number, or a guest-physical address
 * @param port whether {@code address} is a port
 * @param length bytes the write must have: 1, 2, 4 or 8, or 0 for any
 * @param match the value it must have; empty for any
 */
public record KvmIoEvent(long address, boolean port, int length, OptionalLong match) {
    /** Checks the length. */
    public KvmIoEvent {
        if (length != 0 && length != 1 && length != 2 && length != 4 && length != 8) {
            throw new IllegalArgumentException(
                    "an I/O event has a length of 0, 1, 2, 4 or 8 bytes, not " + length);
        }
        if (length == 0 && match.isPresent()) {
            throw new IllegalArgumentException(
                    "an I/O event that matches a value needs the length of it");
        }
    }

    /** Any write of {@code length} bytes to a port. */
    public static KvmIoEvent port(int port, int length) {
        return new KvmIoEvent(port, true, length, OptionalLong.empty());
    }

    /** Any write of {@code length} bytes to a guest-physical address. */
    public static KvmIoEvent memory(long address, int length) {
        return new KvmIoEvent(address, false, length, OptionalLong.empty());
    }

    /** The same, but only for this value. */
    public KvmIoEvent matching(long value) {
        return new KvmIoEvent(address, port, length, OptionalLong.of(value));
    }
}
