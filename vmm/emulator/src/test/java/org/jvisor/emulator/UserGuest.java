package org.jvisor.emulator;

import java.util.List;
import org.jvisor.vmm.api.GuestMemory;

/**
 * The address space of user-mode test programs: code, data, and around the data a page of each kind
 * that faults. Code pages are full of HLT, which user mode may not execute: wherever a program ends
 * up, a #GP tells.
 */
final class UserGuest {
    /** Linear address of the code, its size in bytes; behind it is nothing. */
    static final long CODE = 0x40_0000, CODE_SIZE = 0x4000;

    /** Linear address of the data. */
    static final long DATA = 0x60_0000;

    /** Bytes of data. */
    static final int DATA_SIZE = 0x4000;

    private static final long NOTHING = DATA + DATA_SIZE;
    private static final long READ_ONLY = NOTHING + 0x1000;
    private static final long SUPERVISOR = NOTHING + 0x2000;
    private static final long NO_EXECUTE = NOTHING + 0x3000;
    private static final long MORE_DATA = NOTHING + 0x4000;

    /** Where accesses go wrong, or lie next to such a place. */
    static final List<Long> TRAPS =
            List.of(
                    NOTHING,
                    READ_ONLY,
                    SUPERVISOR,
                    NO_EXECUTE,
                    MORE_DATA,
                    0L,
                    GuestTables.IDT,
                    0x0000_8000_0000_0000L,
                    0xffff_7fff_ffff_f000L);

    private static final long PHYSICAL_CODE = 0x4_0000;
    private static final long PHYSICAL_DATA = 0x8_0000;

    /** Physical pages that programs may write: all from {@link #PHYSICAL_DATA}. */
    static final int DATA_PAGES = 8;

    private static final byte HLT = (byte) 0xf4;

    private final GuestMemory memory;

    UserGuest(GuestMemory memory) {
        this.memory = memory;
        GuestTables tables = new GuestTables(memory);
        long user = GuestTables.PRESENT | GuestTables.USER;
        long writable = user | GuestTables.WRITABLE;
        for (int at = 0; at < CODE_SIZE; at += 4096) {
            tables.map(CODE + at, PHYSICAL_CODE + at, user);
        }
        for (int at = 0; at < DATA_SIZE; at += 4096) {
            tables.map(DATA + at, PHYSICAL_DATA + at, writable);
        }
        long next = PHYSICAL_DATA + DATA_SIZE;
        tables.map(READ_ONLY, next, user);
        tables.map(SUPERVISOR, next + 0x1000, GuestTables.PRESENT | GuestTables.WRITABLE);
        tables.map(NO_EXECUTE, next + 0x2000, writable | GuestTables.NX);
        tables.map(MORE_DATA, next + 0x3000, writable);
        byte[] halts = new byte[(int) CODE_SIZE];
        java.util.Arrays.fill(halts, HLT);
        memory.write(PHYSICAL_CODE, halts);
    }

    /** Puts a program at a linear address within the code; what passes its end is cut off. */
    void putCode(long address, byte[] code) {
        long offset = address - CODE;
        int length = (int) Math.min(code.length, CODE_SIZE - offset);
        memory.write(PHYSICAL_CODE + offset, java.util.Arrays.copyOf(code, length));
    }

    /** Puts HLTs back. */
    void clearCode(long address, int length) {
        byte[] halts = new byte[length];
        java.util.Arrays.fill(halts, HLT);
        putCode(address, halts);
    }

    /** All data pages, in the order of their physical addresses; those at {@link #DATA} first. */
    java.lang.foreign.MemorySegment data() {
        return memory.slice(PHYSICAL_DATA, DATA_PAGES * 4096L);
    }

    /** Must follow a change through {@link #data}. */
    void dataChanged() {
        memory.written(PHYSICAL_DATA, DATA_PAGES * 4096L);
    }

    /** The frame an exception pushed, the error code if any at its lowest address. */
    long frame(long offset) {
        return memory.readLong(GuestTables.KERNEL_STACK - 48 + offset);
    }

    /** Forgets the last frame. */
    void clearFrame() {
        for (int i = 0; i < 48; i += 8) {
            memory.writeLong(GuestTables.KERNEL_STACK - 48 + i, 0);
        }
    }
}
