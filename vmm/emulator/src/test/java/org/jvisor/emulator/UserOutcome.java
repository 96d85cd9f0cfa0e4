package org.jvisor.emulator;

import org.jvisor.vmm.api.VcpuState;

/** How a user-mode program ended: in which exception, and the user's registers at that point. */
final class UserOutcome {
    /** How the machine stopped; the rest counts only if that is {@link ProgramMachine#HALTED}. */
    String stop = "";

    /** The exception's vector, or -1 if the CPU halted elsewhere. */
    int vector;

    /** The error code, where the exception has one. */
    long error;

    /** CR2 after a page fault. */
    long cr2;

    /** Registers, RIP and RFLAGS as the exception's frame has them. */
    final UserState user = new UserState();

    /** Selectors of CS and SS from the frame. */
    long cs, ss;

    /** Selectors of ES, DS, FS, GS. */
    final int[] selectors = new int[4];

    private static final int[] DATA_SEGMENTS = {
        VcpuState.ES, VcpuState.DS, VcpuState.FS, VcpuState.GS
    };

    /** Reads the outcome from the halted CPU and the frame in memory. */
    void take(String how, VcpuState end, UserGuest guest) {
        stop = how;
        if (!how.equals(ProgramMachine.HALTED)) {
            return;
        }
        vector = GuestTables.vectorAt(end.rip - 1);
        boolean hasError = hasError(vector);
        error = hasError ? guest.frame(0) : 0;
        cr2 = vector == Cpu.PAGE_FAULT ? end.cr2 : 0;
        System.arraycopy(end.gpr, 0, user.gpr, 0, 16);
        System.arraycopy(end.fxsave, 0, user.fx, 0, 512);
        for (int i = 0; i < 4; i++) {
            selectors[i] = end.segments[DATA_SEGMENTS[i]].selector();
        }
        if (vector == GuestTables.SYSCALL) {
            user.rip = end.rip;
            user.flags = end.rflags;
            cs = end.segments[VcpuState.CS].selector();
            ss = end.segments[VcpuState.SS].selector();
            return;
        }
        user.rip = guest.frame(8);
        cs = guest.frame(16);
        user.flags = guest.frame(24);
        user.gpr[Cpu.RSP] = guest.frame(32);
        ss = guest.frame(40);
    }

    private static boolean hasError(int vector) {
        return switch (vector) {
            case Cpu.DOUBLE_FAULT,
                    Cpu.TS,
                    Cpu.NP,
                    Cpu.SS_FAULT,
                    Cpu.GP,
                    Cpu.PAGE_FAULT,
                    Cpu.ALIGN ->
                    true;
            default -> false;
        };
    }

    /** The exception in words. */
    String exception() {
        return vector < 0
                ? "no exception"
                : hasError(vector) ? "%d(%#x)".formatted(vector, error) : "" + vector;
    }
}
