package org.jvisor.emulator;

/** Instructions that move selectors and far pointers into segment registers. */
final class SegmentMoves {
    private SegmentMoves() {}

    /** MOV Sw,Ew. */
    static void move(Insn i, Cpu c) {
        int seg = i.reg & 7; // REX.R is ignored
        if (seg == Cpu.CS || seg > Cpu.GS) {
            throw c.ud();
        }
        int selector = (int) i.readE(c, 2);
        SegmentLoad.load(c, seg, selector);
        if (seg == Cpu.SS) {
            loadedStack(c);
        }
    }

    /** MOV Ew,Sw: a register gets the selector zero-extended. */
    static void store(Insn i, Cpu c) {
        int seg = i.reg & 7;
        if (seg > Cpu.GS) {
            throw c.ud();
        }
        if (i.isMemory()) {
            c.mem.write(i.ea(c), 2, c.segSel[seg]);
        } else {
            c.setReg(i.rm, i.opSize, c.segSel[seg]);
        }
    }

    static void push(Insn i, Cpu c) {
        c.stack.current();
        c.stack.push(i.opSize, c.segSel[i.rm]);
        c.stack.store();
    }

    static void pop(Insn i, Cpu c) {
        StackCursor stack = c.stack;
        stack.current();
        int selector = (int) stack.pop(i.opSize) & 0xffff;
        SegmentLoad.load(c, i.rm, selector);
        stack.store(); // by the size of the old stack, also when SS itself was loaded
        if (i.rm == Cpu.SS) {
            loadedStack(c);
        }
    }

    /** Holds off interrupts and debug traps until after the next instruction (SDM 3A §6.8.3). */
    private static void loadedStack(Cpu c) {
        c.shadow = true;
        c.loadedSs = true;
    }

    /** LES, LDS, LSS, LFS, LGS. */
    static SystemInsn.Action loadPointer(int seg) {
        return (i, c) -> {
            long offset = c.mem.read(i.ea(c), i.opSize);
            int selector = (int) c.mem.read(i.ea(c, i.opSize, 2), 2);
            SegmentLoad.load(c, seg, selector);
            c.setReg(i.reg, i.opSize, offset);
        };
    }

    // ---- far transfers ----

    static void jumpDirect(Insn i, Cpu c) {
        FarTransfers.jump(c, (int) i.disp, cut(i.imm, i.opSize), i.nextRip(c));
    }

    static void callDirect(Insn i, Cpu c) {
        FarTransfers.call(c, (int) i.disp, cut(i.imm, i.opSize), i.opSize, i.nextRip(c));
    }

    static void jumpIndirect(Insn i, Cpu c) {
        long offset = c.mem.read(i.ea(c), i.opSize);
        int selector = (int) c.mem.read(i.ea(c, i.opSize, 2), 2);
        FarTransfers.jump(c, selector, offset, i.nextRip(c));
    }

    static void callIndirect(Insn i, Cpu c) {
        long offset = c.mem.read(i.ea(c), i.opSize);
        int selector = (int) c.mem.read(i.ea(c, i.opSize, 2), 2);
        FarTransfers.call(c, selector, offset, i.opSize, i.nextRip(c));
    }

    static void ret(Insn i, Cpu c) {
        FarTransfers.ret(c, i.opSize, 0);
    }

    static void retDropping(Insn i, Cpu c) {
        FarTransfers.ret(c, i.opSize, (int) i.imm & 0xffff);
    }

    static void iret(Insn i, Cpu c) {
        InterruptReturn.execute(c, i.opSize, i.nextRip(c));
    }

    private static long cut(long offset, int size) {
        return size == 2 ? offset & 0xffff : offset & 0xffff_ffffL;
    }
}
