package org.jvisor.emulator;

import java.util.Map;

/** The machine-check architecture (SDM 3B chapter 16): banks that never report an error. */
final class MachineCheck {
    static final int IA32_MCG_CAP = 0x179;
    static final int IA32_MCG_STATUS = 0x17a;
    static final int IA32_MC0_CTL = 0x400;

    private static final int BANKS = 4;
    private static final int CTL = 0, STATUS = 1, ADDR = 2;

    private static final long MCG_STATUS_BITS = 7;

    private long status;

    /** CTL, STATUS, ADDR, MISC of each bank. */
    private final long[] banks = new long[4 * BANKS];

    /** Whether {@code msr} belongs here. */
    static boolean holds(int msr) {
        return msr == IA32_MCG_CAP
                || msr == IA32_MCG_STATUS
                || msr >= IA32_MC0_CTL && msr < IA32_MC0_CTL + 4 * BANKS;
    }

    /** Reads an MSR that {@link #holds} named. */
    long read(int msr) {
        return switch (msr) {
            case IA32_MCG_CAP -> BANKS;
            case IA32_MCG_STATUS -> status;
            default -> banks[msr - IA32_MC0_CTL];
        };
    }

    /**
     * Writes an MSR that {@link #holds} named: control registers take anything, the others zeros.
     *
     * @return false where the SDM calls for #GP
     */
    boolean write(int msr, long value) {
        if (msr == IA32_MCG_CAP) {
            return false;
        }
        if (msr == IA32_MCG_STATUS) {
            if ((value & ~MCG_STATUS_BITS) != 0) {
                return false;
            }
            status = value;
            return true;
        }
        int index = msr - IA32_MC0_CTL;
        if ((index & 3) != CTL && value != 0) {
            return false;
        }
        banks[index] = value;
        return true;
    }

    /** Adds the registers to a state. */
    void save(Map<Integer, Long> out) {
        out.put(IA32_MCG_STATUS, status);
        for (int bank = 0; bank < BANKS; bank++) {
            for (int register : new int[] {CTL, STATUS, ADDR}) {
                int index = 4 * bank + register;
                out.put(IA32_MC0_CTL + index, banks[index]);
            }
        }
    }

    /** Sets a register whatever its value; false if it is none of these. */
    boolean restore(int msr, long value) {
        if (!holds(msr)) {
            return false;
        }
        if (msr == IA32_MCG_STATUS) {
            status = value;
        } else if (msr != IA32_MCG_CAP) {
            banks[msr - IA32_MC0_CTL] = value;
        }
        return true;
    }
}
