package org.jvisor.emulator;

/** IN, OUT, INS and OUTS, and who may use which port (SDM 1 chapter 19). */
final class PortIo {
    /** Iterations of a REP between two looks at pending events. */
    private static final int BURST = 64;

    private PortIo() {}

    private static void check(Cpu c, int port, int size) {
        boolean trusted = c.cpl <= (c.rflags & Cpu.IOPL) >> 12 && !c.v86();
        if (!trusted && !TaskState.allowsPorts(c, port, size)) {
            throw c.gp();
        }
        if ((c.dr7 & 0xff) != 0) {
            DebugRegisters.portAccess(c, port, size);
        }
    }

    static long read(Cpu c, int port, int size) {
        check(c, port, size);
        return c.board.readPort(c, port, size);
    }

    static void write(Cpu c, int port, int size, long value) {
        check(c, port, size);
        c.board.writePort(c, port, size, value);
    }

    private static int dx(Cpu c) {
        return (int) c.r[Cpu.RDX] & 0xffff;
    }

    private static int wide(Insn i) {
        return Math.min(i.opSize, 4);
    }

    static void inByte(Insn i, Cpu c) {
        c.setReg(Cpu.RAX, 1, read(c, (int) i.imm & 0xff, 1));
    }

    static void inWide(Insn i, Cpu c) {
        c.setReg(Cpu.RAX, wide(i), read(c, (int) i.imm & 0xff, wide(i)));
    }

    static void inByteDx(Insn i, Cpu c) {
        c.setReg(Cpu.RAX, 1, read(c, dx(c), 1));
    }

    static void inWideDx(Insn i, Cpu c) {
        c.setReg(Cpu.RAX, wide(i), read(c, dx(c), wide(i)));
    }

    static void outByte(Insn i, Cpu c) {
        write(c, (int) i.imm & 0xff, 1, c.reg(Cpu.RAX, 1));
    }

    static void outWide(Insn i, Cpu c) {
        write(c, (int) i.imm & 0xff, wide(i), c.reg(Cpu.RAX, wide(i)));
    }

    static void outByteDx(Insn i, Cpu c) {
        write(c, dx(c), 1, c.reg(Cpu.RAX, 1));
    }

    static void outWideDx(Insn i, Cpu c) {
        write(c, dx(c), wide(i), c.reg(Cpu.RAX, wide(i)));
    }

    // ---- strings ----

    static void insByte(Insn i, Cpu c) {
        repeat(i, c, 1, true);
    }

    static void insWide(Insn i, Cpu c) {
        repeat(i, c, wide(i), true);
    }

    static void outsByte(Insn i, Cpu c) {
        repeat(i, c, 1, false);
    }

    static void outsWide(Insn i, Cpu c) {
        repeat(i, c, wide(i), false);
    }

    /** One element, or with a REP prefix as many as come before something is pending. */
    private static void repeat(Insn i, Cpu c, int size, boolean in) {
        check(c, dx(c), size);
        if (i.rep == 0) {
            element(i, c, size, in);
            return;
        }
        int burst = c.slow ? 1 : BURST;
        long left = c.reg(Cpu.RCX, i.addrSize);
        boolean started = false;
        try {
            while (left != 0 && burst-- > 0) {
                element(i, c, size, in);
                left--;
                c.setReg(Cpu.RCX, i.addrSize, left);
                started = true;
                if (c.pending() != 0) {
                    break;
                }
            }
        } finally {
            if (left != 0 && started) {
                c.rip = i.thisRip(c);
            }
        }
    }

    private static void element(Insn i, Cpu c, int size, boolean in) {
        int index = in ? Cpu.RDI : Cpu.RSI;
        int seg = in ? Cpu.ES : i.seg;
        long offset = c.reg(index, i.addrSize);
        long at = linear(i, c, seg, offset, size, in);
        if (in) {
            c.mem.checkWrite(at, size); // before the device notices
            c.mem.write(at, size, c.board.readPort(c, dx(c), size));
        } else {
            c.board.writePort(c, dx(c), size, c.mem.read(at, size));
        }
        boolean down = (c.rflags & Cpu.DF) != 0;
        c.setReg(index, i.addrSize, down ? offset - size : offset + size);
    }

    private static long linear(Insn i, Cpu c, int seg, long offset, int size, boolean write) {
        if (i.mode != Cpu.MODE64) {
            return Segments.linear(c, seg, offset, size, write);
        }
        return seg == Cpu.FS || seg == Cpu.GS ? offset + c.segBase[seg] : offset;
    }
}
