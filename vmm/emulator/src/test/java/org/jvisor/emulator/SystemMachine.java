package org.jvisor.emulator;

import java.lang.foreign.Arena;
import java.util.HexFormat;
import java.util.List;
import org.jvisor.vmm.api.Bus;
import org.jvisor.vmm.api.GuestMemory;
import org.jvisor.vmm.api.ManualClock;
import org.jvisor.vmm.api.VcpuExit;

/**
 * A small machine for tests of the system instructions: descriptor tables, a TSS and a handler for
 * every vector are in place, in the mode asked for. Every handler is one HLT, so where the CPU
 * halts tells which vector was taken.
 */
final class SystemMachine {
    static final int GDT = 0x1000, IDT = 0x2000, TSS = 0x3000, LDT = 0x4000, OTHER_TSS = 0x5000;
    static final int CODE = 0x10000, STACK = 0x20000, USER_STACK = 0x28000, IST1 = 0x2a000;
    static final int HANDLERS = 0x30000, DATA = 0x40000, PAGE_TABLES = 0x100000;
    static final int SIZE = 4 << 20;

    /** Selectors in the GDT; the TSS takes two entries in long mode. */
    static final int CODE0 = 0x08, DATA0 = 0x10, CODE3_32 = 0x1b, DATA3 = 0x23, CODE3 = 0x2b;

    /** More selectors: the first entry that tests may fill is {@link #FREE}. */
    static final int TR = 0x30, FREE = 0x40;

    static final int GDT_LIMIT = 0xff;

    final GuestMemory memory;
    final ManualClock clock = new ManualClock();
    final Bus ports = new Bus("port I/O");
    final SoftwareVcpu vcpu;
    final Cpu c;
    private final boolean wide;

    private SystemMachine(boolean wide) {
        this.wide = wide;
        var backing = Arena.ofAuto().allocate(SIZE, 4096);
        memory = new GuestMemory(List.of(new GuestMemory.Region(0, backing, false)));
        vcpu =
                SoftwareAccelerator.builder()
                        .memory(memory)
                        .ports(ports)
                        .mmio(new Bus("MMIO"))
                        .clock(clock)
                        .sliceLength(10_000)
                        .build()
                        .vcpus()
                        .get(0);
        c = vcpu.cpu();
        for (int v = 0; v < 256; v++) {
            memory.writeByte(HANDLERS + 16 * v, 0xf4);
        }
    }

    /** Real mode at 0:1000, the interrupt vectors at 0 pointing to 3000:0. */
    static SystemMachine real() {
        SystemMachine m = new SystemMachine(false);
        for (int v = 0; v < 256; v++) {
            m.memory.writeInt(4 * v, HANDLERS >> 4 << 16 | 16 * v);
        }
        m.c.idtLimit = 0x3ff;
        for (int seg = Cpu.ES; seg <= Cpu.GS; seg++) {
            SegmentLoad.loadReal(m.c, seg, 0);
        }
        SegmentLoad.loadReal(m.c, Cpu.CS, CODE >> 4);
        m.c.r[Cpu.RSP] = 0x8000;
        m.c.rip = 0;
        return m;
    }

    /** 32-bit protected mode without paging, flat segments, CPL 0. */
    static SystemMachine protected32() {
        SystemMachine m = new SystemMachine(false);
        m.c.cr0 |= ControlBits.CR0_PE;
        m.tables();
        m.descriptor(CODE0, 0, -1, 0xc09b);
        m.descriptor(CODE3 & ~7, 0, -1, 0xc0fb);
        m.descriptor(TR, TSS, 0x2fff, 0x89);
        for (int v = 0; v < 256; v++) {
            m.gate(v, CODE0, HANDLERS + 16 * v, 0x8e);
        }
        m.memory.writeInt(TSS + 4, STACK);
        m.memory.writeShort(TSS + 8, DATA0);
        m.memory.writeShort(TSS + 102, 0x68);
        m.enterKernel();
        Segments.set(m.c, Cpu.TR, TR, TSS, 0x2fff, 0x8b);
        return m;
    }

    /** 64-bit mode, the first megabytes mapped to themselves for everyone, CPL 0. */
    static SystemMachine long64() {
        SystemMachine m = new SystemMachine(true);
        m.memory.writeLong(PAGE_TABLES, PAGE_TABLES + 0x1007);
        m.memory.writeLong(PAGE_TABLES + 0x1000, PAGE_TABLES + 0x2007);
        for (int i = 0; i < SIZE >> 21; i++) {
            m.memory.writeLong(PAGE_TABLES + 0x2000 + 8 * i, (long) i << 21 | 0xe7);
        }
        m.c.cr3 = PAGE_TABLES;
        m.c.cr4 = ControlBits.CR4_PAE;
        m.c.cr0 = 0x8000_0011L;
        m.c.efer =
                ControlBits.EFER_LME
                        | ControlBits.EFER_LMA
                        | ControlBits.EFER_SCE
                        | ControlBits.EFER_NXE;
        m.c.longMode = true;
        m.tables();
        m.descriptor(CODE0, 0, -1, 0xa09b);
        m.descriptor(CODE3 & ~7, 0, -1, 0xa0fb);
        m.descriptor(TR, TSS, 0x2fff, 0x89);
        for (int v = 0; v < 256; v++) {
            m.gate(v, CODE0, HANDLERS + 16 * v, 0x8e);
        }
        m.memory.writeLong(TSS + 4, STACK);
        m.memory.writeLong(TSS + 36, IST1);
        m.memory.writeShort(TSS + 102, 0x68);
        m.c.msrs.star = (long) (CODE3_32 & ~3) << 48 | (long) CODE0 << 32;
        m.enterKernel();
        Segments.set(m.c, Cpu.TR, TR, TSS, 0x2fff, 0x8b);
        return m;
    }

