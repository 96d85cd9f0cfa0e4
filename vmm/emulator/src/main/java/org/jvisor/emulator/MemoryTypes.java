package org.jvisor.emulator;

import java.util.stream.IntStream;

/**
 * The MTRRs and the PAT (SDM 3A §12.11, §12.12). They are kept and checked but change nothing: the
 * software CPU's memory is always coherent, and devices are reached uncached whatever the type.
 */
final class MemoryTypes {
    static final int IA32_MTRRCAP = 0xfe;
    static final int IA32_MTRR_PHYSBASE0 = 0x200;
    static final int IA32_MTRR_FIX64K_00000 = 0x250;
    static final int IA32_MTRR_FIX16K_80000 = 0x258;
    static final int IA32_MTRR_FIX16K_A0000 = 0x259;
    static final int IA32_MTRR_FIX4K_C0000 = 0x268;
    static final int IA32_MTRR_FIX4K_F8000 = 0x26f;
    static final int IA32_PAT = 0x277;
    static final int IA32_MTRR_DEF_TYPE = 0x2ff;

    private static final int VARIABLE = 8;

    /** Fixed ranges and write combining supported, {@link #VARIABLE} variable ranges. */
    private static final long CAPABILITIES = 1 << 10 | 1 << 8 | VARIABLE;

    private static final long PAT_AT_RESET = 0x0007_0406_0007_0406L;
    private static final long ADDRESS_MASK = (1L << PageWalker.PHYSICAL_BITS) - 1 & ~0xfffL;
    private static final int MASK_VALID = 1 << 11;
    private static final int DEF_TYPE_ENABLES = 1 << 11 | 1 << 10;

    /** Memory types 0 (UC), 1 (WC), 4 (WT), 5 (WP), 6 (WB). */
    private static final int MTRR_TYPES = 1 << 0 | 1 << 1 | 1 << 4 | 1 << 5 | 1 << 6;

    /** The same and 7 (UC-). */
    private static final int PAT_TYPES = MTRR_TYPES | 1 << 7;

    /** Base and mask by turns. */
    private final long[] variable = new long[2 * VARIABLE];

    /** 64K, the two of 16K, the eight of 4K. */
    private final long[] fixed = new long[11];

    private long defType;
    private long pat = PAT_AT_RESET;

    /** Whether {@code msr} belongs here. */
    static boolean holds(int msr) {
        return msr == IA32_MTRRCAP
                || msr == IA32_PAT
                || msr == IA32_MTRR_DEF_TYPE
                || isVariable(msr)
                || fixedIndex(msr) >= 0;
    }

    /** The numbers of all that may be written. */
    static int[] all() {
        return IntStream.range(0, 0x300).filter(msr -> msr != IA32_MTRRCAP && holds(msr)).toArray();
    }

    /** Reads an MSR that {@link #holds} named. */
    long read(int msr) {
        if (isVariable(msr)) {
            return variable[msr - IA32_MTRR_PHYSBASE0];
        }
        return switch (msr) {
            case IA32_MTRRCAP -> CAPABILITIES;
            case IA32_PAT -> pat;
            case IA32_MTRR_DEF_TYPE -> defType;
            default -> fixed[fixedIndex(msr)];
        };
    }

    /**
     * Writes an MSR that {@link #holds} named.
     *
     * @return false where the SDM calls for #GP
     */
    boolean write(int msr, long value) {
        if (isVariable(msr)) {
            return writeVariable(msr - IA32_MTRR_PHYSBASE0, value);
        }
        switch (msr) {
            case IA32_MTRRCAP -> {
                return false;
            }
            case IA32_PAT -> {
                if (!allOf(PAT_TYPES, value)) {
                    return false;
                }
                pat = value;
            }
            case IA32_MTRR_DEF_TYPE -> {
                if ((value & ~(DEF_TYPE_ENABLES | 0xffL)) != 0 || !isType(MTRR_TYPES, value)) {
                    return false;
                }
                defType = value;
            }
            default -> {
                if (!allOf(MTRR_TYPES, value)) {
                    return false;
                }
                fixed[fixedIndex(msr)] = value;
            }
        }
        return true;
    }

    private boolean writeVariable(int index, long value) {
        boolean isMask = (index & 1) != 0;
        long allowed = ADDRESS_MASK | (isMask ? MASK_VALID : 0xff);
        if ((value & ~allowed) != 0 || (!isMask && !isType(MTRR_TYPES, value))) {
            return false;
        }
        variable[index] = value;
        return true;
    }

    private static boolean isVariable(int msr) {
        return msr >= IA32_MTRR_PHYSBASE0 && msr < IA32_MTRR_PHYSBASE0 + 2 * VARIABLE;
    }

    private static int fixedIndex(int msr) {
        return switch (msr) {
            case IA32_MTRR_FIX64K_00000 -> 0;
            case IA32_MTRR_FIX16K_80000 -> 1;
            case IA32_MTRR_FIX16K_A0000 -> 2;
            default ->
                    msr >= IA32_MTRR_FIX4K_C0000 && msr <= IA32_MTRR_FIX4K_F8000
                            ? msr - IA32_MTRR_FIX4K_C0000 + 3
                            : -1;
        };
    }

    private static boolean allOf(int types, long value) {
        for (int i = 0; i < 8; i++) {
            if (!isType(types, value >>> 8 * i)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isType(int types, long value) {
        int type = (int) value & 0xff;
        return type < 8 && (types >> type & 1) != 0;
    }
}
