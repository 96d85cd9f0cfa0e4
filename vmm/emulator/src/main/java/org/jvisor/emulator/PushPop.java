package org.jvisor.emulator;

/** PUSH and POP of general registers, immediates and memory; PUSHA, POPA, ENTER, LEAVE. */
final class PushPop {
    private PushPop() {}

    /** PUSH Zv and PUSH Ev. */
    static Insn push(Decoded d) {
        return d.mode == Cpu.MODE64 && d.opSize == 8 && !d.memory ? new PushReg64(d) : new Push(d);
    }

    /** POP Zv and POP Ev. */
    static Insn pop(Decoded d) {
        return d.mode == Cpu.MODE64 && d.opSize == 8 && !d.memory ? new PopReg64(d) : new Pop(d);
    }

    private static final class PushReg64 extends Insn {
        PushReg64(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            long[] r = c.r;
            long sp = r[Cpu.RSP] - 8;
            c.mem.write64(sp, r[rm]);
            r[Cpu.RSP] = sp;
        }
    }

    private static final class PopReg64 extends Insn {
        PopReg64(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            long[] r = c.r;
            long sp = r[Cpu.RSP];
            long value = c.mem.read64(sp);
            r[Cpu.RSP] = sp + 8;
            r[rm] = value;
        }
    }

    private static final class Push extends Insn {
        Push(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            Stack.push(c, opSize, readE(c, opSize));
        }
    }

    /** PUSH Iz and PUSH Ib. */
    static final class PushImmediate extends Insn {
        PushImmediate(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            Stack.push(c, opSize, imm);
        }
    }

    private static final class Pop extends Insn {
        Pop(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            long value = Stack.peek(c, 0, opSize);
            if (mod == 3) {
                Stack.move(c, opSize);
                c.setReg(rm, opSize, value);
                return;
            }
            long old = c.r[Cpu.RSP];
            Stack.move(c, opSize); // an address by RSP uses the value after the pop
            boolean done = false;
            try {
                c.mem.write(ea(c), opSize, value);
                done = true;
            } finally {
                if (!done) {
                    c.r[Cpu.RSP] = old;
                }
            }
        }
    }

    /** PUSHA and PUSHAD. */
    static final class PushAll extends Insn {
        PushAll(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            for (int i = 0; i < 8; i++) { // fault before anything is written
                c.mem.checkWrite(Stack.address(c, -(i + 1) * opSize, opSize, true), opSize);
            }
            for (int i = 0; i < 8; i++) {
                long at = Stack.address(c, -(i + 1) * opSize, opSize, true);
                c.mem.write(at, opSize, c.r[i]);
            }
            Stack.move(c, -8 * opSize);
        }
    }

    /** POPA and POPAD: all but SP. */
    static final class PopAll extends Insn {
        PopAll(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            for (int i = 0; i < 8; i++) { // fault before anything is loaded
                Stack.peek(c, i * opSize, opSize);
            }
            for (int i = 0; i < 8; i++) {
                if (7 - i != Cpu.RSP) {
                    c.setReg(7 - i, opSize, Stack.peek(c, i * opSize, opSize));
                }
            }
            Stack.move(c, 8 * opSize);
        }
    }

    /** LEAVE. */
    static final class Leave extends Insn {
        Leave(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            long old = c.r[Cpu.RSP];
            long frame = c.r[Cpu.RBP];
            boolean done = false;
            try {
                Stack.set(c, frame);
                long value = Stack.peek(c, 0, opSize);
                Stack.move(c, opSize);
                c.setReg(Cpu.RBP, opSize, value);
                done = true;
            } finally {
                if (!done) {
                    c.r[Cpu.RSP] = old;
                }
            }
        }
    }

    /** ENTER Iw,Ib: the frame's size in imm, the nesting level in disp. */
    static final class Enter extends Insn {
        Enter(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            int level = (int) disp & 31;
            int size = (int) imm & 0xffff;
            long framePointer = c.r[Cpu.RSP] - opSize & c.stackMask;
            // RSP and RBP change last, so that a fault on the way leaves them alone
            int pushes = 0;
            write(c, ++pushes, c.r[Cpu.RBP]);
            for (int i = 1; i < level; i++) {
                write(c, ++pushes, c.mem.read(display(c, i), opSize));
            }
            if (level > 0) {
                write(c, ++pushes, framePointer);
            }
            long top = -(long) pushes * opSize - size; // must be writable too
            c.mem.checkWrite(Stack.address(c, top, opSize, true), opSize);
            Stack.move(c, top);
            c.setReg(Cpu.RBP, opSize, framePointer);
        }

        /** What the {@code i}th push writes. */
        private void write(Cpu c, int i, long value) {
            c.mem.write(Stack.address(c, -i * opSize, opSize, true), opSize, value);
        }

        /** The linear address of the {@code i}th frame pointer of the enclosing procedures. */
        private long display(Cpu c, int i) {
            long at = c.r[Cpu.RBP] - (long) i * opSize & c.stackMask;
            return c.is64() ? at : Segments.linear(c, Cpu.SS, at, opSize, false);
        }
    }
}
