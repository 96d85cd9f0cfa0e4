package org.jvisor.emulator;

import static org.jvisor.emulator.RegionAssembler.type;
import static org.jvisor.emulator.RegionLocals.C;
import static org.jvisor.emulator.RegionLocals.CARRY;
import static org.jvisor.emulator.RegionLocals.INT_R;
import static org.jvisor.emulator.RegionLocals.RES;
import static org.jvisor.emulator.RegionLocals.V;
import static org.jvisor.emulator.RegionLocals.V2;

import java.lang.constant.ClassDesc;

/** Bytecode of SSE's floating-point arithmetic, comparisons and conversions. */
final class EmitSseFloat {
    private static final ClassDesc FLOAT = ClassDesc.of("org.jvisor.emulator.RegionFloat");
    private static final ClassDesc SLOW = ClassDesc.of("org.jvisor.emulator.RegionFloatSlow");
    private static final String CPU = "(Lorg/jvisor/emulator/Cpu;";
    private static final long LOW32 = 0xffff_ffffL;

    private EmitSseFloat() {}

    // ---- arithmetic ----

    /** ADDSD and its like. */
    static boolean scalarDouble(RegionAssembler a, Insn insn) {
        String mnemonic = insn.form.mnemonic;
        EmitSse.scalar(a, insn, 8);
        if (!a.plan.calls) {
            quick(a);
            EmitSse.pushScalar(a, insn, 8);
            a.b.lstore(V2);
            half(a, mnemonic, EmitSse.destination(insn), 0);
            a.b.lload(V);
        } else if (mnemonic.equals("SQRTSD")) {
            a.b.aload(C);
            EmitSse.pushScalar(a, insn, 8);
            a.b.invokestatic(FLOAT, "squareRoot", type(CPU + "J)J"));
        } else {
            a.b.aload(C);
            a.pushXmm(EmitSse.destination(insn), 0);
            EmitSse.pushScalar(a, insn, 8);
            a.b.invokestatic(FLOAT, method(mnemonic), type(CPU + "JJ)J"));
        }
        a.popXmm(EmitSse.destination(insn), 0);
        return true;
    }

    /** Leaves unless MXCSR is such that Java's arithmetic is the guest's. */
    private static void quick(RegionAssembler a) {
        if (!a.quickChecked) {
            a.b.aload(C).invokestatic(FLOAT, "quick", type(CPU + ")Z")).ifeq(a.miss);
            a.quickChecked = true;
        }
    }

    /**
     * V becomes half of the destination combined with V2, or the region is left if Java's
     * arithmetic does not do.
     */
    private static void half(RegionAssembler a, String mnemonic, int to, int half) {
        String operation = mnemonic.substring(0, 3);
        if (operation.equals("SQR")) {
            a.b.lload(V2).invokestatic(FLOAT, "isRoot", type("(J)Z")).ifeq(a.miss);
            a.b.lload(V2).invokestatic(FLOAT, "root", type("(J)J")).lstore(V);
            return;
        }
        boolean choice = operation.equals("MIN") || operation.equals("MAX");
        String result =
                switch (operation) {
                    case "ADD" -> "sum";
                    case "SUB" -> "difference";
                    case "MUL" -> "product";
                    case "DIV" -> "quotient";
                    case "MIN" -> "smaller";
                    default -> "larger";
                };
        a.pushXmm(to, half);
        a.b.lload(V2).invokestatic(FLOAT, result, type("(JJ)J")).lstore(V);
        a.pushXmm(to, half);
        a.b.lload(V2);
        if (choice) {
            a.b.invokestatic(FLOAT, "isOrdered", type("(JJ)Z"));
        } else {
            boolean sum = operation.equals("ADD") || operation.equals("SUB");
            a.b.lload(V).invokestatic(FLOAT, sum ? "isSum" : "isProduct", type("(JJJ)Z"));
        }
        a.b.ifeq(a.miss);
    }

    private static String method(String mnemonic) {
        return switch (mnemonic.substring(0, 3)) {
            case "ADD" -> "add";
            case "SUB" -> "subtract";
            case "MUL" -> "multiply";
            case "DIV" -> "divide";
            case "MIN" -> "minimum";
            default -> "maximum";
        };
    }

    private static int operation(Insn insn) {
        return switch (insn.form.mnemonic.substring(0, 3)) {
            case "ADD" -> SseArith.ADD;
            case "SUB" -> SseArith.SUB;
            case "MUL" -> SseArith.MUL;
            case "DIV" -> SseArith.DIV;
            case "SQR" -> SseArith.SQRT;
            case "MIN" -> SseArith.MIN;
            default -> SseArith.MAX;
        };
    }

    /** ADDSS and its like. */
    static boolean scalarSingle(RegionAssembler a, Insn insn) {
        EmitSse.scalar(a, insn, 4);
        a.b.aload(C).loadConstant(operation(insn));
        a.pushXmm(EmitSse.destination(insn), 0);
        EmitSse.pushScalar(a, insn, 4);
        a.b.invokestatic(SLOW, "single", type(CPU + "IJI)J"));
        a.popXmm(EmitSse.destination(insn), 0);
        return true;
    }

