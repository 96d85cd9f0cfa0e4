package org.jvisor.cpucheck;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jvisor.cpucheck.HostReport.Probe;
import org.jvisor.kvm.Kvm;
import org.jvisor.kvm.KvmExit;
import org.jvisor.kvm.KvmRegs;
import org.jvisor.kvm.KvmSegment;
import org.jvisor.kvm.KvmSregs;
import org.jvisor.kvm.KvmVcpu;
import org.jvisor.kvm.KvmVm;
import org.jvisor.linux.HostMemory;
import org.jvisor.linux.HugePages;

/**
 * A guest of a few instructions, in 64-bit mode at CPL 0: the mode a kernel runs in. Real mode
 * would mislead on CPUs that need help with it. Its measurements are bounded by time, not by count.
 */
final class ProbeGuest implements AutoCloseable {
    private static final int COUNT = 0x500;
    private static final int COUNTING = 0x1000, LEAVING = 0x1100;
    private static final int PML4 = 0x2000, PDPT = 0x3000, PD = 0x4000, SIZE = 0x5000;

    /** again: mov rcx, [0x500]; back: dec rcx; jnz back; out 0x10, al; jmp again. */
    private static final String COUNT_AND_LEAVE = "488b0c2500050000 48ffc9 75fb e610 ebef";

    /** again: out 0x10, al; jmp again. */
    private static final String LEAVE = "e610 ebfc";

    private static final int INSTRUCTIONS_A_COUNT = 2;

    private static final long CR0 = 0x8000_0031L; // PG, NE, ET, PE
    private static final long CR4 = 0x20; // PAE
    private static final long EFER = 0x500; // LMA, LME

    private static final long FIRST_COUNT = 500;
    private static final long GROWTH = 64;
    private static final long ROUND_NANOS = TimeUnit.MILLISECONDS.toNanos(4);
    private static final long SPEED_NANOS = TimeUnit.MILLISECONDS.toNanos(40);
    private static final long EXITS_NANOS = TimeUnit.MILLISECONDS.toNanos(60);
    private static final int MOST_EXITS = 4000;
    private static final int HOST_ROUNDS = 5;
    private static final long HANG_MILLIS = 5000;

    private final HostMemory memory;
    private final KvmVm vm;

    private ProbeGuest(HostMemory memory, KvmVm vm) {
        this.memory = memory;
        this.vm = vm;
    }

    /**
     * Makes the guest's machine.
     *
     * @throws org.jvisor.linux.LinuxException if KVM refuses
     */
    static ProbeGuest create(Kvm kvm) {
        HostMemory memory = HostMemory.anonymous(SIZE, HugePages.NONE);
        try {
            return new ProbeGuest(memory, kvm.createVm());
        } catch (RuntimeException e) {
            memory.close();
            throw e;
        }
    }

    /**
     * Runs it.
     *
     * @param exits whether to measure exits too
     * @throws org.jvisor.linux.LinuxException if KVM refuses
     */
    Probe measure(boolean exits) {
        long hostSpeed = HostCode.instructionsPerSecond(HOST_ROUNDS);
        KvmVcpu vcpu = boot();
        CountDownLatch done = new CountDownLatch(1);
        Thread.ofPlatform().daemon().name("probe-watchdog").start(() -> watch(vcpu, done));
        try {
            long guestSpeed = guestSpeed(vcpu, exits ? 0 : hostSpeed);
            return new Probe(guestSpeed, hostSpeed, exits ? exitNanos(vcpu) : -1, null);
        } catch (GuestFailure e) {
            return Probe.failed(String.valueOf(e.getMessage()));
        } finally {
            done.countDown();
        }
    }

