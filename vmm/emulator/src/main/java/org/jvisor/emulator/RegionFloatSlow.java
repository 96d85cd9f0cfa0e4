package org.jvisor.emulator;

import org.jvisor.emulator.math.SseFloat;

/**
 * SSE's floating point in translated code where {@link RegionFloat} does not do it: exactly as the
 * interpreted instructions, each call being one. Never inlined.
 */
final class RegionFloatSlow {
    private RegionFloatSlow() {}

    private static SseFloat begin(Cpu c) {
        SseFloat f = c.sse.math;
        f.flags = 0;
        return f;
    }

    private static void end(Cpu c) {
        if (c.sse.math.flags != 0) {
            c.sse.commit(c);
        }
    }

    // ---- double ----

    static long add(Cpu c, long a, long b) {
        SseFloat f = begin(c);
        long z = f.add(a, b);
        end(c);
        return z;
    }

    static long subtract(Cpu c, long a, long b) {
        SseFloat f = begin(c);
        long z = f.subtract(a, b);
        end(c);
        return z;
    }

    static long multiply(Cpu c, long a, long b) {
        SseFloat f = begin(c);
        long z = f.multiply(a, b);
        end(c);
        return z;
    }

    static long divide(Cpu c, long a, long b) {
        SseFloat f = begin(c);
        long z = f.divide(a, b);
        end(c);
        return z;
    }

    static long minimum(Cpu c, long a, long b) {
        SseFloat f = begin(c);
        long z = f.select(false, a, b);
        end(c);
        return z;
    }

    static long maximum(Cpu c, long a, long b) {
        SseFloat f = begin(c);
        long z = f.select(true, a, b);
        end(c);
        return z;
    }

    static long squareRoot(Cpu c, long a) {
        long z = begin(c).squareRoot(a);
        end(c);
        return z;
    }

    static int compare(Cpu c, long a, long b, boolean quiet) {
        int order = begin(c).compare(a, b, quiet);
        end(c);
        return order(order);
    }

    private static int order(int order) {
        return switch (order) {
            case SseFloat.LESS -> RegionFloat.LESS;
            case SseFloat.EQUAL -> RegionFloat.EQUAL;
            case SseFloat.GREATER -> RegionFloat.GREATER;
            default -> RegionFloat.UNORDERED;
        };
    }

    static long toInteger(Cpu c, long a, int bits, boolean truncate) {
        long n = begin(c).toInteger(a, bits, truncate);
        end(c);
        return n;
    }

    static long fromLong(Cpu c, long n) {
        long z = begin(c).fromLong(n);
        end(c);
        return z;
    }

    static long widen(Cpu c, int a) {
        long z = begin(c).toDouble(a);
        end(c);
        return z;
    }

    /** CVTSD2SS into the low half {@code old} of a register. */
    static long narrow(Cpu c, long old, long a) {
        int z = begin(c).toSingle(a);
        end(c);
        return low(old, z);
    }

    // ---- single: the low half of the destination in and out ----

    private static long low(long a, int z) {
        return a & ~0xffff_ffffL | z & 0xffff_ffffL;
    }

    static long single(Cpu c, int operation, long a, int b) {
        int z = SseArith.apply(begin(c), operation, (int) a, b);
        end(c);
        return low(a, z);
    }

    // ---- packed: the destination is x[d] and x[d + 1] ----

    static void doubles(Cpu c, int operation, long[] x, int d, long b0, long b1) {
        SseFloat f = begin(c);
        long z0 = SseArith.apply(f, operation, x[d], b0);
        long z1 = SseArith.apply(f, operation, x[d + 1], b1);
        end(c);
        x[d] = z0;
        x[d + 1] = z1;
    }

    static void singles(Cpu c, int operation, long[] x, int d, long b0, long b1) {
        SseFloat f = begin(c);
        long z0 = SseArith.applyPair(f, operation, x[d], b0);
        long z1 = SseArith.applyPair(f, operation, x[d + 1], b1);
        end(c);
        x[d] = z0;
        x[d + 1] = z1;
    }

    static int compareSingles(Cpu c, long a, int b, boolean quiet) {
        int order = begin(c).compare((int) a, b, quiet);
        end(c);
        return order(order);
    }

    static long singleFromInteger(Cpu c, long old, long n) {
        long z = begin(c).fromInteger(n, 24);
        end(c);
        return old & ~0xffff_ffffL | z;
    }

    static long singleToInteger(Cpu c, int a, int bits, boolean truncate) {
        long n = begin(c).toInteger(a & 0xffff_ffffL, 24, bits, truncate);
        end(c);
        return n;
    }
}
