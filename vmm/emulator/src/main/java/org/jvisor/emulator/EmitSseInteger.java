package org.jvisor.emulator;

import static org.jvisor.emulator.RegionAssembler.type;
import static org.jvisor.emulator.RegionLocals.CARRY;
import static org.jvisor.emulator.RegionLocals.RES;
import static org.jvisor.emulator.RegionLocals.X;

import java.lang.constant.ClassDesc;
import java.util.HashMap;
import java.util.Map;
import org.jvisor.emulator.Operand.Kind;

/** Bytecode of packed integers, of bitwise logic and shuffles on XMM registers. */
final class EmitSseInteger {
    private static final ClassDesc LANES = ClassDesc.of("org.jvisor.emulator.math.Lanes");
    private static final ClassDesc MOVES = ClassDesc.of("org.jvisor.emulator.math.LaneMoves");
    private static final ClassDesc WHOLE = ClassDesc.of("org.jvisor.emulator.math.WideLanes");

    /** By mnemonic: methods of Lanes for each half. */
    private static final Map<String, String> HALVES = new HashMap<>();

    /** By mnemonic: methods of WideLanes. */
    private static final Map<String, String> GENERAL = new HashMap<>();

    /** By mnemonic: methods of LaneMoves that shift half a register. */
    private static final Map<String, String> SHIFTS =
            Map.of(
                    "PSRLW", "shiftRightW",
                    "PSRLD", "shiftRightD",
                    "PSRLQ", "shiftRightQ",
                    "PSRAW", "shiftSignedW",
                    "PSRAD", "shiftSignedD",
                    "PSLLW", "shiftLeftW",
                    "PSLLD", "shiftLeftD",
                    "PSLLQ", "shiftLeftQ");

    static {
        put(HALVES, "PADDB addB PADDW addW PADDD addD PSUBB subB PSUBW subW PSUBD subD");
        put(HALVES, "PADDUSB addSatUb PADDUSW addSatUw PSUBUSB subSatUb PSUBUSW subSatUw");
        put(HALVES, "PADDSW addSatW PSUBSW subSatW PMULLW mulLowW PMULHUW mulHighUw");
        put(HALVES, "PMULHW mulHighW PMULUDQ mulUd PMULDQ mulSd PMULLD mulLowD PMADDWD mulAddW");
        put(HALVES, "PSADBW sumOfDifferences PAVGB averageB PAVGW averageW");
        put(
                HALVES,
                "PMINUB minUb PMAXUB maxUb PMINSW minSw PMAXSW maxSw PMINUD minUd PMINSD minSd");
        put(
                HALVES,
                "PMAXUD maxUd PMAXSD maxSd PMINSB minSb PMAXSB maxSb PMINUW minUw PMAXUW maxUw");
        put(HALVES, "PCMPGTB greaterB PCMPGTW greaterW PCMPGTD greaterD");
        put(HALVES, "PCMPEQB equalB PCMPEQW equalW PCMPEQD equalD PABSD absD");
        put(GENERAL, "PSHUFB shuffleB SHUFPS shufflePs PALIGNR align16");
        put(GENERAL, "MOVSLDUP duplicateEven MOVSHDUP duplicateOdd");
        put(GENERAL, "PCMPEQQ equalQ PCMPGTQ greaterQ PBLENDW blendW");
        put(GENERAL, "BLENDPS blendPs BLENDPD blendPd");
    }

    private EmitSseInteger() {}

    private static void put(Map<String, String> map, String pairs) {
        String[] words = pairs.split(" ", -1);
        for (int i = 0; i < words.length; i += 2) {
            map.put(words[i], words[i + 1]);
        }
    }

    /** The mnemonics for {@link #lanes}. */
    static String[] laneMnemonics() {
        return HALVES.keySet().toArray(new String[0]);
    }

    /** The mnemonics for {@link #general}. */
    static String[] generalMnemonics() {
        return GENERAL.keySet().toArray(new String[0]);
    }

    /** The mnemonics for {@link #shift}. */
    static String[] shiftMnemonics() {
        return SHIFTS.keySet().toArray(new String[0]);
    }

    // ---- both halves alike ----

