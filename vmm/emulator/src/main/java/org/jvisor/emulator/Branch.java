package org.jvisor.emulator;

/** Jumps, calls and returns within the code segment. */
final class Branch {
    private Branch() {}

    static Insn jump(Decoded d) {
        return d.mode == Cpu.MODE64 ? new Jump64(d) : new JumpLegacy(d);
    }

    static Insn jumpIndirect(Decoded d) {
        return d.mode == Cpu.MODE64 && !d.memory ? new JumpReg64(d) : new JumpIndirect(d);
    }

    static Insn call(Decoded d) {
        return d.mode == Cpu.MODE64 ? new Call64(d) : new CallLegacy(d);
    }

    static Insn callIndirect(Decoded d) {
        return d.mode == Cpu.MODE64 ? new CallIndirect64(d) : new CallIndirect(d);
    }

    static Insn ret(Decoded d) {
        return d.mode == Cpu.MODE64 ? new Ret64(d) : new RetLegacy(d);
    }

    /**
     * What RIP becomes on a jump to {@code target} with the instruction's operand size, checked
     * against the CS limit outside 64-bit mode and for being canonical in it.
     */
    static long target(Insn insn, Cpu c, long target) {
        if (insn.mode == Cpu.MODE64) {
            return canonical(c, target);
        }
        target &= insn.opSize == 2 ? 0xffff : 0xffff_ffffL;
        if (target > c.codeEnd) {
            throw c.gp();
        }
        return target;
    }

    /** Checks an address to go to: it is the branch that faults, not the fetch. */
    private static long canonical(Cpu c, long target) {
        if (target << 16 >> 16 != target) {
            throw c.gp();
        }
        return target;
    }

    private static final class Jump64 extends Insn {
        private final long delta;

        Jump64(Decoded d) {
            super(d);
            delta = end + imm;
        }

        @Override
        void exec(Cpu c) {
            c.rip = c.r[Cpu.PAGE_RIP] + delta;
        }
    }

    private static final class JumpLegacy extends Insn {
        JumpLegacy(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            c.rip = target(this, c, nextRip(c) + imm);
        }
    }

    private static final class JumpReg64 extends Insn {
        JumpReg64(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            c.rip = canonical(c, c.r[rm]);
        }
    }

    private static final class JumpIndirect extends Insn {
        JumpIndirect(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            c.rip = target(this, c, readE(c, opSize));
        }
    }

    private static final class Call64 extends Insn {
        private final long delta;

        Call64(Decoded d) {
            super(d);
            delta = end + imm;
        }

        @Override
        void exec(Cpu c) {
            long[] r = c.r;
            long sp = r[Cpu.RSP] - 8;
            long base = r[Cpu.PAGE_RIP];
            c.mem.write64(sp, base + end);
            r[Cpu.RSP] = sp;
            c.rip = base + delta;
        }
    }

    private static final class CallLegacy extends Insn {
        CallLegacy(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            long next = nextRip(c);
            long to = target(this, c, next + imm);
            Stack.push(c, opSize, next);
            c.rip = to;
        }
    }

    private static final class CallIndirect64 extends Insn {
        CallIndirect64(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            long to = readE(c, 8);
            long sp = c.r[Cpu.RSP] - 8;
            c.mem.write64(sp, nextRip(c)); // even if the target is no address
            c.rip = canonical(c, to);
            c.r[Cpu.RSP] = sp;
        }
    }

    private static final class CallIndirect extends Insn {
        CallIndirect(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            long to = target(this, c, readE(c, opSize));
            Stack.push(c, opSize, nextRip(c));
            c.rip = to;
        }
    }

    private static final class Ret64 extends Insn {
        Ret64(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            long[] r = c.r;
            long sp = r[Cpu.RSP];
            c.rip = canonical(c, c.mem.read64(sp));
            r[Cpu.RSP] = sp + 8 + (imm & 0xffff);
        }
    }

    private static final class RetLegacy extends Insn {
        RetLegacy(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            c.rip = target(this, c, Stack.peek(c, 0, opSize));
            Stack.move(c, opSize + (imm & 0xffff));
        }
    }

    /** LOOP, LOOPE, LOOPNE and JCXZ: the opcode's low two bits tell which. */
    static final class Loop extends Insn {
        private final int kind;

        Loop(Decoded d) {
            super(d);
            kind = d.theForm().opcode & 3;
        }

        @Override
        void exec(Cpu c) {
            long count = Alu.truncate(c.r[Cpu.RCX], addrSize);
            boolean taken;
            if (kind == 3) {
                taken = count == 0;
            } else {
                count--;
                taken =
                        Alu.truncate(count, addrSize) != 0
                                && (kind == 2 || Flags.zf(c) == (kind == 1));
            }
            long to = taken ? target(this, c, nextRip(c) + imm) : nextRip(c);
            if (kind != 3) {
                c.setReg(Cpu.RCX, addrSize, count);
            }
            c.rip = to;
        }
    }
}
