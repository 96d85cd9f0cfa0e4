package org.jvisor.machine.device;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;

/** A set of the 256 interrupt vectors: an APIC's IRR, ISR or TMR. */
final class VectorSet {
    private final long[] words = new long[4];

    void add(int vector) {
        words[vector >>> 6] |= 1L << vector;
    }

    void remove(int vector) {
        words[vector >>> 6] &= ~(1L << vector);
    }

    boolean contains(int vector) {
        return (words[vector >>> 6] >>> vector & 1) != 0;
    }

    /** The highest vector in the set, or -1. */
    int highest() {
        for (int i = 3; i >= 0; i--) {
            if (words[i] != 0) {
                return i * 64 + 63 - Long.numberOfLeadingZeros(words[i]);
            }
        }
        return -1;
    }

    /** The 32-bit register {@code index}, 0 to 7, that software sees. */
    int register(int index) {
        return (int) (words[index >>> 1] >>> ((index & 1) * 32));
    }

    void clear() {
        Arrays.fill(words, 0);
    }

    void save(DataOutput out) throws IOException {
        for (long word : words) {
            out.writeLong(word);
        }
    }

    void restore(DataInput in) throws IOException {
        for (int i = 0; i < words.length; i++) {
            words[i] = in.readLong();
        }
    }
}