    /** PAND, ANDPS and their like, PADDQ, PSUBQ. */
    static boolean bitwise(RegionAssembler a, Insn insn) {
        if (EmitSse.isMmx(insn)) {
            return false;
        }
        String name = insn.form.mnemonic;
        EmitSse.source(a, insn, true);
        int to = EmitSse.destination(insn);
        boolean xor = name.equals("PXOR") || name.startsWith("XOR");
        if (xor && !insn.isMemory() && to == (insn.rm & 15)) {
            a.b.lconst_0().lconst_0();
        } else {
            for (int half = 0; half < 2; half++) {
                a.pushXmm(to, half);
                if (name.contains("ANDN")) {
                    a.b.loadConstant(-1L).lxor();
                }
                EmitSse.pushSource(a, insn, half);
                if (xor) {
                    a.b.lxor();
                } else if (name.contains("AND")) {
                    a.b.land();
                } else if (name.equals("PADDQ")) {
                    a.b.ladd();
                } else if (name.equals("PSUBQ")) {
                    a.b.lsub();
                } else {
                    a.b.lor();
                }
            }
        }
        EmitSse.popDestination(a, insn);
        return true;
    }

    /** What a method of Lanes does with each half. */
    static boolean lanes(RegionAssembler a, Insn insn) {
        if (EmitSse.isMmx(insn)) {
            return false;
        }
        String method = HALVES.get(insn.form.mnemonic);
        EmitSse.source(a, insn, true);
        for (int half = 0; half < 2; half++) {
            a.pushXmm(EmitSse.destination(insn), half);
            EmitSse.pushSource(a, insn, half);
            a.b.invokestatic(LANES, method, type("(JJ)J"));
        }
        EmitSse.popDestination(a, insn);
        return true;
    }

    /** Packed shifts. */
    static boolean shift(RegionAssembler a, Insn insn) {
        if (EmitSse.isMmx(insn)) {
            return false;
        }
        String method = SHIFTS.get(insn.form.mnemonic);
        boolean immediate = EmitSse.kind(insn, 1) == Kind.I;
        int to = insn.rm & 15;
        if (immediate) {
            EmitSse.begin(a);
            a.b.loadConstant(insn.imm & 0xff).lstore(RegionLocals.V);
        } else {
            to = EmitSse.destination(insn);
            EmitSse.source(a, insn, true);
            EmitSse.pushSource(a, insn, 0);
            a.b.lstore(RegionLocals.V);
        }
        for (int half = 0; half < 2; half++) {
            a.pushXmm(to, half);
            a.b.lload(RegionLocals.V).invokestatic(MOVES, method, type("(JJ)J"));
            a.popXmm(to, half);
        }
        return true;
    }

    // ---- across halves ----

    /** PUNPCKLBW and its like, UNPCKLPS, UNPCKHPS. */
    static boolean unpack(RegionAssembler a, Insn insn) {
        if (EmitSse.isMmx(insn)) {
            return false;
        }
        String name = insn.form.mnemonic;
        boolean high = name.startsWith("PUNPCKH") || name.startsWith("UNPCKH");
        String unit = name.endsWith("BW") ? "B" : name.endsWith("WD") ? "W" : "D";
        int half = high ? 1 : 0;
        int to = EmitSse.destination(insn);
        EmitSse.source(a, insn, true);
        EmitSse.pushSource(a, insn, half);
        a.b.lstore(RegionLocals.V);
        a.pushXmm(to, half);
        a.b.lload(RegionLocals.V).invokestatic(MOVES, "unpackLow" + unit, type("(JJ)J"));
        a.pushXmm(to, half);
        a.b.lload(RegionLocals.V).invokestatic(MOVES, "unpackHigh" + unit, type("(JJ)J"));
        EmitSse.popDestination(a, insn);
        return true;
    }

    /** PACKSSWB, PACKUSWB, PACKSSDW, PACKUSDW. */
    static boolean pack(RegionAssembler a, Insn insn) {
        if (EmitSse.isMmx(insn)) {
            return false;
        }
        String method =
                switch (insn.form.mnemonic) {
                    case "PACKSSWB" -> "packSsWb";
                    case "PACKUSWB" -> "packUsWb";
                    case "PACKSSDW" -> "packSsDw";
                    default -> "packUsDw";
                };
        EmitSse.source(a, insn, true);
        a.pushXmm(EmitSse.destination(insn), 0);
        a.pushXmm(EmitSse.destination(insn), 1);
        a.b.invokestatic(MOVES, method, type("(JJ)J"));
        EmitSse.pushSource(a, insn, 0);
        EmitSse.pushSource(a, insn, 1);
        a.b.invokestatic(MOVES, method, type("(JJ)J"));
        EmitSse.popDestination(a, insn);
        return true;
    }

