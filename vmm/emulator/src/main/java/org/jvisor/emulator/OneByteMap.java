package org.jvisor.emulator;

import static org.jvisor.emulator.Cpu.AF;
import static org.jvisor.emulator.Cpu.ARITH;
import static org.jvisor.emulator.Cpu.CF;
import static org.jvisor.emulator.Cpu.DF;
import static org.jvisor.emulator.Cpu.OF;
import static org.jvisor.emulator.Cpu.PF;
import static org.jvisor.emulator.Cpu.SF;
import static org.jvisor.emulator.Cpu.ZF;
import static org.jvisor.emulator.Form.Attr.D64;
import static org.jvisor.emulator.Form.Attr.END;
import static org.jvisor.emulator.Form.Attr.F64;
import static org.jvisor.emulator.Form.Attr.NOT64;
import static org.jvisor.emulator.Form.Attr.ONLY64;
import static org.jvisor.emulator.Form.Attr.STACK;

/** Rows of the integer instructions in the one-byte opcode map (SDM 2D table A-2). */
final class OneByteMap {
    private static final String[] CONDITIONS = {
        "O", "NO", "B", "NB", "Z", "NZ", "BE", "NBE", "S", "NS", "P", "NP", "L", "NL", "LE", "NLE"
    };

    private static final int[] CONDITION_FLAGS = {
        OF, CF, ZF, CF | ZF, SF, PF, SF | OF, ZF | SF | OF
    };

    private OneByteMap() {}

    /** The suffix of condition {@code cc}. */
    static String condition(int cc) {
        return CONDITIONS[cc];
    }

    /** The flags that condition {@code cc} reads. */
    static int conditionFlags(int cc) {
        return CONDITION_FLAGS[cc >> 1];
    }

    static void rows(InsnTable t) {
        arithmetic(t, 0x00, "ADD", Add::make, 0);
        arithmetic(t, 0x08, "OR", Or::make, 0);
        arithmetic(t, 0x10, "ADC", d -> AluGeneric.make(d, Alu.ADC), CF);
        arithmetic(t, 0x18, "SBB", d -> AluGeneric.make(d, Alu.SBB), CF);
        arithmetic(t, 0x20, "AND", And::make, 0);
        arithmetic(t, 0x28, "SUB", Sub::make, 0);
        arithmetic(t, 0x30, "XOR", Xor::make, 0);
        arithmetic(t, 0x38, "CMP", Cmp::make, 0);
        test(t);
        moves(t);
        stack(t);
        branches(t);
        shifts(t);
        oneOperand(t);
        flags(t);
        decimal(t);
    }

    /** The six columns of an arithmetic instruction and its place in group 1. */
    private static void arithmetic(
            InsnTable t, int base, String name, Form.Factory factory, int reads) {
        boolean compare = name.equals("CMP");
        boolean logic = name.equals("AND") || name.equals("OR") || name.equals("XOR");
        String[] operands = {"Eb,Gb", "Ev,Gv", "Gb,Eb", "Gv,Ev", "AL,Ib", "rAX,Iz"};
        for (int i = 0; i < 6; i++) {
            Form form = t.add(InsnTable.hex(base + i), name, operands[i], factory);
            finish(form, compare, logic, reads, i < 2);
        }
        String ext = " /" + (base >> 3);
        finish(t.add("80" + ext, name, "Eb,Ib", factory), compare, logic, reads, true);
        finish(t.add("81" + ext, name, "Ev,Iz", factory), compare, logic, reads, true);
        finish(t.add("82" + ext, name, "Eb,Ib", factory).with(NOT64), compare, logic, reads, true);
        finish(t.add("83" + ext, name, "Ev,Ibs", factory), compare, logic, reads, true);
    }

    private static void finish(Form form, boolean compare, boolean logic, int reads, boolean lock) {
        form.reads(reads).writes(logic ? ARITH & ~AF : ARITH).undefined(logic ? AF : 0);
        if (compare) {
            form.ro();
        } else if (lock) {
            form.lock();
        }
    }

    private static void test(InsnTable t) {
        String[][] rows = {
            {"84", "Eb,Gb"}, {"85", "Ev,Gv"}, {"A8", "AL,Ib"}, {"A9", "rAX,Iz"},
            {"F6 /0", "Eb,Ib"}, {"F6 /1", "Eb,Ib"}, {"F7 /0", "Ev,Iz"}, {"F7 /1", "Ev,Iz"},
        };
        for (String[] row : rows) {
            t.add(row[0], "TEST", row[1], Test::make).ro().writes(ARITH & ~AF).undefined(AF);
        }
    }

