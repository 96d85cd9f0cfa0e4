package org.jvisor.machine;

import org.jvisor.vmm.api.GuestMemory;
import org.jvisor.vmm.api.VcpuState;

/**
 * Translates linear addresses with a CPU's page tables, for reports only: no permissions are
 * checked and nothing is set (SDM 3A chapter 5).
 */
final class PageWalk {
    private static final long PRESENT = 1;
    private static final long LARGE = 1 << 7;
    private static final long CR0_PG = 1L << 31;
    private static final long CR4_PAE = 1 << 5;
    private static final long EFER_LMA = 1 << 10;

    private PageWalk() {}

    /** The guest-physical address of {@code linear}, or -1 where it is not mapped to RAM. */
    static long translate(GuestMemory memory, VcpuState cpu, long linear) {
        if ((cpu.cr0 & CR0_PG) == 0) {
            return memory.contains(linear & 0xffff_ffffL, 1) ? linear & 0xffff_ffffL : -1;
        }
        long physical;
        if ((cpu.cr4 & CR4_PAE) == 0) {
            physical = walk32(memory, cpu, linear & 0xffff_ffffL);
        } else if ((cpu.efer & EFER_LMA) == 0) {
            physical = walk(memory, cpu.cr3 & 0xffff_ffe0L, linear & 0xffff_ffffL, 30, 2);
        } else {
            physical = walk(memory, cpu.cr3 & 0xf_ffff_ffff_f000L, linear, 39, 9);
        }
        return physical >= 0 && memory.contains(physical, 1) ? physical : -1;
    }

    /** Walks tables of 8-byte entries from the level whose index starts at bit {@code shift}. */
    private static long walk(GuestMemory memory, long root, long linear, int shift, int rootBits) {
        long table = root;
        int bits = rootBits;
        for (int at = shift; at >= 12; at -= 9) {
            long index = (linear >>> at) & ((1L << bits) - 1);
            long address = table + index * 8;
            if (!memory.contains(address, 8)) {
                return -1;
            }
            long entry = memory.readLong(address);
            if ((entry & PRESENT) == 0) {
                return -1;
            }
            long frame = entry & 0xf_ffff_ffff_f000L;
            if (at == 12 || ((entry & LARGE) != 0 && at <= 30 && bits == 9)) {
                long mask = (1L << at) - 1;
                return (frame & ~mask) | (linear & mask);
            }
            table = frame;
            bits = 9;
        }
        return -1;
    }

    private static long walk32(GuestMemory memory, VcpuState cpu, long linear) {
        long address = (cpu.cr3 & 0xffff_f000L) + (linear >>> 22) * 4;
        if (!memory.contains(address, 4)) {
            return -1;
        }
        long entry = Integer.toUnsignedLong(memory.readInt(address));
        if ((entry & PRESENT) == 0) {
            return -1;
        }
        if ((entry & LARGE) != 0 && (cpu.cr4 & (1 << 4)) != 0) {
            return (entry & 0xffc0_0000L) | ((entry & 0x1f_e000L) << 19) | (linear & 0x3f_ffffL);
        }
        address = (entry & 0xffff_f000L) + ((linear >>> 12) & 0x3ff) * 4;
        if (!memory.contains(address, 4)) {
            return -1;
        }
        entry = Integer.toUnsignedLong(memory.readInt(address));
        return (entry & PRESENT) == 0 ? -1 : (entry & 0xffff_f000L) | (linear & 0xfff);
    }
}