    /** PUNPCKLQDQ, UNPCKLPD, MOVLHPS. */
    static boolean unpackLowQuad(RegionAssembler a, Insn insn) {
        EmitSse.source(a, insn, true);
        EmitSse.pushSource(a, insn, 0);
        a.popXmm(EmitSse.destination(insn), 1);
        return true;
    }

    /** PUNPCKHQDQ, UNPCKHPD. */
    static boolean unpackHighQuad(RegionAssembler a, Insn insn) {
        EmitSse.source(a, insn, true);
        a.pushXmm(EmitSse.destination(insn), 1);
        EmitSse.pushSource(a, insn, 1);
        EmitSse.popDestination(a, insn);
        return true;
    }

    /** MOVHLPS. */
    static boolean highToLow(RegionAssembler a, Insn insn) {
        EmitSse.source(a, insn, true);
        EmitSse.pushSource(a, insn, 1);
        a.popXmm(EmitSse.destination(insn), 0);
        return true;
    }

    /** SHUFPD. */
    static boolean shuffleDoubles(RegionAssembler a, Insn insn) {
        EmitSse.source(a, insn, true);
        a.pushXmm(EmitSse.destination(insn), (int) insn.imm & 1);
        EmitSse.pushSource(a, insn, (int) insn.imm >> 1 & 1);
        EmitSse.popDestination(a, insn);
        return true;
    }

    /** PSHUFD. */
    static boolean shuffleDoublewords(RegionAssembler a, Insn insn) {
        int order = (int) insn.imm;
        EmitSse.source(a, insn, true);
        EmitSse.pushSource(a, insn, 0);
        a.b.lstore(RegionLocals.V);
        EmitSse.pushSource(a, insn, 1);
        a.b.lstore(RegionLocals.V2);
        for (int i = 0; i < 2; i++, order >>= 4) {
            doubleword(a, order & 3);
            doubleword(a, order >> 2 & 3);
            a.b.invokestatic(EmitSse.WIDE, "doublewords", type("(JIJI)J"));
        }
        EmitSse.popDestination(a, insn);
        return true;
    }

    private static void doubleword(RegionAssembler a, int n) {
        a.b.lload(n < 2 ? RegionLocals.V : RegionLocals.V2).loadConstant(32 * (n & 1));
    }

    /** PSHUFLW, PSHUFHW. */
    static boolean shuffleWords(RegionAssembler a, Insn insn) {
        boolean high = insn.form.mnemonic.equals("PSHUFHW");
        EmitSse.source(a, insn, true);
        for (int half = 0; half < 2; half++) {
            EmitSse.pushSource(a, insn, half);
            if (half == 1 == high) {
                a.b.loadConstant((int) insn.imm & 0xff);
                a.b.invokestatic(MOVES, "shuffleW", type("(JI)J"));
            }
        }
        EmitSse.popDestination(a, insn);
        return true;
    }

    /** PSLLDQ, PSRLDQ. */
    static boolean shiftBytes(RegionAssembler a, Insn insn) {
        boolean left = insn.form.mnemonic.equals("PSLLDQ");
        int n = Math.min((int) insn.imm & 0xff, 16);
        int to = insn.rm & 15;
        EmitSse.begin(a);
        int near = left ? 0 : 1;
        // the half that zeros come into, then the other
        piece(a, to, near, left, n);
        if (n == 0) {
            a.pushXmm(to, 1 - near);
        } else if (n < 8) {
            piece(a, to, 1 - near, left, n);
            piece(a, to, near, !left, 8 - n);
            a.b.lor();
        } else {
            piece(a, to, near, left, n - 8);
        }
        a.popXmm(to, 1 - near);
        a.popXmm(to, near);
        return true;
    }

    /** Pushes a half shifted by {@code n} bytes, 0 to 16. */
    private static void piece(RegionAssembler a, int register, int half, boolean left, int n) {
        if (n >= 8) {
            a.b.lconst_0();
            return;
        }
        a.pushXmm(register, half);
        if (n > 0) {
            a.b.loadConstant(8 * n);
            if (left) {
                a.b.lshl();
            } else {
                a.b.lushr();
            }
        }
    }