    private static void moves(InsnTable t) {
        t.add("88", "MOV", "Eb,Gb", Move::toRm).w();
        t.add("89", "MOV", "Ev,Gv", Move::toRm).w();
        t.add("8A", "MOV", "Gb,Eb", Move::fromRm).w();
        t.add("8B", "MOV", "Gv,Ev", Move::fromRm).w();
        t.add("A0", "MOV", "AL,Ob", Move::fromOffset).w();
        t.add("A1", "MOV", "rAX,Ov", Move::fromOffset).w();
        t.add("A2", "MOV", "Ob,AL", Move::toOffset).w();
        t.add("A3", "MOV", "Ov,rAX", Move::toOffset).w();
        t.add("B0+r", "MOV", "Zb,Ib", Move::immediate).w();
        t.add("B8+r", "MOV", "Zv,Iv", Move::immediate).w();
        t.add("C6 /0", "MOV", "Eb,Ib", Move::immediate).w();
        t.add("C7 /0", "MOV", "Ev,Iz", Move::immediate).w();
        t.add("63", "MOVSXD", "Gv,Ed", Extend::sign32).w().with(ONLY64);
        t.add("8D", "LEA", "Gv,M", Lea::make).w();
        t.add("86", "XCHG", "Eb,Gb", Exchange.Swap::new).lock().both();
        t.add("87", "XCHG", "Ev,Gv", Exchange.Swap::new).lock().both();
        t.add("90+r", "XCHG", "Zv,rAX", OneByteMap::exchange).both();
        t.add("F3 90", "PAUSE", "", Misc.Pause::new).end();
        t.add("98", "CBW", "", Extend.Accumulator::new);
        t.add("99", "CWD", "", Extend.IntoDx::new);
        t.add("62", "BOUND", "Gv,Ma", Misc.Bound::new).ro().with(NOT64);
        t.add("D7", "XLAT", "", Misc.Translate::new);
    }

    /** 90 without REX.B is NOP: unlike XCHG it leaves the upper half of RAX alone. */
    private static Insn exchange(Decoded d) {
        return d.rm == 0 ? new Nop(d) : new Exchange.SwapAccumulator(d);
    }

    private static void stack(InsnTable t) {
        t.add("50+r", "PUSH", "Zv", PushPop::push).ro().with(D64, STACK);
        t.add("58+r", "POP", "Zv", PushPop::pop).w().with(D64, STACK);
        t.add("60", "PUSHA", "", PushPop.PushAll::new).with(NOT64, STACK);
        t.add("61", "POPA", "", PushPop.PopAll::new).with(NOT64, STACK);
        t.add("68", "PUSH", "Iz", PushPop.PushImmediate::new).ro().with(D64, STACK);
        t.add("6A", "PUSH", "Ibs", PushPop.PushImmediate::new).ro().with(D64, STACK);
        t.add("8F /0", "POP", "Ev", PushPop::pop).w().with(D64, STACK);
        t.add("FF /6", "PUSH", "Ev", PushPop::push).ro().with(D64, STACK);
        t.add("C8", "ENTER", "Iw,Ib", PushPop.Enter::new).ro().with(D64, STACK);
        t.add("C9", "LEAVE", "", PushPop.Leave::new).with(D64, STACK);
    }

    private static void branches(InsnTable t) {
        for (int cc = 0; cc < 16; cc++) {
            t.add(InsnTable.hex(0x70 + cc), "J" + CONDITIONS[cc], "Jb", Jcc::make)
                    .ro()
                    .reads(conditionFlags(cc))
                    .with(F64, END);
        }
        t.add("E0", "LOOPNE", "Jb", Branch.Loop::new).ro().reads(ZF).with(F64, END);
        t.add("E1", "LOOPE", "Jb", Branch.Loop::new).ro().reads(ZF).with(F64, END);
        t.add("E2", "LOOP", "Jb", Branch.Loop::new).ro().with(F64, END);
        t.add("E3", "JCXZ", "Jb", Branch.Loop::new).ro().with(F64, END);
        t.add("E8", "CALL", "Jz", Branch::call).ro().with(F64, END, STACK);
        t.add("E9", "JMP", "Jz", Branch::jump).ro().with(F64, END);
        t.add("EB", "JMP", "Jb", Branch::jump).ro().with(F64, END);
        t.add("C2", "RET", "Iw", Branch::ret).ro().with(F64, END, STACK);
        t.add("C3", "RET", "", Branch::ret).with(F64, END, STACK);
        t.add("FF /2", "CALL", "Ev", Branch::callIndirect).ro().with(F64, END, STACK);
        t.add("FF /4", "JMP", "Ev", Branch::jumpIndirect).ro().with(F64, END);
    }

