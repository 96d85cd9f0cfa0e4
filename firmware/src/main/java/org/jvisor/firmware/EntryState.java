package org.jvisor.firmware;

import org.jvisor.vmm.api.GuestMemory;
import org.jvisor.vmm.api.Segment;
import org.jvisor.vmm.api.VcpuState;

/** The CPU states in which boot protocols enter a kernel, and the tables those states rest on. */
final class EntryState {
    /** Code selector of Linux's boot protocol. */
    static final int BOOT_CS = 0x10;

    /** Data selector of Linux's boot protocol. */
    static final int BOOT_DS = 0x18;

    /** Task selector; VMX wants a busy TSS even in a guest that has none. */
    static final int BOOT_TSS = 0x20;

    /** Bytes that {@link #longMode} needs: GDT page, PML4, PDPT and four page directories. */
    static final long TABLES_SIZE = 7 * 4096;

    /** Bytes of the descriptor table. */
    static final int GDT_SIZE = 48;

    private static final long CR0_PE = 1, CR0_ET = 1 << 4, CR0_PG = 1L << 31;
    private static final long CR4_PAE = 1 << 5;
    private static final long EFER_LME = 1 << 8, EFER_LMA = 1 << 10;
    private static final long PRESENT_WRITABLE = 3, PAGE_SIZE_BIT = 1 << 7;
    private static final int TSS_LIMIT = 0x67;

    /** Descriptors: base 0, limit 4 GiB; see SDM 3A §3.4.5. */
    private static final long CODE_64 = 0x00af_9b00_0000_ffffL, CODE_32 = 0x00cf_9b00_0000_ffffL;

    private static final long DATA = 0x00cf_9300_0000_ffffL, TSS = 0x0000_8b00_0000_0067L;

    private EntryState() {}

    /**
     * 64-bit mode with the first 4 GiB identity-mapped by 2 MiB pages, flat segments and interrupts
     * off.
     *
     * @param tables a page-aligned guest-physical address with {@link #TABLES_SIZE} bytes of room
     * @param entry the first instruction
     */
    static VcpuState longMode(GuestMemory memory, long tables, long entry) {
        long gdt = tables;
        long pml4 = tables + 0x1000;
        long pdpt = tables + 0x2000;
        long directories = tables + 0x3000;
        memory.slice(tables, TABLES_SIZE).fill((byte) 0);
        memory.writeLong(pml4, pdpt | PRESENT_WRITABLE);
        for (int i = 0; i < 4; i++) {
            memory.writeLong(pdpt + 8L * i, directories + 0x1000L * i | PRESENT_WRITABLE);
        }
        byte[] entries = new byte[4 * 0x1000];
        java.nio.ByteBuffer buffer =
                java.nio.ByteBuffer.wrap(entries).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        for (long page = 0; page < 4 * 512; page++) {
            buffer.putLong(page << 21 | PAGE_SIZE_BIT | PRESENT_WRITABLE);
        }
        memory.write(directories, entries);
        writeGdt(memory, gdt, CODE_64);

        VcpuState state = protectedMode(gdt, entry);
        state.segments[VcpuState.CS] = new Segment(BOOT_CS, 0, -1, 0xa09b);
        state.cr0 |= CR0_PG;
        state.cr3 = pml4;
        state.cr4 = CR4_PAE;
        state.efer = EFER_LME | EFER_LMA;
        return state;
    }

    /**
     * 32-bit protected mode without paging, flat segments and interrupts off.
     *
     * @param gdt a guest-physical address with {@link #GDT_SIZE} bytes of room
     */
    static VcpuState protectedMode32(GuestMemory memory, long gdt, long entry) {
        writeGdt(memory, gdt, CODE_32);
        return protectedMode(gdt, entry);
    }

    /**
     * Real mode.
     *
     * @param entry the linear address of the first instruction, below 1 MiB
     */
    static VcpuState realMode(long entry) {
        VcpuState state = new VcpuState();
        int selector = entry < 0x1_0000 ? 0 : (int) (entry >> 4);
        for (int i = VcpuState.ES; i <= VcpuState.GS; i++) {
            state.segments[i] = Segment.realMode(selector, i == VcpuState.CS);
        }
        state.rip = entry - ((long) selector << 4);
        state.cr0 = CR0_ET;
        return state;
    }

    private static VcpuState protectedMode(long gdt, long entry) {
        VcpuState state = new VcpuState();
        Segment data = new Segment(BOOT_DS, 0, -1, 0xc093);
        for (int i = VcpuState.ES; i <= VcpuState.GS; i++) {
            state.segments[i] = data;
        }
        state.segments[VcpuState.CS] = new Segment(BOOT_CS, 0, -1, 0xc09b);
        state.segments[VcpuState.TR] = new Segment(BOOT_TSS, 0, TSS_LIMIT, 0x8b);
        state.gdtBase = gdt;
        state.gdtLimit = GDT_SIZE - 1;
        state.idtBase = 0;
        state.idtLimit = 0; // an exception before the kernel has its own IDT is fatal
        state.cr0 = CR0_PE | CR0_ET;
        state.rip = entry;
        state.rflags = 2;
        return state;
    }

    private static void writeGdt(GuestMemory memory, long gdt, long code) {
        memory.writeLong(gdt, 0);
        memory.writeLong(gdt + 8, 0);
        memory.writeLong(gdt + BOOT_CS, code);
        memory.writeLong(gdt + BOOT_DS, DATA);
        memory.writeLong(gdt + BOOT_TSS, TSS);
        memory.writeLong(gdt + BOOT_TSS + 8, 0); // the upper half in 64-bit mode
    }
}
