package org.jvisor.emulator;

import java.util.ArrayList;
import java.util.List;

/**
 * An operand of a {@link Form} in the notation of SDM 2D appendix A.2: an addressing letter and a
 * size, such as {@code Ev} or {@code Ib}, or a fixed register.
 *
 * @param text as written in the table
 * @param kind where it comes from
 * @param size what decides its size
 * @param fixed the register number of a {@link Kind#FIXED} operand
 */
record Operand(String text, Kind kind, Size size, int fixed) {
    /** Where an operand comes from. */
    enum Kind {
        /** ModRM.rm: a general register or memory. */
        E,
        /** ModRM.reg: a general register. */
        G,
        /** ModRM.rm, memory only. */
        M,
        /** ModRM.rm, a general register only. */
        R,
        /** The low three bits of the opcode: a general register, kept in {@link Insn#rm}. */
        Z,
        /** An immediate. */
        I,
        /** A branch displacement. */
        J,
        /** An absolute offset (MOV moffs), kept in {@link Insn#disp}. */
        O,
        /** A far pointer in the instruction: offset in imm, selector in disp. */
        A,
        /** DS:rSI. */
        X,
        /** ES:rDI. */
        Y,
        /** ModRM.reg: a segment register. */
        S,
        /** ModRM.reg: a control register. */
        C,
        /** ModRM.reg: a debug register. */
        D,
        /** ModRM.reg: an MMX register. */
        P,
        /** ModRM.rm: an MMX register or memory. */
        Q,
        /** ModRM.rm: an MMX register only. */
        N,
        /** ModRM.reg: an XMM register. */
        V,
        /** ModRM.rm: an XMM register or memory. */
        W,
        /** ModRM.rm: an XMM register only. */
        U,
        /** ModRM.rm: an x87 register ST(i). */
        STI,
        /** A fixed register or constant. */
        FIXED
    }

    /** What decides an operand's size in bytes. */
    enum Size {
        /** No memory access, or the instruction knows. */
        NONE(0),
        B(1),
        /** An immediate byte, sign-extended to the operand size. */
        BS(1),
        W(2),
        D(4),
        Q(8),
        /** 2, 4 or 8 by the operand size. */
        V(-1),
        /** 2 or 4 by the operand size; a 4-byte immediate is sign-extended to 8. */
        Z(-2),
        /** 4 or 8 by REX.W. */
        Y(-3),
        /** A far pointer: operand size plus 2. */
        P(-4),
        /** A descriptor-table pointer: 6 bytes, 10 in 64-bit mode. */
        S(-5),
        /** Twice the operand size (BOUND, CMPXCHG8B/16B). */
        A(-6),
        /** 16 bytes. */
        DQ(16),
        /** 80 bits. */
        T(10),
        /** 28 or 14 bytes (FLDENV). */
        ENV(28),
        /** 108 or 94 bytes (FSAVE). */
        FSAVE(108),
        /** 512 bytes (FXSAVE). */
        FX(512);

        final int bytes;

        Size(int bytes) {
            this.bytes = bytes;
        }
    }

    /** Parses a list in the table's notation, separated by commas; empty for none. */
    static List<Operand> list(String text) {
        List<Operand> operands = new ArrayList<>();
        if (!text.isEmpty()) {
            for (String operand : text.split(",", -1)) {
                operands.add(parse(operand));
            }
        }
        return List.copyOf(operands);
    }

    /** Parses the table's notation. */
    static Operand parse(String text) {
        int reg =
                switch (text) {
                    case "AL", "AX", "eAX", "rAX", "1", "ST" -> 0;
                    case "CL" -> 1;
                    case "DX" -> 2;
                    case "ES", "CS", "SS", "DS", "FS", "GS" ->
                            List.of("ES", "CS", "SS", "DS", "FS", "GS").indexOf(text);
                    case "XMM0" -> 0;
                    default -> -1;
                };
        if (reg >= 0) {
            Size size =
                    switch (text) {
                        case "AL", "CL", "1" -> Size.B;
                        case "rAX" -> Size.V;
                        case "eAX" -> Size.Z;
                        case "XMM0" -> Size.DQ;
                        default -> Size.W;
                    };
            return new Operand(text, Kind.FIXED, size, reg);
        }
        if (text.equals("STi")) {
            return new Operand(text, Kind.STI, Size.NONE, 0);
        }
        Kind kind = Kind.valueOf(text.substring(0, 1));
        Size size =
                switch (text.substring(1)) {
                    case "" -> Size.NONE;
                    case "b" -> Size.B;
                    case "bs" -> Size.BS;
                    case "w" -> Size.W;
                    case "d" -> Size.D;
                    case "q" -> Size.Q;
                    case "v" -> Size.V;
                    case "z" -> Size.Z;
                    case "y" -> Size.Y;
                    case "p" -> Size.P;
                    case "s" -> Size.S;
                    case "a" -> Size.A;
                    case "dq", "x" -> Size.DQ;
                    case "t" -> Size.T;
                    case "env" -> Size.ENV;
                    case "fsave" -> Size.FSAVE;
                    case "fx" -> Size.FX;
                    default -> throw new IllegalArgumentException("operand " + text);
                };
        return new Operand(text, kind, size, 0);
    }

    /** Whether it may be memory addressed by ModRM. */
    boolean modrmMemory() {
        return switch (kind) {
            case E, M, Q, W -> true;
            default -> false;
        };
    }

    /** Whether it is encoded in a ModRM byte. */
    boolean usesModrm() {
        return switch (kind) {
            case Z, I, J, O, A, X, Y, FIXED -> false;
            default -> true;
        };
    }

    /** Its size in bytes for a given operand size and mode. */
    int bytes(int opSize, boolean rexW, boolean mode64) {
        return switch (size) {
            case V -> opSize;
            case Z -> Math.min(opSize, 4);
            case Y -> rexW ? 8 : 4;
            case P -> opSize + 2;
            case S -> mode64 ? 10 : 6;
            case A -> opSize * 2;
            case ENV -> opSize == 2 ? 14 : 28;
            case FSAVE -> opSize == 2 ? 94 : 108;
            default -> size.bytes;
        };
    }
}
