package org.jvisor.emulator;

/** Reads the current task-state segment (SDM 3A §7.2.1, §7.6, §7.7). */
final class TaskState {
    /** Offset of the I/O map base in a 32-bit and a 64-bit TSS. */
    private static final int IO_MAP_BASE = 102;

    /** The smallest limit of a 32-bit or 64-bit TSS. */
    static final int MIN_LIMIT32 = 103;

    /** The smallest limit of a 16-bit TSS. */
    static final int MIN_LIMIT16 = 43;

    private static final int RSP0_64 = 4;
    private static final int IST1_64 = 36;

    /** Bytes of the interrupt redirection bitmap, just below the I/O map. */
    private static final int REDIRECTION_BYTES = 32;

    private TaskState() {}

    private static boolean is32(Cpu c) {
        return (c.segAccess[Cpu.TR] & 8) != 0;
    }

    private static long read(Cpu c, int offset, int size, int ext) {
        if (Integer.compareUnsigned(offset + size - 1, c.segLimit[Cpu.TR]) > 0) {
            throw c.fault(Cpu.TS, Descriptor.errorCode(c.segSel[Cpu.TR]) | ext);
        }
        return c.mem.readSys(DescriptorTables.linear(c, c.segBase[Cpu.TR] + offset), size);
    }

    /** SS for privilege level {@code level}: #TS where the TSS is too short. */
    static int stackSelector(Cpu c, int level, int ext) {
        return (int) read(c, is32(c) ? 8 * level + 8 : 4 * level + 4, 2, ext);
    }

    /** ESP or SP for privilege level {@code level}. */
    static long stackPointer(Cpu c, int level, int ext) {
        return is32(c) ? read(c, 8 * level + 4, 4, ext) : read(c, 4 * level + 2, 2, ext);
    }

    /** RSP for privilege level {@code level} from a 64-bit TSS. */
    static long stackPointer64(Cpu c, int level, int ext) {
        return read(c, 8 * level + RSP0_64, 8, ext);
    }

    /** The interrupt stack {@code ist}, 1 to 7. */
    static long interruptStack(Cpu c, int ist, int ext) {
        return read(c, 8 * (ist - 1) + IST1_64, 8, ext);
    }

    /**
     * Whether the I/O permission bitmap lets the program use the ports (SDM 1 §19.5.2).
     *
     * @param size 1, 2 or 4 ports
     */
    static boolean allowsPorts(Cpu c, int port, int size) {
        int base = ioMapBase(c);
        long limit = Integer.toUnsignedLong(c.segLimit[Cpu.TR]);
        if (base < 0 || base + port / 8 + 1 > limit) {
            return false;
        }
        long at = DescriptorTables.linear(c, c.segBase[Cpu.TR] + base + port / 8);
        int bits = (int) c.mem.readSys(at, 2) >> (port & 7);
        return (bits & (1 << size) - 1) == 0;
    }

    /** Whether INT {@code vector} of virtual-8086 mode goes to the program's own handler. */
    static boolean redirects(Cpu c, int vector) {
        int base = ioMapBase(c);
        long limit = Integer.toUnsignedLong(c.segLimit[Cpu.TR]);
        int offset = base - REDIRECTION_BYTES + vector / 8;
        if (base < REDIRECTION_BYTES || offset > limit) {
            throw c.gp();
        }
        long at = DescriptorTables.linear(c, c.segBase[Cpu.TR] + offset);
        return (c.mem.readSys(at, 1) >> (vector & 7) & 1) == 0;
    }

    private static int ioMapBase(Cpu c) {
        int access = c.segAccess[Cpu.TR];
        boolean usable = Descriptor.present(access) && (access & Descriptor.UNUSABLE) == 0;
        boolean full = Integer.compareUnsigned(c.segLimit[Cpu.TR], MIN_LIMIT32) >= 0;
        if (!usable || !is32(c) || !full) {
            return -1;
        }
        long at = DescriptorTables.linear(c, c.segBase[Cpu.TR] + IO_MAP_BASE);
        return (int) c.mem.readSys(at, 2);
    }
}
