package org.jvisor.emulator;

import org.jvisor.vmm.api.GuestMemory;
import org.jvisor.vmm.api.Segment;
import org.jvisor.vmm.api.VcpuState;

/**
 * The tables a CPU needs to run user-mode code and to catch every fault of it: page tables, GDT,
 * IDT, TSS, and a handler for each vector that is nothing but HLT, so that the RIP of a halted CPU
 * tells the vector. The same for every accelerator. The selectors are those of 64-bit Linux, so
 * that code that reads them sees what it sees natively.
 */
final class GuestTables {
    /** Selectors with their RPL. */
    static final int KERNEL_CS = 0x10, KERNEL_DS = 0x18, USER_CS32 = 0x23, USER_DS = 0x2b;

    /** More selectors; {@link #USER_CS16} is for 16-bit code. */
    static final int USER_CS = 0x33, TSS_SELECTOR = 0x40, USER_CS16 = 0x53, KERNEL_CS32 = 0x58;

    /** What SYSCALL comes by as, in place of a vector. */
    static final int SYSCALL = 255;

    /** Page flags. */
    static final long PRESENT = 1, WRITABLE = 2, USER = 4, NX = 1L << 63;

    /** Where the tables lie, physically and linearly: identity-mapped for the supervisor. */
    static final long GDT = 0x1000, IDT = 0x2000, TSS = 0x3000, HANDLERS = 0x4000;

    /** The top of the stack handlers run on, and bytes between two handlers. */
    static final long KERNEL_STACK = 0x6000, HANDLER_SIZE = 16;

    /** Physical memory from here on is free for the test. */
    static final long FREE = 0x2_0000;

    private static final long PML4 = 0x8000;

    private final GuestMemory memory;
    private long nextTable = PML4 + 0x1000;

    GuestTables(GuestMemory memory) {
        this.memory = memory;
        for (long page = GDT; page < FREE; page += 0x1000) {
            map(page, page, PRESENT | WRITABLE);
        }
        descriptors();
        gates();
        memory.writeLong(TSS + 4, KERNEL_STACK); // RSP0
        memory.writeShort(TSS + 0x66, 0x68); // no I/O bitmap
    }

    private void descriptors() {
        memory.writeLong(GDT + KERNEL_CS, 0x00af_9b00_0000_ffffL);
        memory.writeLong(GDT + KERNEL_DS, 0x00cf_9300_0000_ffffL);
        memory.writeLong(GDT + (USER_CS32 & ~3), 0x00cf_fb00_0000_ffffL);
        memory.writeLong(GDT + (USER_DS & ~3), 0x00cf_f300_0000_ffffL);
        memory.writeLong(GDT + (USER_CS & ~3), 0x00af_fb00_0000_ffffL);
        memory.writeLong(GDT + TSS_SELECTOR, 0x0000_8b00_0000_0067L | TSS << 16);
        memory.writeLong(GDT + TSS_SELECTOR + 8, 0);
        memory.writeLong(GDT + (USER_CS16 & ~3), 0x008f_fb00_0000_ffffL);
        memory.writeLong(GDT + KERNEL_CS32, 0x00cf_9b00_0000_ffffL);
    }

    private void gates() {
        for (int vector = 0; vector < 256; vector++) {
            long target = handler(vector);
            // INT3 and INTO may be called from user mode, as operating systems allow
            long dpl = vector == Cpu.BP || vector == Cpu.OVERFLOW ? 3 : 0;
            memory.writeLong(
                    IDT + 16L * vector,
                    target & 0xffff | (long) KERNEL_CS << 16 | 0x8e00L + (dpl << 13) << 32);
            memory.writeLong(IDT + 16L * vector + 8, 0);
            memory.writeByte(target, 0xf4); // HLT
        }
    }

    /** The address of a vector's handler. */
    static long handler(int vector) {
        return HANDLERS + HANDLER_SIZE * vector;
    }

    /** The vector whose handler {@code rip} is in or just behind, or -1. */
    static int vectorAt(long rip) {
        long offset = rip - HANDLERS;
        return offset >= 0 && offset < HANDLER_SIZE * 256 ? (int) (offset / HANDLER_SIZE) : -1;
    }

    /** Maps a 4 KiB page. The tables themselves allow all; the page's flags decide. */
    void map(long linear, long physical, long flags) {
        long table = PML4;
        for (int shift = 39; shift > 12; shift -= 9) {
            long entry = table + 8 * (linear >>> shift & 511);
            if ((memory.readLong(entry) & PRESENT) == 0) {
                if (nextTable >= FREE) {
                    throw new IllegalStateException("no room for more page tables");
                }
                memory.writeLong(entry, nextTable | PRESENT | WRITABLE | USER);
                nextTable += 0x1000;
            }
            table = memory.readLong(entry) & 0x000f_ffff_ffff_f000L;
        }
        memory.writeLong(table + 8 * (linear >>> 12 & 511), physical | flags);
    }

    /** A CPU about to run 64-bit user code, all exceptions of SSE masked. */
    static VcpuState userState() {
        VcpuState s = new VcpuState();
        s.rflags = 0x202;
        s.cr0 =
                ControlBits.CR0_PG & 0xffff_ffffL
                        | ControlBits.CR0_AM
                        | ControlBits.CR0_WP
                        | ControlBits.CR0_NE
                        | ControlBits.CR0_ET
                        | ControlBits.CR0_MP
                        | ControlBits.CR0_PE;
        s.cr3 = PML4;
        s.cr4 = ControlBits.CR4_PAE | ControlBits.CR4_OSFXSR | ControlBits.CR4_OSXMMEXCPT;
        s.efer =
                ControlBits.EFER_SCE
                        | ControlBits.EFER_LME
                        | ControlBits.EFER_LMA
                        | ControlBits.EFER_NXE;
        s.gdtBase = GDT;
        s.gdtLimit = 0x5f;
        s.idtBase = IDT;
        s.idtLimit = 0xfff;
        for (int i : new int[] {VcpuState.ES, VcpuState.DS, VcpuState.FS, VcpuState.GS}) {
            s.segments[i] = new Segment(0, 0, 0, Segment.UNUSABLE);
        }
        s.segments[VcpuState.CS] = new Segment(USER_CS, 0, -1, 0xa0fb);
        s.segments[VcpuState.SS] = new Segment(USER_DS, 0, -1, 0xc0f3);
        s.segments[VcpuState.LDTR] = new Segment(0, 0, 0, Segment.UNUSABLE);
        s.segments[VcpuState.TR] = new Segment(TSS_SELECTOR, TSS, 0x67, 0x8b);
        // SYSCALL goes to what would be the last vector's handler
        s.msrs.put(Msrs.IA32_STAR, (long) USER_CS32 << 48 | (long) KERNEL_CS << 32);
        s.msrs.put(Msrs.IA32_LSTAR, handler(SYSCALL));
        s.msrs.put(Msrs.IA32_FMASK, (long) (Cpu.IF | Cpu.TF | Cpu.AC | Cpu.DF));
        s.fxsave[0] = 0x7f;
        s.fxsave[1] = 3;
        return s;
    }
}
