package org.jvisor.emulator;

/**
 * A pre-decoded instruction: a {@link Form} with its operands, and how to execute it. Immutable and
 * shared by all CPUs. One concrete class per operation, operand kinds and size where it is hot;
 * elsewhere a class that looks at {@link #opSize}.
 */
abstract class Insn {
    /** Values of {@link #eaMode}. */
    static final int EA_FLAT64 = 0, EA_SEG64 = 1, EA_ADDR32 = 2, EA_LEGACY = 3;

    final Form form;

    /** Immediate or branch displacement, sign-extended; offset of a far pointer. */
    final long imm;

    /** Displacement of the memory operand; selector of a far pointer; second immediate. */
    final long disp;

    /** Offset of this instruction within its code page. */
    final short start;

    /** Offset of the next instruction: {@code start} plus the length; may pass the page's end. */
    final short end;

    /** Bytes of the memory operand. */
    final short memSize;

    /** Operand size in bytes: 2, 4 or 8. */
    final byte opSize;

    /** Address size in bytes: 2, 4 or 8. */
    final byte addrSize;

    /** {@link Cpu#MODE16} to {@link Cpu#MODE64}. */
    final byte mode;

    /** ModRM.reg as a register number. */
    final byte reg;

    /** ModRM.rm as a register number, or the opcode's register, or the fixed one. */
    final byte rm;

    /** ModRM.mod, 3 for a register. */
    final byte mod;

    /** Parts of the memory operand: indices into {@link Cpu#r}, never negative. */
    final byte base, index, scale;

    /** Segment of the memory operand or string source. */
    final byte seg;

    /** How the effective address becomes linear. */
    final byte eaMode;

    /** The last of F2 and F3 as 2 or 3, else 0. */
    final byte rep;

    final boolean memWrite;
    final boolean lock;

    Insn(Decoded d) {
        form = d.theForm();
        imm = d.imm;
        start = (short) d.start;
        end = (short) d.end;
        memSize = (short) d.memSize;
        opSize = (byte) d.opSize;
        addrSize = (byte) d.addrSize;
        mode = (byte) d.mode;
        reg = (byte) d.reg;
        rm = (byte) d.rm;
        mod = (byte) d.mod;
        base = (byte) d.base;
        index = (byte) d.index;
        scale = (byte) d.scale;
        seg = (byte) d.seg;
        rep = (byte) (d.rep & 3);
        memWrite = d.memWrite;
        lock = d.lock;
        // RIP-relative addresses count from the next instruction
        disp = d.base == Cpu.PAGE_RIP ? d.disp + d.end : d.disp;
        if (d.mode != Cpu.MODE64) {
            eaMode = EA_LEGACY;
        } else if (d.addrSize == 4) {
            eaMode = EA_ADDR32;
        } else {
            eaMode = d.seg == Cpu.FS || d.seg == Cpu.GS ? (byte) EA_SEG64 : EA_FLAT64;
        }
    }

    /** Copies what was decoded. */
    Insn(Insn o) {
        form = o.form;
        imm = o.imm;
        disp = o.disp;
        start = o.start;
        end = o.end;
        memSize = o.memSize;
        opSize = o.opSize;
        addrSize = o.addrSize;
        mode = o.mode;
        reg = o.reg;
        rm = o.rm;
        mod = o.mod;
        base = o.base;
        index = o.index;
        scale = o.scale;
        seg = o.seg;
        eaMode = o.eaMode;
        rep = o.rep;
        memWrite = o.memWrite;
        lock = o.lock;
    }

    /**
     * Executes it. Commits nothing before the last thing that can fault.
     *
     * @throws GuestFault for an exception of the guest
     */
    abstract void exec(Cpu c);

    // ---- where it is ----

    /** The RIP of the next instruction. */
    final long nextRip(Cpu c) {
        return c.r[Cpu.PAGE_RIP] + end & c.ripMask;
    }

    /** The RIP of this instruction. */
    final long thisRip(Cpu c) {
        return c.r[Cpu.PAGE_RIP] + start & c.ripMask;
    }

    /** Bytes it is long. */
    final int length() {
        return end - start;
    }

    // ---- its memory operand ----

    final boolean isMemory() {
        return mod != 3;
    }

    /** The offset within the segment: what LEA gives, before it is cut to the address size. */
    final long rawOffset(Cpu c) {
        long[] r = c.r;
        return r[base] + (r[index] << scale) + disp;
    }

    /** The offset within the segment, cut to the address size. */
    final long offset(Cpu c) {
        long a = rawOffset(c);
        return addrSize == 8 ? a : addrSize == 4 ? a & 0xffff_ffffL : a & 0xffff;
    }

    /**
     * The linear address of the memory operand. Outside 64-bit mode the segment is checked for
     * {@link #memSize} bytes.
     */
    final long ea(Cpu c) {
        long[] r = c.r;
        long a = r[base] + (r[index] << scale) + disp;
        return eaMode == EA_FLAT64 ? a : eaSegmented(c, a, 0);
    }

    /** As {@link #ea}, {@code delta} bytes further, wrapping as the address size does. */
    final long ea(Cpu c, long delta) {
        long a = rawOffset(c) + delta;
        return eaMode == EA_FLAT64 ? a : eaSegmented(c, a, 0);
    }

    /** As {@link #ea(Cpu, long)} for {@code size} bytes in place of {@link #memSize}. */
    final long ea(Cpu c, long delta, int size) {
        long a = rawOffset(c) + delta;
        return eaMode == EA_FLAT64 ? a : eaSegmented(c, a, size);
    }

    private long eaSegmented(Cpu c, long a, int size) {
        switch (eaMode) {
            case EA_SEG64:
                return a + c.segBase[seg];
            case EA_ADDR32:
                a &= 0xffff_ffffL;
                return seg == Cpu.FS || seg == Cpu.GS ? a + c.segBase[seg] : a;
            default:
                a &= addrSize == 2 ? 0xffffL : 0xffff_ffffL;
                return Segments.linear(c, seg, a, size == 0 ? memSize : size, memWrite);
        }
    }

    // ---- generic operands, for instructions that are not hot ----

    /** The E operand of {@code size} bytes, zero-extended. */
    final long readE(Cpu c, int size) {
        return mod == 3 ? c.reg(rm, size) : c.mem.read(ea(c), size);
    }

    /** Writes the E operand. */
    final void writeE(Cpu c, int size, long value) {
        if (mod == 3) {
            c.setReg(rm, size, value);
        } else {
            c.mem.write(ea(c), size, value);
        }
    }
}
