package org.jvisor.emulator;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jvisor.vmm.api.VcpuState;

/** KVM and the software CPU side by side, running user-mode programs from the same start. */
final class KvmPair implements AutoCloseable {
    private final Side kvm = new Side(new KvmMachine());
    private final Side software = new Side(new SoftwareMachine());

    private final KvmLimits limits = new KvmLimits();
    private final AllowedDeviations allowed = new AllowedDeviations();

    /** Why the last case could not be compared, or empty. */
    private String unusable = "";

    /** One of the two. */
    private static final class Side {
        final ProgramMachine machine;
        final UserGuest guest;
        final UserOutcome outcome = new UserOutcome();
        final VcpuState end = new VcpuState();

        Side(ProgramMachine machine) {
            this.machine = machine;
            this.guest = new UserGuest(machine.memory());
        }

        void run(TestCase test, byte[] background, byte[] code) {
            MemorySegment data = guest.data();
            data.fill((byte) 0x5a);
            data.asSlice(0, background.length).copyFrom(MemorySegment.ofArray(background));
            test.place(data);
            guest.dataChanged();
            guest.clearFrame();
            long address = test.encoding.address();
            guest.putCode(address, code);
            if (!CodeSegment.isCanonical(test.in.gpr[Cpu.RSP])) {
                address -= loadRsp(test);
            }
            VcpuState start = GuestTables.userState();
            System.arraycopy(test.in.gpr, 0, start.gpr, 0, 16);
            start.rip = address;
            start.rflags = test.in.flags;
            System.arraycopy(test.in.fx, 0, start.fxsave, 0, 512);
            start.gpr[Cpu.RSP] = address == test.encoding.address() ? test.in.gpr[Cpu.RSP] : 0;
            outcome.take(machine.run(start, end), end, guest);
            guest.clearCode(address, code.length + 10);
        }

        /**
         * Puts MOV RSP, imm64 in front of the program. A KVM without VT enters the guest by IRET,
         * which cannot load such a stack pointer, and interprets the instruction instead.
         */
        private int loadRsp(TestCase test) {
            CodeBytes b = new CodeBytes(0).put(0x48, 0xbc).value(test.in.gpr[Cpu.RSP], 8);
            guest.putCode(test.encoding.address() - b.length(), b.toArray());
            return b.length();
        }
    }

    /**
     * Runs a program on both.
     *
     * @param background what is in memory beside its operands
     * @param code the program, at the address of the case's encoding
     * @return what differs, a line each; nothing if KVM could not run it, see {@link #unusable}
     */
    List<String> differences(TestCase test, byte[] background, byte[] code) {
        unusable = "";
        kvm.run(test, background, code);
        if (!kvm.outcome.stop.equals(ProgramMachine.HALTED)) {
            unusable = kvm.outcome.stop;
            return List.of();
        }
        software.run(test, background, code);
        if (!software.outcome.stop.equals(ProgramMachine.HALTED)) {
            return List.of("the software CPU stopped: " + software.outcome.stop);
        }
        if (limits.excuses(test, kvm.outcome, software.outcome)) {
            unusable = "KVM is no judge";
            return List.of();
        }
        return Comparison.ofPrograms(
                allowed,
                test,
                kvm.outcome,
                kvm.guest.data(),
                software.outcome,
                software.guest.data());
    }

    /** Rows that KVM cannot judge on this host. */
    KvmLimits limits() {
        return limits;
    }

    AllowedDeviations allowed() {
        return allowed;
    }

    String unusable() {
        return unusable;
    }

    /** The vector the last case ended in on KVM. */
    int vector() {
        return kvm.outcome.vector;
    }

    @Override
    public void close() {
        kvm.machine.close();
        software.machine.close();
    }
}
