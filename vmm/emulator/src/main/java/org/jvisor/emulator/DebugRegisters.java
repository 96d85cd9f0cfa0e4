package org.jvisor.emulator;

/**
 * DR0 to DR7: breakpoints and single steps (SDM 3B chapter 17). Costs nothing while no breakpoint
 * is enabled: instruction breakpoints make the CPU step, data breakpoints send every access down
 * the MMU's slow path, I/O breakpoints are looked for by the port instructions.
 */
final class DebugRegisters {
    /** DR6: debug register access detected, single step, task switch. */
    static final int DR6_BD = 1 << 13, DR6_BS = 1 << 14, DR6_BT = 1 << 15;

    /** DR7: general detect enable. */
    static final int DR7_GD = 1 << 13;

    private static final long DR6_ONES = 0xffff_0ff0L;
    private static final long DR6_WRITABLE = 0xf | DR6_BD | DR6_BS | DR6_BT;
    private static final long DR7_ONES = 1 << 10;
    private static final long DR7_WRITABLE = 0xffff_23ffL;

    /** Breakpoint types, the R/W field of DR7. */
    private static final int EXECUTE = 0, WRITE = 1, PORT = 2, ACCESS = 3;

    private DebugRegisters() {}

    // ---- MOV DRn ----

    /** MOV to DRn. */
    static void write(Cpu c, int n, long value) {
        int register = check(c, n);
        if (register >= 6 && value >>> 32 != 0) {
            throw c.gp();
        }
        switch (register) {
            case 6 -> c.dr6 = value & DR6_WRITABLE | DR6_ONES;
            case 7 -> c.dr7 = value & DR7_WRITABLE | DR7_ONES;
            default -> c.dr[register] = value;
        }
        changed(c);
    }

    /** MOV from DRn. */
    static long read(Cpu c, int n) {
        int register = check(c, n);
        return switch (register) {
            case 6 -> c.dr6;
            case 7 -> c.dr7;
            default -> c.dr[register];
        };
    }

    /**
     * The register meant, once the access is allowed: DR4 and DR5 are other names without CR4.DE.
     */
    private static int check(Cpu c, int n) {
        if (n > 7 || (n & 6) == 4 && (c.cr4 & ControlBits.CR4_DE) != 0) {
            throw c.ud();
        }
        if (c.cpl != 0) {
            throw c.gp();
        }
        if ((c.dr7 & DR7_GD) != 0) {
            c.dr6 |= DR6_BD;
            throw c.fault(Cpu.DB);
        }
        return (n & 6) == 4 ? n + 2 : n;
    }

    /** Must follow every change of the debug registers. */
    static void changed(Cpu c) {
        boolean watching = false;
        for (int i = 0; i < 4; i++) {
            watching |= enabled(c, i) && (type(c, i) & 1) != 0;
        }
        c.mem.slow.watching = watching;
        c.mem.selectView();
        c.updateSlow();
    }

    private static boolean enabled(Cpu c, int i) {
        return (c.dr7 >>> 2 * i & 3) != 0;
    }

    private static int type(Cpu c, int i) {
        return (int) (c.dr7 >>> 16 + 4 * i) & 3;
    }

    private static int length(Cpu c, int i) {
        return switch ((int) (c.dr7 >>> 18 + 4 * i) & 3) {
            case 0 -> 1;
            case 1 -> 2;
            case 2 -> 8;
            default -> 4;
        };
    }

    private static boolean overlaps(Cpu c, int i, long address, int size) {
        int length = length(c, i);
        long first = DescriptorTables.linear(c, c.dr[i]) & -length;
        return address - first < length && first - address < size;
    }

    // ---- breakpoints ----

    /**
     * Before the instruction at {@code c.rip} while the CPU steps.
     *
     * @return whether an instruction breakpoint hit and #DB was delivered in its place
     */
    static boolean atInstruction(Cpu c) {
        c.noTrap = false;
        if (c.debugHold) {
            return false; // none between MOV SS and the next instruction
        }
        c.debugHits = 0;
        if ((c.dr7 & 0xff) == 0 || (c.rflags & Cpu.RF) != 0) {
            return false;
        }
        long linear = c.is64() ? c.rip : c.rip + c.segBase[Cpu.CS] & 0xffff_ffffL;
        int hits = 0;
        for (int i = 0; i < 4; i++) {
            if (enabled(c, i)
                    && type(c, i) == EXECUTE
                    && DescriptorTables.linear(c, c.dr[i]) == linear) {
                hits |= 1 << i;
            }
        }
        if (hits == 0) {
            return false;
        }
        deliver(c, hits);
        return true;
    }

    /**
     * After an instruction that completed while the CPU steps: delivers #DB for a single step or
     * the data breakpoints hit.
     *
     * @param trap whether TF was set when the instruction began
     */
    static void afterInstruction(Cpu c, boolean trap) {
        if (c.loadedSs) {
            // SDM 3A §6.8.3: held until after the next instruction
            c.loadedSs = false;
            c.debugHold = true;
            return;
        }
        c.debugHold = false;
        int hits = c.debugHits | (trap && !c.noTrap ? DR6_BS : 0);
        c.debugHits = 0;
        if (hits != 0) {
            deliver(c, hits);
        }
    }

    private static void deliver(Cpu c, int hits) {
        note(c, hits);
        c.halted = false; // #DB ends HLT
        c.clearPending(Cpu.PENDING_HALT);
        Exceptions.deliver(c, Cpu.DB, false, 0, Exceptions.EXCEPTION);
    }

    private static void note(Cpu c, int hits) {
        c.dr6 = c.dr6 & ~0xfL | hits;
    }

    /** A data access while data breakpoints are armed. */
    static void access(Cpu c, long linear, int size, boolean write) {
        for (int i = 0; i < 4; i++) {
            int type = type(c, i);
            if (enabled(c, i)
                    && (type == ACCESS || type == WRITE && write)
                    && overlaps(c, i, linear, size)) {
                c.debugHits |= 1 << i;
            }
        }
    }

    /** An access to ports, when DR7 enables anything. */
    static void portAccess(Cpu c, int port, int size) {
        if ((c.cr4 & ControlBits.CR4_DE) == 0) {
            return;
        }
        for (int i = 0; i < 4; i++) {
            if (enabled(c, i) && type(c, i) == PORT && overlaps(c, i, port, size)) {
                c.debugHits |= 1 << i;
            }
        }
    }

    // ---- traps of other instructions ----

    /** Makes #DB the next event, after the running instruction, whatever TF says. */
    static void pend(Cpu c, int bits) {
        note(c, bits);
        c.injectVector = Cpu.DB;
        c.injectIsInterrupt = false;
        c.injectHasError = false;
        c.signal(Cpu.PENDING_INJECT);
    }

    /** A task was entered whose TSS has the T bit. */
    static void taskTrap(Cpu c) {
        pend(c, DR6_BT);
    }

    /** #DB is about to be delivered: its handler may use the debug registers. */
    static void delivering(Cpu c) {
        c.branchSteps = false;
        c.dr7 &= ~DR7_GD;
    }
}
