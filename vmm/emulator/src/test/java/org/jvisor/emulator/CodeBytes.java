package org.jvisor.emulator;

import java.util.Arrays;

/** Machine code under construction: bytes at a known address. */
final class CodeBytes {
    private final long origin;
    private byte[] bytes = new byte[256];
    private int length;

    /** Starts at {@code origin}, which relative displacements count from. */
    CodeBytes(long origin) {
        this.origin = origin;
    }

    /** The address of the next byte. */
    long here() {
        return origin + length;
    }

    int length() {
        return length;
    }

    CodeBytes put(int... values) {
        for (int value : values) {
            if (length == bytes.length) {
                bytes = Arrays.copyOf(bytes, length * 2);
            }
            bytes[length++] = (byte) value;
        }
        return this;
    }

    CodeBytes put(byte[] values) {
        for (byte value : values) {
            put(value);
        }
        return this;
    }

    /** Puts the low {@code size} bytes of a value. */
    CodeBytes value(long value, int size) {
        for (int i = 0; i < size; i++) {
            put((int) (value >> 8 * i));
        }
        return this;
    }

    /** Replaces the {@code size} bytes at {@code at}. */
    void set(int at, long value, int size) {
        for (int i = 0; i < size; i++) {
            bytes[at + i] = (byte) (value >> 8 * i);
        }
    }

    /** Puts a 32-bit displacement to {@code target}, as the last field of an instruction. */
    CodeBytes relative(long target) {
        return value(target - (here() + 4), 4);
    }

    /** Puts an instruction whose memory operand is an absolute address below 2 GiB. */
    CodeBytes absolute(int reg, long address, int... opcode) {
        put(opcode);
        put(4 | (reg & 7) << 3, 0x25);
        return value(address, 4);
    }

    /** Fills up to {@code address} with INT3. */
    CodeBytes skipTo(long address) {
        if (address < here()) {
            throw new IllegalArgumentException(
                    "code is already at %#x, past %#x".formatted(here(), address));
        }
        while (here() < address) {
            put(0xcc);
        }
        return this;
    }

    byte[] toArray() {
        return Arrays.copyOf(bytes, length);
    }
}