    private void tables() {
        c.gdtBase = GDT;
        c.gdtLimit = GDT_LIMIT;
        c.idtBase = IDT;
        c.idtLimit = 0xfff;
        descriptor(DATA0, 0, -1, 0xc093);
        descriptor(CODE3_32 & ~7, 0, -1, 0xc0fb);
        descriptor(DATA3 & ~7, 0, -1, 0xc0f3);
    }

    /** Writes a descriptor of the GDT; a {@code limit} with a low byte FFF and G set is scaled. */
    void descriptor(int selector, long base, int limit, int access) {
        memory.writeLong(GDT + (selector & 0xfff8), encode(base, limit, access));
    }

    /** A descriptor as it stands in memory. */
    static long encode(long base, int limit, int access) {
        long raw = (access & 0x8000) != 0 ? limit >>> 12 : limit;
        return raw & 0xffff
                | (base & 0xff_ffff) << 16
                | (access & 0xf0ffL) << 40
                | (raw & 0xf_0000) << 32
                | (base >>> 24 & 0xff) << 56;
    }

    /** A gate of the IDT; in long mode {@code type} may hold the IST in bits 8 and up. */
    void gate(int vector, int selector, long target, int type) {
        long low = target & 0xffff | (long) selector << 16 | (type & 0xffL) << 40;
        low |= (type >> 8 & 7L) << 32 | (target & 0xffff_0000L) << 32;
        if (wide) {
            memory.writeLong(IDT + 16 * vector, low);
            memory.writeLong(IDT + 16 * vector + 8, target >>> 32);
        } else {
            memory.writeLong(IDT + 8 * vector, low);
        }
    }

    /** CPL 0 with flat segments, the code at {@link #CODE}. */
    SystemMachine enterKernel() {
        return enter(CODE0, DATA0, STACK);
    }

    /** CPL 3 with flat segments, the code at {@link #CODE}. */
    SystemMachine enterUser() {
        return enter(CODE3, DATA3, USER_STACK);
    }

    SystemMachine enter(int code, int data, long stack) {
        c.setCpl(code & 3);
        set(Cpu.CS, code);
        for (int seg : new int[] {Cpu.SS, Cpu.DS, Cpu.ES}) {
            set(seg, data);
        }
        c.r[Cpu.RSP] = stack;
        c.rip = CODE;
        return this;
    }

    /** Loads a segment register from the GDT without checks. */
    void set(int seg, int selector) {
        SegmentLoad.set(c, seg, selector, memory.readLong(GDT + (selector & 0xfff8)));
    }

    /** Places instructions at {@link #CODE}. */
    SystemMachine code(String hex) {
        memory.write(CODE, HexFormat.of().parseHex(hex.replace(" ", "")));
        return this;
    }

    /** Runs until the CPU halts or stops for good. */
    VcpuExit run() {
        c.halted = false;
        c.clearPending(Cpu.PENDING_HALT);
        for (int i = 0; i < 100; i++) {
            VcpuExit exit = vcpu.run();
            if (exit != VcpuExit.SLICE) {
                if (exit == VcpuExit.FAILED) {
                    throw new AssertionError(vcpu.failure());
                }
                return exit;
            }
        }
        throw new AssertionError("the guest did not halt: rip %#x".formatted(c.rip));
    }

    /** Runs {@code hex}, then HLT. */
    SystemMachine execute(String hex) {
        code(hex + " f4").run();
        return this;
    }

    /** The vector of the handler that halted, or -1 if the code ran to its own HLT. */
    int vector() {
        long linear = c.rip - 1 + (c.is64() ? 0 : c.segBase[Cpu.CS]);
        long offset = linear - HANDLERS;
        return offset >= 0 && offset < 16 * 256 ? (int) offset / 16 : -1;
    }

    /** The {@code n}th value on the stack. */
    long stack(int n) {
        int size = wide ? 8 : 4;
        long at = c.r[Cpu.RSP] + c.segBase[Cpu.SS] + (long) n * size;
        return wide ? memory.readLong(at) : memory.readInt(at) & 0xffff_ffffL;
    }

    /** The vector taken and its error code, as text: {@code "13(0x40)"}, {@code "6"} or "none". */
    String outcome() {
        int vector = vector();
        boolean error = vector == 8 || vector >= 10 && vector <= 14 || vector == 17;
        return vector < 0
                ? "none"
                : error ? "%d(%#x)".formatted(vector, stack(0)) : Integer.toString(vector);
    }
}
