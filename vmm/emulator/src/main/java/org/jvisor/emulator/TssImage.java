package org.jvisor.emulator;

/**
 * The registers a task-state segment holds, in its 32-bit (SDM 3A §7.2.1) or 16-bit (§7.6) form.
 */
final class TssImage {
    private static final int CR3 = 28;

    private static final int RIP32 = 32;
    private static final int FLAGS32 = 36;
    private static final int REGISTERS32 = 40;
    private static final int SEGMENTS32 = 72;
    private static final int LDT32 = 96;
    private static final int TRAP32 = 100;

    private static final int RIP16 = 14;
    private static final int FLAGS16 = 16;
    private static final int REGISTERS16 = 18;
    private static final int SEGMENTS16 = 34;
    private static final int LDT16 = 42;

    long rip;
    int flags;
    final long[] registers = new long[8];

    /** ES, CS, SS, DS, FS, GS; a 16-bit TSS has no FS and GS. */
    final int[] selectors = new int[6];

    /** Not saved by a task switch. */
    int ldt;

    /** Not saved by a task switch, and only in a 32-bit TSS. */
    long cr3;

    /** The T bit: #DB when the task is entered. */
    boolean trap;

    /** Takes the registers of the CPU. */
    void capture(Cpu c, long returnRip, int flagsImage) {
        rip = returnRip;
        flags = flagsImage;
        System.arraycopy(c.r, 0, registers, 0, 8);
        System.arraycopy(c.segSel, 0, selectors, 0, 6);
    }

    /** Writes what a task switch saves to the TSS at {@code base}. */
    void save(Cpu c, long base, boolean wide) {
        int size = wide ? 4 : 2;
        write(c, base + (wide ? RIP32 : RIP16), size, rip);
        write(c, base + (wide ? FLAGS32 : FLAGS16), size, flags);
        for (int i = 0; i < 8; i++) {
            write(c, base + (wide ? REGISTERS32 : REGISTERS16) + i * size, size, registers[i]);
        }
        for (int i = 0; i < (wide ? 6 : 4); i++) {
            write(c, base + (wide ? SEGMENTS32 : SEGMENTS16) + i * size, 2, selectors[i]);
        }
    }

    /** Reads the TSS at {@code base}. */
    void load(Cpu c, long base, boolean wide) {
        int size = wide ? 4 : 2;
        rip = read(c, base + (wide ? RIP32 : RIP16), size);
        flags = (int) read(c, base + (wide ? FLAGS32 : FLAGS16), size);
        for (int i = 0; i < 8; i++) {
            registers[i] = read(c, base + (wide ? REGISTERS32 : REGISTERS16) + i * size, size);
        }
        for (int i = 0; i < 6; i++) {
            boolean there = wide || i < 4;
            int offset = (wide ? SEGMENTS32 : SEGMENTS16) + i * size;
            selectors[i] = there ? (int) read(c, base + offset, 2) : 0;
        }
        ldt = (int) read(c, base + (wide ? LDT32 : LDT16), 2);
        cr3 = wide ? read(c, base + CR3, 4) : 0;
        trap = wide && (read(c, base + TRAP32, 2) & 1) != 0;
    }

    private static long read(Cpu c, long at, int size) {
        return c.mem.readSys(at & 0xffff_ffffL, size);
    }

    private static void write(Cpu c, long at, int size, long value) {
        c.mem.writeSys(at & 0xffff_ffffL, size, value);
    }
}