    /** What a method of WideLanes does with the register file. */
    static boolean general(RegionAssembler a, Insn insn) {
        if (EmitSse.isMmx(insn)) {
            return false;
        }
        int to = EmitSse.destination(insn);
        a.changeXmm(to);
        EmitSse.source(a, insn, true);
        a.b.aload(X).loadConstant(2 * to);
        EmitSse.pushSource(a, insn, 0);
        EmitSse.pushSource(a, insn, 1);
        a.b.loadConstant((int) insn.imm & 0xff);
        a.b.invokestatic(WHOLE, GENERAL.get(insn.form.mnemonic), type("([JIJJI)V"));
        a.reload(0, 1 << to);
        return true;
    }

    // ---- masks, flags, elements ----

    /** PMOVMSKB, MOVMSKPD, MOVMSKPS. */
    static boolean mask(RegionAssembler a, Insn insn) {
        if (EmitSse.isMmx(insn)) {
            return false;
        }
        EmitSse.source(a, insn, false);
        EmitSse.pushSource(a, insn, 0);
        EmitSse.pushSource(a, insn, 1);
        String method =
                switch (insn.form.mnemonic) {
                    case "PMOVMSKB" -> "signsOfBytes";
                    case "MOVMSKPD" -> "signsOfDoubles";
                    default -> "signsOfSingles";
                };
        a.b.invokestatic(EmitSse.WIDE, method, type("(JJ)J"));
        a.pop(insn.reg);
        return true;
    }

    /** PTEST. */
    static boolean test(RegionAssembler a, Insn insn) {
        int to = EmitSse.destination(insn);
        EmitSse.source(a, insn, true);
        EmitSse.pushSource(a, insn, 0);
        a.b.lstore(RegionLocals.V);
        EmitSse.pushSource(a, insn, 1);
        a.b.lstore(RegionLocals.V2);
        for (String method : new String[] {"testedCarry", "testedResult"}) {
            a.pushXmm(to, 0);
            a.pushXmm(to, 1);
            a.b.lload(RegionLocals.V).lload(RegionLocals.V2);
            a.b.invokestatic(EmitSse.WIDE, method, type("(JJJJ)J"));
            a.b.lstore(method.equals("testedCarry") ? CARRY : RES);
        }
        a.flags = FlagSource.UNKNOWN;
        return true;
    }

    /** PINSRB, PINSRW, PINSRD, PINSRQ. */
    static boolean insert(RegionAssembler a, Insn insn) {
        if (EmitSse.isMmx(insn)) {
            return false;
        }
        int size = elementSize(insn);
        int bit = 8 * size * ((int) insn.imm & 16 / size - 1);
        int to = EmitSse.destination(insn);
        EmitSse.scalar(a, insn, size);
        a.pushXmm(to, bit >> 6);
        if (insn.isMemory()) {
            a.pushKept(size);
            if (size < 8) {
                a.b.i2l();
            }
        } else {
            a.push(insn.rm);
        }
        a.b.loadConstant(bit & 63).loadConstant(-1L >>> 64 - 8 * size);
        a.b.invokestatic(EmitSse.WIDE, "insert", type("(JJIJ)J"));
        a.popXmm(to, bit >> 6);
        return true;
    }

    private static int elementSize(Insn insn) {
        return switch (insn.form.mnemonic) {
            case "PINSRB", "PEXTRB" -> 1;
            case "PINSRW", "PEXTRW" -> 2;
            default -> insn.opSize == 8 ? 8 : 4;
        };
    }

    /** PEXTRB, PEXTRW, PEXTRD, PEXTRQ. */
    static boolean extract(RegionAssembler a, Insn insn) {
        if (EmitSse.isMmx(insn)) {
            return false;
        }
        int size = elementSize(insn);
        int bit = 8 * size * ((int) insn.imm & 16 / size - 1);
        boolean toReg = EmitSse.kind(insn, 0) == Kind.G;
        EmitSse.begin(a);
        if (insn.isMemory()) {
            a.address(insn, 0);
        }
        a.pushXmm(toReg ? insn.rm & 15 : EmitSse.destination(insn), bit >> 6);
        a.b.loadConstant(bit & 63).lushr();
        if (insn.isMemory()) {
            if (size < 8) {
                a.b.l2i();
            }
            a.write(size);
            a.endWrite();
        } else {
            a.b.loadConstant(-1L >>> 64 - 8 * size).land();
            a.pop(toReg ? insn.reg : insn.rm);
        }
        return true;
    }
}
