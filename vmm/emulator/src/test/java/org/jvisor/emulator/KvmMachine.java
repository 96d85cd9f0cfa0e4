package org.jvisor.emulator;

import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jvisor.kvm.Kvm;
import org.jvisor.kvm.KvmExit;
import org.jvisor.kvm.KvmMsr;
import org.jvisor.kvm.KvmRegs;
import org.jvisor.kvm.KvmSegment;
import org.jvisor.kvm.KvmSregs;
import org.jvisor.kvm.KvmVcpu;
import org.jvisor.kvm.KvmVm;
import org.jvisor.linux.HostMemory;
import org.jvisor.linux.HugePages;
import org.jvisor.vmm.api.GuestMemory;
import org.jvisor.vmm.api.Segment;
import org.jvisor.vmm.api.VcpuState;

/** A {@link ProgramMachine} on /dev/kvm. */
final class KvmMachine implements ProgramMachine {
    private static final long LONGEST_NANOS = 1_000_000_000;

    private final HostMemory ram = HostMemory.anonymous(MEMORY_SIZE, HugePages.NONE);
    private final GuestMemory memory =
            new GuestMemory(List.of(new GuestMemory.Region(0, ram.segment(), false)));
    private final Kvm kvm = Kvm.open();
    private final KvmVm vm = kvm.createVm();
    private final KvmVcpu vcpu;

    /** Those that were set last. */
    private SortedMap<Integer, Long> msrs = new TreeMap<>();

    private final KvmRegs regs = new KvmRegs();
    private final KvmSregs sregs = new KvmSregs();

    /** When the run in progress has lasted long enough, by {@link System#nanoTime}; 0 for none. */
    private final AtomicLong deadline = new AtomicLong();

    private final Thread watchdog = Thread.ofPlatform().daemon().unstarted(this::watch);

    KvmMachine() {
        vm.setTssAddress(0xfffb_d000L);
        vm.setMemoryRegion(0, 0, ram.segment(), 0);
        vcpu = vm.createVcpu(0);
        vcpu.setCpuid(kvm.supportedCpuid());
        watchdog.start();
    }

    /** Kicks a program that does not end: in user mode it would run for ever. */
    private void watch() {
        try {
            while (true) {
                Thread.sleep(100);
                long end = deadline.get();
                if (end != 0 && System.nanoTime() - end > 0) {
                    vcpu.kick();
                }
            }
        } catch (InterruptedException e) {
            // closed
        }
    }

    @Override
    public GuestMemory memory() {
        return memory;
    }

    @Override
    public String run(VcpuState start, VcpuState end) {
        load(start);
        deadline.set(System.nanoTime() + LONGEST_NANOS | 1);
        KvmExit exit = vcpu.run();
        deadline.set(0);
        store(end);
        return switch (exit) {
            case HLT -> HALTED;
            case INTR -> "it did not end";
            case INTERNAL_ERROR ->
                    "KVM's emulator gave up at "
                            + java.util.HexFormat.ofDelimiter(" ")
                                    .formatHex(vcpu.exit().failedInstruction());
            default -> exit.toString();
        };
    }

    private void load(VcpuState s) {
        vcpu.sregs(sregs);
        for (int i = 0; i < 8; i++) {
            Segment g = s.segments[i];
            sregs.segments[i] = new KvmSegment(g.selector(), g.base(), g.limit(), g.access());
        }
        sregs.gdtBase = s.gdtBase;
        sregs.gdtLimit = s.gdtLimit;
        sregs.idtBase = s.idtBase;
        sregs.idtLimit = s.idtLimit;
        sregs.cr0 = s.cr0;
        sregs.cr2 = s.cr2;
        sregs.cr3 = s.cr3;
        sregs.cr4 = s.cr4;
        sregs.efer = s.efer;
        vcpu.setSregs(sregs);
        System.arraycopy(s.gpr, 0, regs.gpr, 0, 16);
        regs.rip = s.rip;
        regs.rflags = s.rflags;
        vcpu.setRegs(regs);
        vcpu.setFxsave(s.fxsave);
        if (!s.msrs.equals(msrs)) {
            vcpu.setMsrs(
                    s.msrs.entrySet().stream()
                            .map(m -> new KvmMsr(m.getKey(), m.getValue()))
                            .toList());
            msrs = new TreeMap<>(s.msrs);
        }
    }

    private void store(VcpuState s) {
        vcpu.regs(regs);
        System.arraycopy(regs.gpr, 0, s.gpr, 0, 16);
        s.rip = regs.rip;
        s.rflags = regs.rflags;
        vcpu.sregs(sregs);
        for (int i = 0; i < 8; i++) {
            KvmSegment g = sregs.segments[i];
            s.segments[i] = new Segment(g.selector(), g.base(), g.limit(), g.access());
        }
        s.gdtBase = sregs.gdtBase;
        s.gdtLimit = sregs.gdtLimit;
        s.idtBase = sregs.idtBase;
        s.idtLimit = sregs.idtLimit;
        s.cr0 = sregs.cr0;
        s.cr2 = sregs.cr2;
        s.cr3 = sregs.cr3;
        s.cr4 = sregs.cr4;
        s.efer = sregs.efer;
        System.arraycopy(vcpu.fxsave(), 0, s.fxsave, 0, 512);
    }

    @Override
    public void close() {
        watchdog.interrupt();
        try {
            watchdog.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        vcpu.close();
        vm.close();
        kvm.close();
        ram.close();
    }
}
