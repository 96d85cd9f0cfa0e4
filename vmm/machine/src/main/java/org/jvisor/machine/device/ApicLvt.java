package org.jvisor.machine.device;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;

/** A local APIC's local vector table (SDM 3A §11.5.1). */
final class ApicLvt {
    static final int TIMER = 0, LINT0 = 3, LINT1 = 4, ERROR = 5;

    private final int[] entries = new int[ApicRegister.LVT_ENTRIES];

    void reset() {
        Arrays.fill(entries, ApicRegister.LVT_MASKED);
    }

    void maskAll() {
        for (int i = 0; i < entries.length; i++) {
            entries[i] |= ApicRegister.LVT_MASKED;
        }
    }

    int get(int entry) {
        return entries[entry];
    }

    void set(int entry, int value) {
        entries[entry] = value & ApicRegister.lvtWritable(entry);
    }

    boolean masked(int entry) {
        return (entries[entry] & ApicRegister.LVT_MASKED) != 0;
    }

    int vector(int entry) {
        return entries[entry] & 0xff;
    }

    /** The delivery mode; the timer's and the error entry's is always fixed. */
    int deliveryMode(int entry) {
        return entries[entry] >>> 8 & 7;
    }

    /** The timer's mode; the reserved encoding counts as one-shot. */
    int timerMode() {
        int mode = entries[TIMER] >>> 17 & 3;
        return mode == 3 ? ApicTimer.ONE_SHOT : mode;
    }

    void save(DataOutput out) throws IOException {
        SavedState.writeInts(out, entries);
    }

    void restore(DataInput in) throws IOException {
        for (int i = 0; i < entries.length; i++) {
            set(i, in.readInt());
        }
    }
}