    /** ADDPD and its like. */
    static boolean packedDouble(RegionAssembler a, Insn insn) {
        int operation = operation(insn);
        if (!a.plan.calls && operation <= SseArith.DIV) {
            packedQuick(a, insn);
            return true;
        }
        a.changeXmm(EmitSse.destination(insn));
        pushPacked(a, insn, operation > SseArith.DIV ? operation : -1);
        if (operation > SseArith.DIV) {
            a.b.invokestatic(SLOW, "doubles", type(CPU + "I[JIJJ)V"));
        } else {
            String method = method(insn.form.mnemonic) + "Both";
            a.b.invokestatic(FLOAT, method, type(CPU + "[JIJJ)V"));
        }
        a.reload(0, 1 << EmitSse.destination(insn));
        return true;
    }

    private static void packedQuick(RegionAssembler a, Insn insn) {
        int to = EmitSse.destination(insn);
        EmitSse.source(a, insn, true);
        quick(a);
        EmitSse.pushSource(a, insn, 0);
        a.b.lstore(V2);
        half(a, insn.form.mnemonic, to, 0);
        a.b.lload(V);
        a.keep(8);
        EmitSse.pushSource(a, insn, 1);
        a.b.lstore(V2);
        half(a, insn.form.mnemonic, to, 1);
        a.b.lload(V);
        a.popXmm(to, 1);
        a.pushKept(8);
        a.popXmm(to, 0);
    }

    /** ADDPS and its like. */
    static boolean packedSingle(RegionAssembler a, Insn insn) {
        a.changeXmm(EmitSse.destination(insn));
        pushPacked(a, insn, operation(insn));
        a.b.invokestatic(SLOW, "singles", type(CPU + "I[JIJJ)V"));
        a.reload(0, 1 << EmitSse.destination(insn));
        return true;
    }

    private static void pushPacked(RegionAssembler a, Insn insn, int operation) {
        EmitSse.source(a, insn, true);
        a.b.aload(C);
        if (operation >= 0) {
            a.b.loadConstant(operation);
        }
        a.b.aload(RegionLocals.X).loadConstant(2 * EmitSse.destination(insn));
        EmitSse.pushSource(a, insn, 0);
        EmitSse.pushSource(a, insn, 1);
    }

    // ---- comparison ----

    /** UCOMISD, COMISD. */
    static boolean compareDouble(RegionAssembler a, Insn insn) {
        EmitSse.scalar(a, insn, 8);
        if (!a.plan.calls) {
            a.pushXmm(EmitSse.destination(insn), 0);
            EmitSse.pushScalar(a, insn, 8);
            a.b.invokestatic(FLOAT, "order", type("(JJ)I")).istore(RegionLocals.I);
            a.b.iload(RegionLocals.I).iflt(a.miss);
            a.b.iload(RegionLocals.I);
            return order(a);
        }
        a.b.aload(C);
        a.pushXmm(EmitSse.destination(insn), 0);
        EmitSse.pushScalar(a, insn, 8);
        boolean quiet = insn.form.mnemonic.startsWith("U");
        a.b.invokestatic(FLOAT, quiet ? "compareQuiet" : "compare", type(CPU + "JJ)I"));
        return order(a);
    }

    /** UCOMISS, COMISS. */
    static boolean compareSingle(RegionAssembler a, Insn insn) {
        EmitSse.scalar(a, insn, 4);
        a.b.aload(C);
        a.pushXmm(EmitSse.destination(insn), 0);
        EmitSse.pushScalar(a, insn, 4);
        a.b.loadConstant(insn.form.mnemonic.startsWith("U") ? 1 : 0);
        a.b.invokestatic(SLOW, "compareSingles", type(CPU + "JIZ)I"));
        return order(a);
    }

    private static boolean order(RegionAssembler a) {
        a.b.istore(INT_R);
        if (a.plan.flagsNeeded[a.at]) {
            a.b.iload(INT_R).invokestatic(FLOAT, "carry", type("(I)J")).lstore(CARRY);
            a.b.iload(INT_R).invokestatic(FLOAT, "result", type("(I)J")).lstore(RES);
        }
        a.flags = new FlagSource(FlagSource.Kind.ORDER, 4);
        return true;
    }

    // ---- conversion ----

    /** Begins an instruction and makes its integer ready for {@link #pushInteger}. */
    private static void integer(RegionAssembler a, Insn insn, int size) {
        EmitSse.scalar(a, insn, size);
    }

    private static void pushInteger(RegionAssembler a, Insn insn, int size) {
        if (insn.isMemory()) {
            a.pushKept(size);
        } else {
            a.push(insn.rm, size);
        }
    }

    private static int generalSize(Insn insn) {
        return insn.opSize == 8 ? 8 : 4;
    }

