package org.jvisor.kvm;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jvisor.linux.HostMemory;
import org.jvisor.linux.HugePages;

/** A small machine for the tests: 2 MiB of memory at address 0 and code put there by hand. */
final class TestGuest implements AutoCloseable {
    static final int MEMORY_BYTES = 2 << 20;
    static final int CODE = 0x1000;
    static final int STACK = 0x8000;

    private static final int PML4 = 0x10_0000, PDPT = 0x10_1000, PD = 0x10_2000;
    private static final long CR0_PE = 1, CR0_ET = 1 << 4, CR0_NE = 1 << 5, CR0_PG = 1L << 31;
    private static final long CR4_PAE = 1 << 5, EFER_LME = 1 << 8, EFER_LMA = 1 << 10;

    /** Ends a run that would hang the build: its test then fails, as no kick was expected. */
    private static final ScheduledExecutorService WATCHDOG =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("watchdog").factory());

    private static final int SECONDS_TO_HANG = 20;

    final Kvm kvm;
    final KvmVm vm;
    final HostMemory memory;
    final List<KvmVcpu> vcpus = new ArrayList<>();
    private final ScheduledFuture<?> watch;

    private TestGuest(boolean irqchip, int count) {
        kvm = openOrSkip();
        vm = kvm.createVm();
        memory = HostMemory.anonymous(MEMORY_BYTES, HugePages.NONE);
        vm.setMemoryRegion(0, 0, memory.segment(), 0);
        if (irqchip) {
            vm.createIrqchip();
        }
        for (int i = 0; i < count; i++) {
            vcpus.add(vm.createVcpu(i));
        }
        watch = WATCHDOG.schedule(this::kickAll, SECONDS_TO_HANG, TimeUnit.SECONDS);
    }

    private void kickAll() {
        vcpus.forEach(KvmVcpu::kick);
    }

    /** Opens KVM, or skips the test and says why. */
    static Kvm openOrSkip() {
        try {
            return Kvm.open();
        } catch (KvmException e) {
            System.out.println("skipped, as KVM cannot be used here: " + e.getMessage());
            assumeTrue(false, e.getMessage());
            throw e;
        }
    }

    /** A machine with one vCPU and no interrupt controllers. */
    static TestGuest plain() {
        return new TestGuest(false, 1);
    }

    /** A machine with one vCPU and in-kernel interrupt controllers. */
    static TestGuest withIrqchip() {
        return new TestGuest(true, 1);
    }

    /** A machine with several vCPUs and no interrupt controllers. */
    static TestGuest smp(int vcpus) {
        return new TestGuest(false, vcpus);
    }

    /** The only vCPU, or the first. */
    KvmVcpu cpu() {
        return vcpus.getFirst();
    }

    /** Puts bytes, given in hexadecimal with spaces, at a guest-physical address. */
    void put(int address, String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex.replaceAll("\\s+", ""));
        memory.segment().asSlice(address).copyFrom(MemorySegment.ofArray(bytes));
    }

    int readInt(long address) {
        return memory.segment().get(ValueLayout.JAVA_INT_UNALIGNED, address);
    }

    void writeLong(long address, long value) {
        memory.segment().set(ValueLayout.JAVA_LONG_UNALIGNED, address, value);
    }

    /** Makes a vCPU start at {@link #CODE} in real mode with all segments at 0. */
    TestGuest realMode(KvmVcpu vcpu) {
        KvmSregs sregs = new KvmSregs();
        vcpu.sregs(sregs);
        sregs.segments[KvmSregs.CS] = new KvmSegment(0, 0, 0xffff, 0x9b);
        vcpu.setSregs(sregs);
        start(vcpu);
        return this;
    }

    /** The same for the only vCPU, with its code. */
    TestGuest realMode(String hex) {
        put(CODE, hex);
        return realMode(cpu());
    }

    /** Starts the only vCPU in flat 32-bit protected mode without paging. */
    TestGuest protectedMode(String hex) {
        put(CODE, hex);
        KvmSregs sregs = new KvmSregs();
        cpu().sregs(sregs);
        flat(sregs, KvmSegment.flatCode32(8));
        sregs.cr0 = CR0_PE | CR0_ET | CR0_NE;
        cpu().setSregs(sregs);
        start(cpu());
        return this;
    }

    /** Starts the only vCPU in 64-bit mode with the first GiB mapped onto itself. */
    TestGuest longMode(String hex) {
        put(CODE, hex);
        writeLong(PML4, PDPT | 3);
        writeLong(PDPT, PD | 3);
        for (long i = 0; i < 512; i++) {
            writeLong(PD + 8 * i, i << 21 | 0x83); // present, writable, 2 MiB
        }
        KvmSregs sregs = new KvmSregs();
        cpu().sregs(sregs);
        flat(sregs, KvmSegment.code64(8));
        sregs.cr3 = PML4;
        sregs.cr4 = CR4_PAE;
        sregs.efer = EFER_LME | EFER_LMA;
        sregs.cr0 = CR0_PE | CR0_ET | CR0_NE | CR0_PG;
        cpu().setSregs(sregs);
        start(cpu());
        return this;
    }

    private static void flat(KvmSregs sregs, KvmSegment code) {
        sregs.segments[KvmSregs.CS] = code;
        for (int data : new int[] {KvmSregs.DS, KvmSregs.ES, KvmSregs.SS}) {
            sregs.segments[data] = KvmSegment.flatData(16);
        }
    }

    private static void start(KvmVcpu vcpu) {
        KvmRegs regs = new KvmRegs();
        regs.rip = CODE;
        regs.gpr[KvmRegs.RSP] = STACK;
        vcpu.setRegs(regs);
    }

    /** The only vCPU's general registers now. */
    KvmRegs regs() {
        KvmRegs regs = new KvmRegs();
        cpu().regs(regs);
        return regs;
    }

    @Override
    public void close() {
        watch.cancel(false);
        vm.close();
        memory.close();
        kvm.close();
    }
}
