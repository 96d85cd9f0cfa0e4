package org.jvisor.emulator;

/**
 * CLI, STI, PUSHF and POPF, with what IOPL, virtual-8086 mode and the virtual interrupt flag make
 * of them (SDM 2A CLI, 2B POPF, PUSHF, STI; SDM 3B §21.3, §21.4).
 */
final class InterruptFlag {
    /** What POPF sets whatever the privilege. */
    private static final int ALWAYS = Cpu.ARITH | Cpu.TF | Cpu.DF | Cpu.NT;

    private InterruptFlag() {}

    private static int iopl(Cpu c) {
        return (c.rflags & Cpu.IOPL) >> 12;
    }

    /** Whether IF is the program's to change; CPL is 3 in virtual-8086 mode, and 0 in real mode. */
    private static boolean trusted(Cpu c) {
        return c.cpl <= iopl(c);
    }

    /** Whether the program has VIF in place of IF. */
    private static boolean virtual(Cpu c) {
        int bit = c.v86() ? ControlBits.CR4_VME : ControlBits.CR4_PVI;
        return c.cpl == 3 && (c.cr4 & bit) != 0;
    }

    static void cli(Insn i, Cpu c) {
        if (trusted(c)) {
            setSystem(c, c.rflags & ~Cpu.IF);
        } else if (virtual(c)) {
            setSystem(c, c.rflags & ~Cpu.VIF);
        } else {
            throw c.gp();
        }
    }

    static void sti(Insn i, Cpu c) {
        if (trusted(c)) {
            if ((c.rflags & Cpu.IF) == 0) {
                c.shadow = true;
            }
            setSystem(c, c.rflags | Cpu.IF);
        } else if (virtual(c) && (c.rflags & Cpu.VIP) == 0) {
            setSystem(c, c.rflags | Cpu.VIF);
        } else {
            throw c.gp();
        }
    }

    private static void setSystem(Cpu c, int rflags) {
        int old = c.rflags;
        c.rflags = rflags;
        c.flagsChanged(old);
    }

    static void pushf(Insn i, Cpu c) {
        int image = c.flags() & ~(Cpu.RF | Cpu.VM);
        if (c.v86() && iopl(c) < 3) {
            if (!virtual(c) || i.opSize != 2) {
                throw c.gp();
            }
            image = virtualImage(image);
        }
        c.stack.current();
        c.stack.push(i.opSize, image);
        c.stack.store();
    }

    /** Flags as a virtual-8086 program with a virtual interrupt flag sees them. */
    static int virtualImage(int flags) {
        boolean enabled = (flags & Cpu.VIF) != 0;
        return flags & ~Cpu.IF | Cpu.IOPL | (enabled ? Cpu.IF : 0);
    }

    static void popf(Insn i, Cpu c) {
        int mask = ALWAYS | (i.opSize == 2 ? 0 : Cpu.AC | Cpu.ID);
        if (c.v86() && iopl(c) < 3) {
            popVirtual(i, c);
            return;
        }
        if (trusted(c)) {
            mask |= Cpu.IF;
        }
        if (c.cpl == 0) {
            mask |= Cpu.IOPL;
        }
        c.stack.current();
        int image = (int) c.stack.pop(i.opSize);
        c.stack.store();
        int cleared = Cpu.RF | (i.opSize == 2 || c.v86() ? 0 : Cpu.VIF | Cpu.VIP);
        c.setFlags(c.flags() & ~(mask | cleared) | image & mask);
    }

    private static void popVirtual(Insn i, Cpu c) {
        if (!virtual(c) || i.opSize != 2) {
            throw c.gp();
        }
        c.stack.current();
        int image = (int) c.stack.pop(2);
        boolean enables = (image & Cpu.IF) != 0;
        if ((image & Cpu.TF) != 0 || enables && (c.rflags & Cpu.VIP) != 0) {
            throw c.gp();
        }
        c.stack.store();
        int kept = c.flags() & ~(ALWAYS | Cpu.RF | Cpu.VIF);
        c.setFlags(kept | image & ALWAYS | (enables ? Cpu.VIF : 0));
    }
}