    /** CVTSI2SD. */
    static boolean doubleFromInteger(RegionAssembler a, Insn insn) {
        int size = generalSize(insn);
        integer(a, insn, size);
        if (size == 4) {
            pushInteger(a, insn, size);
            a.b.invokestatic(FLOAT, "fromInt", type("(I)J"));
        } else {
            a.b.aload(C);
            pushInteger(a, insn, size);
            a.b.invokestatic(SLOW, "fromLong", type(CPU + "J)J"));
        }
        a.popXmm(EmitSse.destination(insn), 0);
        return true;
    }

    /** CVTSI2SS. */
    static boolean singleFromInteger(RegionAssembler a, Insn insn) {
        int size = generalSize(insn);
        integer(a, insn, size);
        a.b.aload(C);
        a.pushXmm(EmitSse.destination(insn), 0);
        pushInteger(a, insn, size);
        if (size == 4) {
            a.b.i2l();
        }
        a.b.invokestatic(SLOW, "singleFromInteger", type(CPU + "JJ)J"));
        a.popXmm(EmitSse.destination(insn), 0);
        return true;
    }

    /** CVTSD2SI, CVTTSD2SI. */
    static boolean doubleToInteger(RegionAssembler a, Insn insn) {
        int size = generalSize(insn);
        boolean truncate = insn.form.mnemonic.startsWith("CVTT");
        EmitSse.scalar(a, insn, 8);
        if (truncate && !a.plan.calls) {
            truncate(a, insn, size);
            return true;
        }
        a.b.aload(C);
        EmitSse.pushScalar(a, insn, 8);
        if (truncate) {
            a.b.invokestatic(FLOAT, size == 8 ? "toLong" : "toInt", type(CPU + "J)J"));
        } else {
            a.b.loadConstant(8 * size).iconst_0();
            a.b.invokestatic(SLOW, "toInteger", type(CPU + "JIZ)J"));
            zeroExtend(a, size);
        }
        a.pop(insn.reg);
        return true;
    }

    private static void truncate(RegionAssembler a, Insn insn, int size) {
        quick(a);
        EmitSse.pushScalar(a, insn, 8);
        if (size == 8) {
            a.b.invokestatic(FLOAT, "truncatedLong", type("(J)J")).lstore(V);
            a.b.lload(V).invokestatic(FLOAT, "isLong", type("(J)Z")).ifeq(a.miss);
            a.b.lload(V);
        } else {
            a.b.invokestatic(FLOAT, "truncatedInt", type("(J)I")).istore(RegionLocals.I);
            a.b.iload(RegionLocals.I).invokestatic(FLOAT, "isInt", type("(I)Z")).ifeq(a.miss);
            a.b.iload(RegionLocals.I).i2l();
            zeroExtend(a, size);
        }
        a.pop(insn.reg);
    }

    private static void zeroExtend(RegionAssembler a, int size) {
        if (size == 4) {
            a.b.loadConstant(LOW32).land();
        }
    }

    /** CVTSS2SI, CVTTSS2SI. */
    static boolean singleToInteger(RegionAssembler a, Insn insn) {
        int size = generalSize(insn);
        EmitSse.scalar(a, insn, 4);
        a.b.aload(C);
        EmitSse.pushScalar(a, insn, 4);
        a.b.loadConstant(8 * size);
        a.b.loadConstant(insn.form.mnemonic.startsWith("CVTT") ? 1 : 0);
        a.b.invokestatic(SLOW, "singleToInteger", type(CPU + "IIZ)J"));
        zeroExtend(a, size);
        a.pop(insn.reg);
        return true;
    }

    /** CVTSS2SD. */
    static boolean widen(RegionAssembler a, Insn insn) {
        EmitSse.scalar(a, insn, 4);
        a.b.aload(C);
        EmitSse.pushScalar(a, insn, 4);
        a.b.invokestatic(FLOAT, "widen", type(CPU + "I)J"));
        a.popXmm(EmitSse.destination(insn), 0);
        return true;
    }

    /** CVTSD2SS. */
    static boolean narrow(RegionAssembler a, Insn insn) {
        EmitSse.scalar(a, insn, 8);
        a.b.aload(C);
        a.pushXmm(EmitSse.destination(insn), 0);
        EmitSse.pushScalar(a, insn, 8);
        a.b.invokestatic(SLOW, "narrow", type(CPU + "JJ)J"));
        a.popXmm(EmitSse.destination(insn), 0);
        return true;
    }

    /** CVTDQ2PD, which is exact. */
    static boolean doublesFromIntegers(RegionAssembler a, Insn insn) {
        EmitSse.scalar(a, insn, 8);
        EmitSse.pushScalar(a, insn, 8);
        a.b.lstore(RegionLocals.V);
        a.b.lload(RegionLocals.V).l2i().invokestatic(FLOAT, "fromInt", type("(I)J"));
        a.b.lload(RegionLocals.V).bipush(32).lushr().l2i();
        a.b.invokestatic(FLOAT, "fromInt", type("(I)J"));
        EmitSse.popDestination(a, insn);
        return true;
    }
}
