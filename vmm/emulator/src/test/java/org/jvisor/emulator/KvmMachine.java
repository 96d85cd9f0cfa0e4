package org.jvisor.emulator;

import java.util.List;
import org.jvisor.kvm.Kvm;
import org.jvisor.kvm.KvmExit;
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
    private final HostMemory ram = HostMemory.anonymous(MEMORY_SIZE, HugePages.NONE);
    private final GuestMemory memory =
            new GuestMemory(List.of(new GuestMemory.Region(0, ram.segment(), false)));
    private final Kvm kvm = Kvm.open();
    private final KvmVm vm = kvm.createVm();
    private final KvmVcpu vcpu;
    private final KvmRegs regs = new KvmRegs();
    private final KvmSregs sregs = new KvmSregs();

    KvmMachine() {
        vm.setTssAddress(0xfffb_d000L);
        vm.setMemoryRegion(0, 0, ram.segment(), 0);
        vcpu = vm.createVcpu(0);
        vcpu.setCpuid(kvm.supportedCpuid());
    }

    @Override
    public GuestMemory memory() {
        return memory;
    }

    @Override
    public String run(VcpuState start, VcpuState end) {
        load(start);
        KvmExit exit = vcpu.run();
        store(end);
        return switch (exit) {
            case HLT -> HALTED;
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
        vcpu.close();
        vm.close();
        kvm.close();
        ram.close();
    }
}