    private static void shifts(InsnTable t) {
        String[] names = {"ROL", "ROR", "RCL", "RCR", "SHL", "SHR", "SHL", "SAR"};
        String[][] columns = {
            {"C0", "Eb,Ib"},
            {"C1", "Ev,Ib"},
            {"D0", "Eb,1"},
            {"D1", "Ev,1"},
            {"D2", "Eb,CL"},
            {"D3", "Ev,CL"},
        };
        for (String[] column : columns) {
            for (int i = 0; i < 8; i++) {
                Form form = t.add(column[0] + " /" + i, names[i], column[1], Shift::make);
                boolean one = column[1].endsWith("1");
                if (i < 4) {
                    form.writes(one ? CF | OF : CF).undefined(one ? 0 : OF);
                } else {
                    int defined = ARITH & ~AF & ~OF;
                    form.writes(one ? defined | OF : defined).undefined(one ? AF : AF | OF);
                }
                if (i == 2 || i == 3) {
                    form.reads(CF);
                }
            }
        }
    }

    private static void oneOperand(InsnTable t) {
        int noCarry = ARITH & ~CF;
        t.add("FE /0", "INC", "Eb", OneOperand::make).lock().writes(noCarry);
        t.add("FE /1", "DEC", "Eb", OneOperand::make).lock().writes(noCarry);
        t.add("FF /0", "INC", "Ev", OneOperand::make).lock().writes(noCarry);
        t.add("FF /1", "DEC", "Ev", OneOperand::make).lock().writes(noCarry);
        t.add("40+r", "INC", "Zv", OneOperand::make).writes(noCarry).with(NOT64);
        t.add("48+r", "DEC", "Zv", OneOperand::make).writes(noCarry).with(NOT64);
        String[][] columns = {{"F6", "Eb"}, {"F7", "Ev"}};
        for (String[] column : columns) {
            String op = column[0];
            t.add(op + " /2", "NOT", column[1], OneOperand::make).lock();
            t.add(op + " /3", "NEG", column[1], OneOperand::make).lock().writes(ARITH);
            multiply(t.add(op + " /4", "MUL", column[1], MulDiv.Multiply::new).ro());
            multiply(t.add(op + " /5", "IMUL", column[1], MulDiv.Multiply::new).ro());
            t.add(op + " /6", "DIV", column[1], MulDiv.Divide::new).ro().undefined(ARITH);
            t.add(op + " /7", "IDIV", column[1], MulDiv.DivideSigned::new).ro().undefined(ARITH);
        }
        multiply(t.add("69", "IMUL", "Gv,Ev,Iz", MulDiv::into).w());
        multiply(t.add("6B", "IMUL", "Gv,Ev,Ibs", MulDiv::into).w());
    }

    /** Flags of a multiplication. */
    static void multiply(Form form) {
        form.writes(CF | OF).undefined(ARITH & ~CF & ~OF);
    }

    private static void flags(InsnTable t) {
        t.add("F5", "CMC", "", FlagOps.Single::new).reads(CF).writes(CF);
        t.add("F8", "CLC", "", FlagOps.Single::new).writes(CF);
        t.add("F9", "STC", "", FlagOps.Single::new).writes(CF);
        t.add("FC", "CLD", "", FlagOps.Single::new).writes(DF);
        t.add("FD", "STD", "", FlagOps.Single::new).writes(DF);
        t.add("9E", "SAHF", "", FlagOps.WithAh::new).writes(ARITH & ~OF).needs(Feature.LAHF_LM);
        t.add("9F", "LAHF", "", FlagOps.WithAh::new).reads(ARITH & ~OF).needs(Feature.LAHF_LM);
    }

    private static void decimal(InsnTable t) {
        int afCf = AF | CF;
        int zsp = ZF | SF | PF;
        t.add("27", "DAA", "", Decimal::new)
                .reads(afCf)
                .writes(ARITH & ~OF)
                .undefined(OF)
                .with(NOT64);
        t.add("2F", "DAS", "", Decimal::new)
                .reads(afCf)
                .writes(ARITH & ~OF)
                .undefined(OF)
                .with(NOT64);
        t.add("37", "AAA", "", Decimal::new).reads(AF).writes(afCf).undefined(zsp | OF).with(NOT64);
        t.add("3F", "AAS", "", Decimal::new).reads(AF).writes(afCf).undefined(zsp | OF).with(NOT64);
        t.add("D4", "AAM", "Ib", Decimal::new).ro().writes(zsp).undefined(afCf | OF).with(NOT64);
        t.add("D5", "AAD", "Ib", Decimal::new).ro().writes(zsp).undefined(afCf | OF).with(NOT64);
    }
}
