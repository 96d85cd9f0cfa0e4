package org.jvisor.emulator;

import java.util.EnumMap;
import java.util.Map;
import java.util.Set;

/**
 * Where the software CPU may differ from a given processor, and why. Everything else that differs
 * is a defect. A run prints how often each was needed.
 */
final class AllowedDeviations {
    /** One kind of difference. */
    enum Deviation {
        /**
         * RCPPS, RCPSS, RSQRTPS and RSQRTSS give approximations with a relative error of up to 1.5
         * x 2^-12 (SDM 2B, RCPPS). Every processor family has tables of its own; the software CPU
         * rounds the exact result.
         */
        RECIPROCAL,

        /**
         * The x87's transcendental functions are exact to 1 ulp, not correctly rounded (SDM 1
         * §8.3.10), and C1 tells how the result was rounded. The software CPU rounds correctly, so
         * it may be off by one from a given processor, and its C1 may differ.
         */
        TRANSCENDENTAL
    }

    private static final Set<String> RECIPROCALS = Set.of("RCPPS", "RCPSS", "RSQRTPS", "RSQRTSS");

    private static final Set<String> TRANSCENDENTALS =
            Set.of("F2XM1", "FYL2X", "FYL2XP1", "FPATAN", "FPTAN", "FSIN", "FCOS", "FSINCOS");

    /** Twice the largest relative error: both sides may have it, in opposite directions. */
    private static final double RECIPROCAL_TOLERANCE = 3.0 / 4096;

    private static final int C1 = 0x200;

    private final Map<Deviation, Integer> used = new EnumMap<>(Deviation.class);

    private void use(Deviation deviation) {
        used.merge(deviation, 1, Integer::sum);
    }

    /** Whether a deviation explains the difference of a vector register. */
    boolean explainsVector(Form form, UserState right, UserState wrong, int at) {
        if (!RECIPROCALS.contains(form.mnemonic)) {
            return false;
        }
        for (int lane = at; lane < at + 16; lane += 4) {
            int bits = right.getInt(lane);
            int other = wrong.getInt(lane);
            float a = Float.intBitsToFloat(bits);
            float b = Float.intBitsToFloat(other);
            boolean close = Math.abs(a - b) <= Math.abs(a) * RECIPROCAL_TOLERANCE;
            if (bits != other && !(close && Math.abs(a) >= Float.MIN_NORMAL)) {
                return false;
            }
        }
        use(Deviation.RECIPROCAL);
        return true;
    }

    /** Whether a deviation explains the difference of an x87 register. */
    boolean explainsExtended(Form form, UserState right, UserState wrong, int at) {
        if (!TRANSCENDENTALS.contains(form.mnemonic)) {
            return false;
        }
        int top = right.getShort(at + 8) & 0x7fff;
        if (top == 0x7fff || ((right.fx[at + 9] ^ wrong.fx[at + 9]) & 0x80) != 0) {
            return false; // no numbers, or of different sign
        }
        long difference = right.getLong(at) - wrong.getLong(at);
        int exponents = top - (wrong.getShort(at + 8) & 0x7fff);
        boolean near =
                exponents == 0
                        ? Math.abs(difference) == 1
                        // 1.000 and the number below it
                        : exponents == 1
                                ? right.getLong(at) == Long.MIN_VALUE && wrong.getLong(at) == -1
                                : exponents == -1
                                        && right.getLong(at) == -1
                                        && wrong.getLong(at) == Long.MIN_VALUE;
        if (near) {
            use(Deviation.TRANSCENDENTAL);
        }
        return near;
    }

    /** Whether a deviation explains the difference of the x87 status word. */
    boolean explainsStatus(Form form, int right, int wrong) {
        if (!TRANSCENDENTALS.contains(form.mnemonic) || (right ^ wrong) != C1) {
            return false;
        }
        use(Deviation.TRANSCENDENTAL);
        return true;
    }

    @Override
    public String toString() {
        return used.isEmpty() ? "none needed" : used.toString();
    }
}
