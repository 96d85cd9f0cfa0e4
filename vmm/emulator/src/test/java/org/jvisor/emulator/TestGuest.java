package org.jvisor.emulator;

import java.lang.foreign.Arena;
import java.util.HexFormat;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.jvisor.vmm.api.Bus;
import org.jvisor.vmm.api.GuestMemory;
import org.jvisor.vmm.api.ManualClock;
import org.jvisor.vmm.api.Segment;
import org.jvisor.vmm.api.VcpuExit;
import org.jvisor.vmm.api.VcpuState;

/**
 * A small machine for tests: RAM from 0, one CPU, code at {@link #CODE}, a stack below {@link
 * #STACK}. {@link #real}, {@link #flat32} and {@link #long64} set the mode; paging in {@link
 * #long64} maps the first 4 MiB one to one, and a page of the kernel half onto physical 0.
 */
final class TestGuest implements AutoCloseable {
    static final int SIZE = 4 << 20;
    static final long CODE = 0x10000;
    static final long DATA = 0x20000;
    static final long STACK = 0x30000;

    /** Page tables: PML4, PDPT, PD, then page tables. */
    static final long TABLES = 0x100000;

    private static final long IDT = 0x40000;
    private static final long GDT = 0x41000;
    private static final long TSS = 0x42000;
    private static final long HANDLERS = 0x50000;

    private final Arena arena = Arena.ofShared();
    final GuestMemory memory;
    final Bus ports = new Bus("ports");
    final Bus mmio = new Bus("mmio");
    final ManualClock clock = new ManualClock();
    final SoftwareAccelerator accelerator;
    final SoftwareVcpu vcpu;
    final Cpu c;

    TestGuest() {
        this(1, 1_000_000);
    }

    TestGuest(int cpus, long slice) {
        this(cpus, slice, false);
    }

    TestGuest(int cpus, long slice, boolean parallel) {
        this(cpus, slice, parallel, null);
    }

    /** One whose runs end when a clock of instructions says so. */
    TestGuest(LongSupplier countedUntil) {
        this(1, 1_000_000, false, countedUntil);
    }

    private TestGuest(int cpus, long slice, boolean parallel, @Nullable LongSupplier countedUntil) {
        memory =
                new GuestMemory(
                        List.of(new GuestMemory.Region(0, arena.allocate(SIZE, 4096), false)));
        SoftwareAccelerator.Builder builder =
                SoftwareAccelerator.builder()
                        .cpus(cpus)
                        .memory(memory)
                        .ports(ports)
                        .mmio(mmio)
                        .clock(clock)
                        .sliceLength(slice)
                        .parallel(parallel);
        if (countedUntil != null) {
            builder.countedUntil(countedUntil);
        }
        accelerator = builder.build();
        vcpu = accelerator.vcpus().get(0);
        c = vcpu.cpu();
    }

    // ---- modes ----

    TestGuest real() {
        VcpuState s = new VcpuState();
        s.segments[VcpuState.CS] = Segment.realMode((int) CODE >> 4, true);
        s.segments[VcpuState.DS] = Segment.realMode((int) DATA >> 4, false);
        s.segments[VcpuState.ES] = Segment.realMode((int) DATA >> 4, false);
        s.segments[VcpuState.SS] = Segment.realMode((int) (STACK - 0x10000) >> 4, false);
        s.gpr[Cpu.RSP] = 0xfff0;
        s.rip = 0;
        vcpu.restore(s);
        return this;
    }

    TestGuest flat32() {
        VcpuState s = new VcpuState();
        for (int i = 0; i < 6; i++) {
            s.segments[i] = new Segment(0x10, 0, -1, 0xc093);
        }
        s.segments[VcpuState.CS] = new Segment(8, 0, -1, 0xc09b);
        s.cr0 = 0x11;
        s.gpr[Cpu.RSP] = STACK;
        s.rip = CODE;
        vcpu.restore(s);
        return this;
    }

