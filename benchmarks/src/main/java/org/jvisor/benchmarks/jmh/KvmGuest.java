package org.jvisor.benchmarks.jmh;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jvisor.kvm.Kvm;
import org.jvisor.kvm.KvmExit;
import org.jvisor.kvm.KvmIoEvent;
import org.jvisor.kvm.KvmRegs;
import org.jvisor.kvm.KvmRun;
import org.jvisor.kvm.KvmSegment;
import org.jvisor.kvm.KvmSregs;
import org.jvisor.kvm.KvmVcpu;
import org.jvisor.kvm.KvmVm;
import org.jvisor.linux.EventFd;
import org.jvisor.linux.HostMemory;
import org.jvisor.linux.HugePages;

/** A machine on KVM that runs one {@link GuestLoop}. */
final class KvmGuest implements AutoCloseable {
    private static final long CR0_PE = 1, CR0_ET = 1 << 4, CR0_NE = 1 << 5;

    final KvmVm vm;
    final KvmVcpu cpu;
    final KvmRun exit;

    /** Signalled by the guest, or by the host to interrupt it. */
    final EventFd event = EventFd.create();

    private final Kvm kvm = Kvm.open();
    private final HostMemory memory;

    /**
     * Makes it ready to run.
     *
     * @throws org.jvisor.kvm.KvmException if KVM cannot be used
     */
    KvmGuest(GuestLoop loop) {
        vm = kvm.createVm();
        memory = HostMemory.anonymous(GuestLoop.MEMORY, HugePages.NONE);
        vm.setMemoryRegion(0, 0, memory.segment(), 0);
        if (loop.irqchip()) {
            vm.createIrqchip();
        }
        cpu = vm.createVcpu(0);
        exit = cpu.exit();
        put(GuestLoop.CODE, loop.codeBytes());
        if (loop.vector() != 0) {
            put(GuestLoop.HANDLER, loop.handlerBytes());
            // Segment 0, in the table of real mode (SDM 3B §21.1.4).
            memory.segment()
                    .set(ValueLayout.JAVA_INT_UNALIGNED, loop.vector() * 4L, GuestLoop.HANDLER);
        }
        start(loop);
        attach(loop);
    }

    private void put(int address, byte[] bytes) {
        memory.segment().asSlice(address).copyFrom(MemorySegment.ofArray(bytes));
    }

    private void start(GuestLoop loop) {
        KvmSregs sregs = new KvmSregs();
        cpu.sregs(sregs);
        if (loop.protectedMode()) {
            sregs.segments[KvmSregs.CS] = KvmSegment.flatCode32(8);
            for (int data : new int[] {KvmSregs.DS, KvmSregs.ES, KvmSregs.SS}) {
                sregs.segments[data] = KvmSegment.flatData(16);
            }
            sregs.cr0 = CR0_PE | CR0_ET | CR0_NE;
        } else {
            sregs.segments[KvmSregs.CS] = new KvmSegment(0, 0, 0xffff, 0x9b);
        }
        cpu.setSregs(sregs);
        KvmRegs regs = new KvmRegs();
        regs.rip = GuestLoop.CODE;
        regs.gpr[KvmRegs.RSP] = GuestLoop.STACK;
        cpu.setRegs(regs);
    }

    private void attach(GuestLoop loop) {
        switch (loop) {
            case DOORBELL -> vm.attachIoEventfd(event, KvmIoEvent.port(GuestLoop.DOORBELL_PORT, 2));
            case INTERRUPT -> expect(KvmExit.HLT);
            case IRQFD_WAKE -> {
                expect(KvmExit.IO);
                vm.attachIrqfd(event, GuestLoop.GSI, null);
            }
            default -> {}
        }
    }

    /** Runs the guest, which has to leave for this reason. */
    void expect(KvmExit reason) {
        KvmExit got = cpu.run();
        if (got != reason) {
            throw unexpected(reason);
        }
    }

    private IllegalStateException unexpected(KvmExit reason) {
        return new IllegalStateException(
                "the guest left for %s and not for %s".formatted(exit.describe(), reason));
    }

    @Override
    public void close() {
        vm.close();
        memory.close();
        event.close();
        kvm.close();
    }
}
