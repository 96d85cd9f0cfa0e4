package org.jvisor.emulator;

import static org.jvisor.emulator.PhysMemory.ALL;
import static org.jvisor.emulator.PhysMemory.BYTE;
import static org.jvisor.emulator.PhysMemory.INT;
import static org.jvisor.emulator.PhysMemory.LONG;
import static org.jvisor.emulator.PhysMemory.SHORT;

import java.lang.invoke.VarHandle;

/**
 * Loads and stores of host memory in the order x86 promises (SDM 3A §9.2.2): nothing passes an
 * earlier load, and a store passes nothing. Only a load may come before an earlier store. On an x86
 * host the fences are no instructions but keep HotSpot from moving accesses; elsewhere they make
 * the host do it. Addresses may be unaligned, which VarHandle's own acquire and release modes do
 * not allow.
 */
final class Ordered {
    // the layouts' own: with them a compilation inlines two methods less for every access
    private static final VarHandle BYTE_OF = BYTE.varHandle();
    private static final VarHandle SHORT_OF = SHORT.varHandle();
    private static final VarHandle INT_OF = INT.varHandle();
    private static final VarHandle LONG_OF = LONG.varHandle();

    private Ordered() {}

    static int load8(long host) {
        int value = (byte) BYTE_OF.get(ALL, host) & 0xff;
        VarHandle.acquireFence();
        return value;
    }

    static int load16(long host) {
        int value = (short) SHORT_OF.get(ALL, host) & 0xffff;
        VarHandle.acquireFence();
        return value;
    }

    static int load32(long host) {
        int value = (int) INT_OF.get(ALL, host);
        VarHandle.acquireFence();
        return value;
    }

    static long load64(long host) {
        long value = (long) LONG_OF.get(ALL, host);
        VarHandle.acquireFence();
        return value;
    }

    static void store8(long host, int value) {
        VarHandle.releaseFence();
        BYTE_OF.set(ALL, host, (byte) value);
    }

    static void store16(long host, int value) {
        VarHandle.releaseFence();
        SHORT_OF.set(ALL, host, (short) value);
    }

    static void store32(long host, int value) {
        VarHandle.releaseFence();
        INT_OF.set(ALL, host, value);
    }

    static void store64(long host, long value) {
        VarHandle.releaseFence();
        LONG_OF.set(ALL, host, value);
    }
}