    TestGuest long64() {
        memory.writeLong(TABLES, TABLES + 0x1003);
        memory.writeLong(TABLES + 0xff8, TABLES + 0x1003);
        memory.writeLong(TABLES + 0x1000, TABLES + 0x2003);
        memory.writeLong(TABLES + 0x1ff8, TABLES + 0x2003);
        for (int i = 0; i < 2; i++) {
            memory.writeLong(TABLES + 0x2000 + 8 * i, TABLES + 0x3003 + 0x1000 * i);
            for (int j = 0; j < 512; j++) {
                memory.writeLong(
                        TABLES + 0x3000 + 0x1000 * i + 8 * j, (long) i << 21 | (long) j << 12 | 3);
            }
        }
        VcpuState s = new VcpuState();
        for (int i = 0; i < 6; i++) {
            s.segments[i] = new Segment(0x10, 0, -1, 0xc093);
        }
        s.segments[VcpuState.CS] = new Segment(8, 0, -1, 0xa09b);
        s.cr0 = 0x8001_0033L;
        s.cr4 = 0x20;
        s.cr3 = TABLES;
        s.efer = 0x500;
        s.gpr[Cpu.RSP] = STACK;
        s.rip = CODE;
        vcpu.restore(s);
        return this;
    }

    // ---- faults in long mode ----

    /**
     * Gives long mode an IDT whose handlers only halt, a GDT and a TSS, so that a test can look at
     * what was delivered.
     */
    TestGuest withHandlers() {
        for (int vector = 0; vector < 256; vector++) {
            long handler = HANDLERS + 16L * vector;
            memory.writeByte(handler, 0xf4);
            memory.writeLong(IDT + 16L * vector, handler & 0xffff | 8L << 16 | 0x8eL << 40);
            memory.writeLong(IDT + 16L * vector + 8, 0);
            memory.writeShort(IDT + 16L * vector + 6, (int) (handler >>> 16));
        }
        memory.writeLong(GDT + 8, 0x00af_9b00_0000_ffffL);
        memory.writeLong(GDT + 16, 0x00cf_9300_0000_ffffL);
        memory.writeLong(TSS + 4, STACK + 0x1000); // RSP0
        c.idtBase = IDT;
        c.idtLimit = 0xfff;
        c.gdtBase = GDT;
        c.gdtLimit = 0x2f;
        Segments.set(c, Cpu.TR, 0x28, TSS, 0x67, 0x8b);
        return this;
    }

    /** Goes on at CPL 3, with flat segments. */
    TestGuest user() {
        Segments.set(c, Cpu.CS, 0x1b, 0, -1, 0xa0fb);
        Segments.set(c, Cpu.SS, 0x23, 0, -1, 0xc0f3);
        c.setCpl(3);
        return this;
    }

    /** The vector of the exception that {@link #withHandlers} stopped at. */
    int vector() {
        long offset = c.rip - 1 - HANDLERS;
        if (offset < 0 || offset >= 4096 || offset % 16 != 0) {
            throw new AssertionError(
                    "no exception, but rip %#x: ".formatted(c.rip) + vcpu.failure());
        }
        return (int) offset / 16;
    }

    /** The error code pushed. */
    int error() {
        return memory.readInt(c.r[Cpu.RSP]);
    }

    /** The RIP pushed, above an error code. */
    long faultRip() {
        boolean error = List.of(8, 10, 11, 12, 13, 14, 17).contains(vector());
        return memory.readLong(c.r[Cpu.RSP] + (error ? 8 : 0));
    }

    /** Sets the page-table entry of a 4 KiB page in the first 4 MiB, and flushes. */
    TestGuest map(long linear, long entry) {
        memory.writeLong(entryAt(linear), entry);
        c.mem.flushAll();
        return this;
    }

    /** Where the page-table entry of a page in the first 4 MiB is. */
    static long entryAt(long linear) {
        return TABLES + 0x3000 + (linear >>> 12) * 8;
    }

    // ---- code ----

    /** Puts code (hex, spaces allowed) at {@link #CODE}. */
    TestGuest code(String hex) {
        return code(CODE, hex);
    }

    /** Puts code at a physical address. */
    TestGuest code(long address, String hex) {
        memory.write(address, HexFormat.of().parseHex(hex.replace(" ", "")));
        return this;
    }

    TestGuest reg(int register, long value) {
        c.r[register] = value;
        return this;
    }

    /** Goes on at another address, also from HLT. */
    TestGuest at(long rip) {
        c.rip = rip;
        c.halted = false;
        c.clearPending(Cpu.PENDING_HALT);
        return this;
    }

    /** Runs until HLT (at most one slice). */
    VcpuExit run() {
        return vcpu.run();
    }

    /** Runs {@code n} instructions, one by one. */
    TestGuest steps(int n) {
        vcpu.singleStep(true);
        for (int i = 0; i < n; i++) {
            vcpu.run();
        }
        vcpu.singleStep(false);
        return this;
    }

    @Override
    public void close() {
        accelerator.close();
        arena.close();
    }
}
