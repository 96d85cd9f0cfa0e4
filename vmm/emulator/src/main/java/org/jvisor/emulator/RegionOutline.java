package org.jvisor.emulator;

/**
 * The accesses of {@link RegionMemory} as calls that are never inlined: a region that is made of
 * them takes HotSpot half as long ({@link RegionPlan.Access#OUTLINED}).
 */
final class RegionOutline {
    private RegionOutline() {}

    static int read8(Cpu c, long[] t, long a) {
        return RegionMemory.read8(c, t, a);
    }

    static int read16(Cpu c, long[] t, long a) {
        return RegionMemory.read16(c, t, a);
    }

    static int read32(Cpu c, long[] t, long a) {
        return RegionMemory.read32(c, t, a);
    }

    static long read64(Cpu c, long[] t, long a) {
        return RegionMemory.read64(c, t, a);
    }

    static int readRmw8(Cpu c, long[] t, long a) {
        return RegionMemory.readRmw8(c, t, a);
    }

    static int readRmw16(Cpu c, long[] t, long a) {
        return RegionMemory.readRmw16(c, t, a);
    }

    static int readRmw32(Cpu c, long[] t, long a) {
        return RegionMemory.readRmw32(c, t, a);
    }

    static long readRmw64(Cpu c, long[] t, long a) {
        return RegionMemory.readRmw64(c, t, a);
    }

    static boolean write8(Cpu c, long[] t, long a, int value) {
        return RegionMemory.write8(c, t, a, value);
    }

    static boolean write16(Cpu c, long[] t, long a, int value) {
        return RegionMemory.write16(c, t, a, value);
    }

    static boolean write32(Cpu c, long[] t, long a, int value) {
        return RegionMemory.write32(c, t, a, value);
    }

    static boolean write64(Cpu c, long[] t, long a, long value) {
        return RegionMemory.write64(c, t, a, value);
    }

    static boolean poll(Cpu c, int count) {
        return RegionMemory.poll(c, count);
    }

    static boolean fetches(Cpu c, Region region, int block, long linear) {
        return RegionMemory.fetches(c, region, block, linear);
    }

    static long canonical(Cpu c, long target) {
        return RegionMemory.canonical(c, target);
    }
}