    private static void watch(KvmVcpu vcpu, CountDownLatch done) {
        try {
            if (!done.await(HANG_MILLIS, TimeUnit.MILLISECONDS)) {
                vcpu.kick();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private KvmVcpu boot() {
        MemorySegment bytes = memory.segment();
        put(bytes, COUNTING, COUNT_AND_LEAVE);
        put(bytes, LEAVING, LEAVE);
        bytes.set(ValueLayout.JAVA_LONG, PML4, PDPT | 3);
        bytes.set(ValueLayout.JAVA_LONG, PDPT, PD | 3);
        bytes.set(ValueLayout.JAVA_LONG, PD, 0x83); // the first 2 MiB onto themselves
        vm.setMemoryRegion(0, 0, bytes, 0);
        KvmVcpu vcpu = vm.createVcpu(0);
        KvmSregs sregs = new KvmSregs();
        vcpu.sregs(sregs);
        sregs.segments[KvmSregs.CS] = KvmSegment.code64(8);
        for (int data : new int[] {KvmSregs.DS, KvmSregs.ES, KvmSregs.SS}) {
            sregs.segments[data] = KvmSegment.flatData(16);
        }
        sregs.cr0 = CR0;
        sregs.cr3 = PML4;
        sregs.cr4 = CR4;
        sregs.efer = EFER;
        vcpu.setSregs(sregs);
        jump(vcpu, COUNTING);
        return vcpu;
    }

    private static void put(MemorySegment bytes, int address, String hex) {
        bytes.asSlice(address).copyFrom(MemorySegment.ofArray(HostCode.bytes(hex)));
    }

    private static void jump(KvmVcpu vcpu, int address) {
        KvmRegs regs = new KvmRegs();
        regs.rip = address;
        vcpu.setRegs(regs);
    }

    /**
     * Measures until the time is up, or the result is clear.
     *
     * @param hostSpeed what to compare with; 0 to take the time for a good figure
     */
    private long guestSpeed(KvmVcpu vcpu, long hostSpeed) {
        long count = FIRST_COUNT;
        long best = 0;
        long end = System.nanoTime() + SPEED_NANOS;
        do {
            memory.segment().set(ValueLayout.JAVA_LONG, COUNT, count);
            long start = System.nanoTime();
            runToExit(vcpu);
            long nanos = Math.max(1, System.nanoTime() - start);
            best = Math.max(best, HostCode.rate(INSTRUCTIONS_A_COUNT * count, nanos));
            if (isClear(best, nanos, hostSpeed)) {
                break;
            }
            // Aim at rounds so long that the exit at their end does not matter.
            count = Math.clamp(count * ROUND_NANOS / nanos, FIRST_COUNT, count * GROWTH);
        } while (System.nanoTime() < end);
        return best;
    }

    /** Whether a longer measurement could not change the verdict. */
    private static boolean isClear(long best, long nanos, long hostSpeed) {
        boolean fast = best > hostSpeed / 2;
        boolean slow = nanos >= ROUND_NANOS / 4 && best < hostSpeed / 100;
        return hostSpeed > 0 && (fast || slow);
    }

    /** The median: a thread that loses the CPU now and then does not spoil it. */
    private static long exitNanos(KvmVcpu vcpu) {
        vcpu.kick();
        vcpu.run(); // completes the OUT before the registers are changed
        jump(vcpu, LEAVING);
        long[] times = new long[MOST_EXITS];
        int taken = 0;
        long end = System.nanoTime() + EXITS_NANOS;
        long before = System.nanoTime();
        while (taken < MOST_EXITS && before < end) {
            runToExit(vcpu);
            long after = System.nanoTime();
            times[taken++] = after - before;
            before = after;
        }
        Arrays.sort(times, 0, taken);
        return times[taken / 2];
    }

    private static void runToExit(KvmVcpu vcpu) {
        KvmExit exit = vcpu.run();
        if (exit == KvmExit.INTR) {
            throw new GuestFailure(
                    "the probe's guest hung: it did not finish in " + HANG_MILLIS + " ms");
        }
        if (exit != KvmExit.IO) {
            throw new GuestFailure("the probe's guest stopped: " + vcpu.exit().describe());
        }
    }

    private static final class GuestFailure extends RuntimeException {
        private static final long serialVersionUID = 1;

        GuestFailure(String message) {
            super(message);
        }
    }

    @Override
    public void close() {
        vm.close();
        memory.close();
    }
}
