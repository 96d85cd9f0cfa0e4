package org.jvisor.emulator;

import static org.jvisor.emulator.RegionLocals.CARRY;
import static org.jvisor.emulator.RegionLocals.INT_A;
import static org.jvisor.emulator.RegionLocals.INT_B;
import static org.jvisor.emulator.RegionLocals.INT_R;
import static org.jvisor.emulator.RegionLocals.LONG_A;
import static org.jvisor.emulator.RegionLocals.LONG_B;
import static org.jvisor.emulator.RegionLocals.LONG_R;
import static org.jvisor.emulator.RegionLocals.RES;

import java.lang.classfile.Label;
import java.lang.classfile.Opcode;
import java.lang.constant.ClassDesc;

/**
 * Bytecode of conditions: fused with the operation that set the flags where that is still known,
 * else from the flags' locals.
 */
final class EmitCondition {
    private static final ClassDesc LONG = ClassDesc.of("java.lang.Long");
    private static final ClassDesc INTEGER = ClassDesc.of("java.lang.Integer");

    private EmitCondition() {}

    /** Jumps to {@code target} if condition {@code cc} (SDM 1 appendix B) holds. */
    static void jump(RegionAssembler a, int cc, Label target) {
        if (!fused(a, cc, target)) {
            general(a, cc, target);
        }
    }

    private static boolean fused(RegionAssembler a, int cc, Label target) {
        int base = cc >> 1;
        boolean not = (cc & 1) != 0;
        FlagSource f = a.flags;
        return switch (f.kind()) {
            case UNKNOWN -> false;
            case SUB -> afterSub(a, f.size(), base, not, target);
            case LOGIC -> afterLogic(a, f.size(), base, not, target);
            case ORDER -> afterOrder(a, base, not, target);
            case ADD, RESULT -> afterOther(a, f.size(), base, not, target);
        };
    }

    private static boolean afterOther(
            RegionAssembler a, int size, int base, boolean not, Label target) {
        if (base == 2) {
            compareResult(a, size, not ? Opcode.IFNE : Opcode.IFEQ, target);
            return true;
        }
        if (base == 4) {
            compareResult(a, size, not ? Opcode.IFGE : Opcode.IFLT, target);
            return true;
        }
        return false;
    }

    /** See {@link RegionFloat}: -1 unordered, 0 less, 1 equal, 2 greater. */
    private static boolean afterOrder(RegionAssembler a, int base, boolean not, Label target) {
        switch (base) {
            case 1 -> a.b.iload(INT_R).branch(not ? Opcode.IFGT : Opcode.IFLE, target);
            case 2 ->
                    a.b.iload(INT_R)
                            .iconst_1()
                            .iand()
                            .branch(not ? Opcode.IFEQ : Opcode.IFNE, target);
            case 3 ->
                    a.b.iload(INT_R)
                            .iconst_1()
                            .branch(not ? Opcode.IF_ICMPGT : Opcode.IF_ICMPLE, target);
            case 5 -> a.b.iload(INT_R).branch(not ? Opcode.IFGE : Opcode.IFLT, target);
            default -> {
                return false;
            }
        }
        return true;
    }

    private static boolean afterSub(
            RegionAssembler a, int size, int base, boolean not, Label target) {
        switch (base) {
            case 1 -> compareUnsigned(a, size, not ? Opcode.IFGE : Opcode.IFLT, target);
            case 2 -> compareSigned(a, size, not ? Opcode.IFNE : Opcode.IFEQ, target);
            case 3 -> compareUnsigned(a, size, not ? Opcode.IFGT : Opcode.IFLE, target);
            case 4 -> compareResult(a, size, not ? Opcode.IFGE : Opcode.IFLT, target);
            case 6 -> compareSigned(a, size, not ? Opcode.IFGE : Opcode.IFLT, target);
            case 7 -> compareSigned(a, size, not ? Opcode.IFGT : Opcode.IFLE, target);
            default -> {
                return false;
            }
        }
        return true;
    }

    private static boolean afterLogic(
            RegionAssembler a, int size, int base, boolean not, Label target) {
        switch (base) {
            case 0, 1 -> {
                if (not) {
                    a.b.goto_(target);
                } // else never
            }
            case 2, 3 -> compareResult(a, size, not ? Opcode.IFNE : Opcode.IFEQ, target);
            case 4, 6 -> compareResult(a, size, not ? Opcode.IFGE : Opcode.IFLT, target);
            case 7 -> compareResult(a, size, not ? Opcode.IFGT : Opcode.IFLE, target);
            default -> {
                return false;
            }
        }
        return true;
    }

    private static void compareSigned(RegionAssembler a, int size, Opcode test, Label target) {
        if (size == 8) {
            a.b.lload(LONG_A).lload(LONG_B).lcmp().branch(test, target);
        } else {
            a.b.iload(INT_A).iload(INT_B).branch(ofInts(test), target);
        }
    }

    private static Opcode ofInts(Opcode test) {
        return switch (test) {
            case IFEQ -> Opcode.IF_ICMPEQ;
            case IFNE -> Opcode.IF_ICMPNE;
            case IFLT -> Opcode.IF_ICMPLT;
            case IFGE -> Opcode.IF_ICMPGE;
            case IFGT -> Opcode.IF_ICMPGT;
            default -> Opcode.IF_ICMPLE;
        };
    }

    private static void compareUnsigned(RegionAssembler a, int size, Opcode test, Label target) {
        if (size == 8) {
            a.b.lload(LONG_A).lload(LONG_B);
            a.b.invokestatic(LONG, "compareUnsigned", RegionAssembler.type("(JJ)I"));
        } else {
            a.b.iload(INT_A).iload(INT_B);
            a.b.invokestatic(INTEGER, "compareUnsigned", RegionAssembler.type("(II)I"));
        }
        a.b.branch(test, target);
    }

    private static void compareResult(RegionAssembler a, int size, Opcode test, Label target) {
        if (size == 8) {
            a.b.lload(LONG_R).lconst_0().lcmp().branch(test, target);
        } else {
            a.b.iload(INT_R).branch(test, target);
        }
    }

    private static void general(RegionAssembler a, int cc, Label target) {
        boolean not = (cc & 1) != 0;
        switch (cc >> 1) {
            case 1 ->
                    a.b.lload(CARRY)
                            .lconst_0()
                            .lcmp()
                            .branch(not ? Opcode.IFGE : Opcode.IFLT, target);
            case 2 ->
                    a.b.lload(RES)
                            .lconst_0()
                            .lcmp()
                            .branch(not ? Opcode.IFNE : Opcode.IFEQ, target);
            default -> {
                if (cc >> 1 == 0) {
                    a.b.lload(CARRY);
                    a.flagsCall("overflow", "(J)Z");
                } else {
                    a.b.lload(RES).lload(CARRY);
                    a.flagsCall(name(cc >> 1), "(JJ)Z");
                }
                a.b.branch(not ? Opcode.IFEQ : Opcode.IFNE, target);
            }
        }
    }

    private static String name(int base) {
        return switch (base) {
            case 3 -> "belowEqual";
            case 4 -> "sign";
            case 5 -> "parity";
            case 6 -> "less";
            default -> "lessEqual";
        };
    }
}
