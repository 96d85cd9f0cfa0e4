package org.jvisor.emulator;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jvisor.kvm.Kvm;
import org.jvisor.kvm.KvmException;
import org.jvisor.kvm.KvmExit;
import org.jvisor.kvm.KvmRegs;
import org.jvisor.kvm.KvmSegment;
import org.jvisor.kvm.KvmSregs;
import org.jvisor.kvm.KvmVcpu;
import org.jvisor.kvm.KvmVm;
import org.jvisor.linux.HostMemory;
import org.jvisor.linux.HugePages;
import org.jvisor.vmm.api.VcpuExit;

/** Runs what a {@link SystemMachine} is about to run on the host's KVM too, and compares. */
final class KvmTwin implements AutoCloseable {
    /** What {@link #compare} gives where KVM cannot run the case. */
    static final List<String> UNSUPPORTED = List.of("unsupported");

    /** Undefined or not kept by KVM: accessed by no comparison. */
    private static final int SEGMENT_BITS = 0xf0ff;

    private final Kvm kvm;
    private final KvmVm vm;
    private final HostMemory memory = HostMemory.anonymous(SystemMachine.SIZE, HugePages.NONE);
    private final KvmVcpu vcpu;
    private final KvmRegs regs = new KvmRegs();
    private final KvmSregs sregs = new KvmSregs();

    private KvmTwin(Kvm kvm) {
        this.kvm = kvm;
        vm = kvm.createVm();
        vm.setMemoryRegion(0, 0, memory.segment(), 0);
        vcpu = vm.createVcpu(0);
    }

    /** A twin, or the test is skipped and says why. */
    static KvmTwin openOrSkip() {
        try {
            return new KvmTwin(Kvm.open());
        } catch (KvmException e) {
            System.out.println("skipped, as KVM cannot be used here: " + e.getMessage());
            assumeTrue(false, e.getMessage());
            throw e;
        }
    }

    /**
     * Runs the machine and its twin to the end.
     *
     * @return what differs; or one entry {@code "unsupported"} where KVM's emulator gave up
     */
    List<String> compare(SystemMachine m) {
        copyIn(m);
        KvmExit exit = vcpu.run();
        for (int i = 0; i < 50 && exit != KvmExit.HLT && exit != KvmExit.SHUTDOWN; i++) {
            if (exit == KvmExit.INTERNAL_ERROR || exit == KvmExit.FAIL_ENTRY) {
                return UNSUPPORTED;
            }
            exit = vcpu.run();
        }
        VcpuExit own = m.run();
        boolean stopped = exit == KvmExit.SHUTDOWN;
        if (stopped || own == VcpuExit.SHUTDOWN) {
            return stopped && own == VcpuExit.SHUTDOWN
                    ? List.of()
                    : List.of("KVM ended with %s, we with %s".formatted(exit, own));
        }
        vcpu.regs(regs);
        vcpu.sregs(sregs);
        return differences(m);
    }

    private void copyIn(SystemMachine m) {
        Cpu c = m.c;
        memory.segment().copyFrom(m.memory.slice(0, SystemMachine.SIZE));
        System.arraycopy(c.r, 0, regs.gpr, 0, 16);
        regs.rip = c.rip;
        regs.rflags = c.flags();
        vcpu.sregs(sregs);
        for (int i = 0; i < 8; i++) {
            sregs.segments[i] =
                    new KvmSegment(c.segSel[i], c.segBase[i], c.segLimit[i], c.segAccess[i]);
        }
        sregs.gdtBase = c.gdtBase;
        sregs.gdtLimit = c.gdtLimit;
        sregs.idtBase = c.idtBase;
        sregs.idtLimit = c.idtLimit;
        sregs.cr0 = c.cr0;
        sregs.cr2 = c.cr2;
        sregs.cr3 = c.cr3;
        sregs.cr4 = c.cr4;
        sregs.efer = c.efer;
        vcpu.setSregs(sregs);
        vcpu.setRegs(regs);
    }

    private List<String> differences(SystemMachine m) {
        Cpu c = m.c;
        List<String> out = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            check(out, "r" + i, regs.gpr[i], c.r[i]);
        }
        check(out, "rip", regs.rip, c.rip);
        check(out, "rflags", regs.rflags, c.flags());
        for (int i = 0; i < 8; i++) {
            KvmSegment s = sregs.segments[i];
            check(out, "selector " + i, s.selector(), c.segSel[i]);
            boolean unusable = (s.access() & KvmSegment.UNUSABLE) != 0;
            boolean ours = (c.segAccess[i] & Descriptor.UNUSABLE) != 0;
            if (unusable || ours) {
                check(out, "unusable " + i, unusable ? 1 : 0, ours ? 1 : 0);
                continue;
            }
            check(out, "base " + i, s.base(), c.segBase[i]);
            check(out, "limit " + i, s.limit(), c.segLimit[i]);
            check(out, "access " + i, s.access() & SEGMENT_BITS, c.segAccess[i] & SEGMENT_BITS);
        }
        check(out, "cr0", sregs.cr0, c.cr0);
        check(out, "cr2", sregs.cr2, c.cr2);
        check(out, "cr3", sregs.cr3, c.cr3);
        check(out, "cr4", sregs.cr4, c.cr4);
        check(out, "efer", sregs.efer, c.efer);
        check(out, "gdt", sregs.gdtBase, c.gdtBase);
        check(out, "idt", sregs.idtBase, c.idtBase);
        MemorySegment own = m.memory.slice(0, SystemMachine.SIZE);
        long at = memory.segment().mismatch(own);
        if (at >= 0) {
            long word = at & ~7L;
            out.add(
                    "memory at %#x: KVM %#x, we %#x"
                            .formatted(
                                    word,
                                    memory.segment()
                                            .get(
                                                    java.lang.foreign.ValueLayout
                                                            .JAVA_LONG_UNALIGNED,
                                                    word),
                                    m.memory.readLong(word)));
        }
        return out;
    }

    private static void check(List<String> out, String what, long kvm, long own) {
        if (kvm != own) {
            out.add("%s: KVM %#x, we %#x".formatted(what, kvm, own));
        }
    }

    @Override
    public void close() {
        vm.close();
        memory.close();
        kvm.close();
    }
}
