package org.jvisor.emulator;

import static org.jvisor.emulator.RegionLocals.CARRY;
import static org.jvisor.emulator.RegionLocals.EA;
import static org.jvisor.emulator.RegionLocals.INT_A;
import static org.jvisor.emulator.RegionLocals.INT_B;
import static org.jvisor.emulator.RegionLocals.INT_R;
import static org.jvisor.emulator.RegionLocals.LONG_A;
import static org.jvisor.emulator.RegionLocals.LONG_B;
import static org.jvisor.emulator.RegionLocals.LONG_R;
import static org.jvisor.emulator.RegionLocals.RES;

import org.jvisor.emulator.Operand.Kind;

/** Bytecode of the two- and one-operand integer arithmetic. */
final class EmitInteger {
    private EmitInteger() {}

    /** ADD, OR, ADC, SBB, AND, SUB, XOR, CMP, TEST. */
    static boolean arithmetic(RegionAssembler a, Insn insn) {
        int operation = operation(insn.form.mnemonic);
        if (insn.lock && (operation == Alu.ADC || operation == Alu.SBB)) {
            return false;
        }
        boolean writes = operation < Alu.CMP;
        Operand first = insn.form.operands.get(0);
        Operand second = insn.form.operands.get(1);
        int size = first.bytes(insn.opSize, insn.opSize == 8, insn.mode == Cpu.MODE64);
        boolean toMemory = insn.isMemory() && first.kind() == Kind.E;
        // the decoder has exchanged the registers of this one
        boolean exchanged =
                first.kind() == Kind.G
                        && !insn.isMemory()
                        && size >= 4
                        && operation != Alu.ADC
                        && operation != Alu.SBB;
        int to = first.kind() == Kind.G && !exchanged ? insn.reg : insn.rm;
        if (operation == Alu.XOR && isZeroing(insn, first, second) && size >= 4) {
            a.b.lconst_0();
            a.pop(insn.rm);
            a.b.lconst_0().lstore(RES).lconst_0().lstore(CARRY);
            clearResult(a, size);
            a.flags = new FlagSource(FlagSource.Kind.LOGIC, size);
            return true;
        }
        if (insn.isMemory()) {
            a.mark();
        }
        if (toMemory) {
            a.address(insn, 0);
            a.b.lstore(EA);
            if (insn.lock) {
                return locked(a, insn, operation, second, size);
            }
            if (writes) {
                a.readRmw(EA, size);
            } else {
                a.read(EA, size);
            }
        } else {
            a.push(to, size);
        }
        storeA(a, size);
        if (second.kind() == Kind.I) {
            if (size == 8) {
                a.b.loadConstant(insn.imm);
            } else {
                a.b.loadConstant((int) insn.imm);
            }
        } else if (insn.isMemory() && !toMemory) {
            a.readOperand(insn, size);
        } else {
            a.push(second.kind() == Kind.G || exchanged ? insn.reg : insn.rm, size);
        }
        storeB(a, size);
        compute(a, operation, size);
        if (writes && toMemory) {
            a.b.lload(EA);
            loadResult(a, size);
            a.rewrite(size);
        } else if (writes) {
            loadResult(a, size);
            a.pop(to, size);
        }
        setFlags(a, operation, size);
        if (writes && toMemory) {
            a.endWrite();
        }
        return true;
    }

    /** With LOCK, the address being in EA. */
    private static boolean locked(
            RegionAssembler a, Insn insn, int operation, Operand second, int size) {
        if (second.kind() != Kind.I) {
            a.push(insn.reg, size);
        } else if (size == 8) {
            a.b.loadConstant(insn.imm);
        } else {
            a.b.loadConstant((int) insn.imm);
        }
        storeB(a, size);
        EmitAtomic.update(a, operation, size);
        compute(a, operation, size);
        setFlags(a, operation, size);
        EmitAtomic.finish(a);
        return true;
    }

    private static int operation(String mnemonic) {
        return switch (mnemonic) {
            case "ADD" -> Alu.ADD;
            case "OR" -> Alu.OR;
            case "ADC" -> Alu.ADC;
            case "SBB" -> Alu.SBB;
            case "AND" -> Alu.AND;
            case "SUB" -> Alu.SUB;
            case "XOR" -> Alu.XOR;
            case "CMP" -> Alu.CMP;
            default -> Alu.TEST;
        };
    }

    private static boolean isZeroing(Insn insn, Operand first, Operand second) {
        return !insn.isMemory()
                && insn.reg == insn.rm
                && (first.kind() == Kind.E && second.kind() == Kind.G
                        || first.kind() == Kind.G && second.kind() == Kind.E);
    }

    private static void clearResult(RegionAssembler a, int size) {
        if (size == 8) {
            a.b.lconst_0().lstore(LONG_R);
        } else {
            a.b.iconst_0().istore(INT_R);
        }
    }

    /** Pops A and sign-extends it. */
    static void storeA(RegionAssembler a, int size) {
        store(a, size, INT_A, LONG_A);
    }

    static void storeB(RegionAssembler a, int size) {
        store(a, size, INT_B, LONG_B);
    }

    private static void store(RegionAssembler a, int size, int intLocal, int longLocal) {
        switch (size) {
            case 8 -> a.b.lstore(longLocal);
            case 4 -> a.b.istore(intLocal);
            case 2 -> a.b.i2s().istore(intLocal);
            default -> a.b.i2b().istore(intLocal);
        }
    }

    static void loadResult(RegionAssembler a, int size) {
        if (size == 8) {
            a.b.lload(LONG_R);
        } else {
            a.b.iload(INT_R);
        }
    }

    /** R = A op B, not cut to the size. */
    static void compute(RegionAssembler a, int operation, int size) {
        if (size == 8) {
            a.b.lload(LONG_A).lload(LONG_B);
        } else {
            a.b.iload(INT_A).iload(INT_B);
        }
        boolean wide = size == 8;
        switch (operation) {
            case Alu.ADD, Alu.ADC -> {
                if (wide) {
                    a.b.ladd();
                } else {
                    a.b.iadd();
                }
            }
            case Alu.SUB, Alu.SBB, Alu.CMP -> {
                if (wide) {
                    a.b.lsub();
                } else {
                    a.b.isub();
                }
            }
            case Alu.OR -> {
                if (wide) {
                    a.b.lor();
                } else {
                    a.b.ior();
                }
            }
            case Alu.XOR -> {
                if (wide) {
                    a.b.lxor();
                } else {
                    a.b.ixor();
                }
            }
            default -> {
                if (wide) {
                    a.b.land();
                } else {
                    a.b.iand();
                }
            }
        }
        if (operation == Alu.ADC || operation == Alu.SBB) {
            a.b.lload(CARRY).bipush(63).lushr();
            if (!wide) {
                a.b.l2i();
            }
            if (operation == Alu.ADC) {
                if (wide) {
                    a.b.ladd();
                } else {
                    a.b.iadd();
                }
            } else if (wide) {
                a.b.lsub();
            } else {
                a.b.isub();
            }
        }
        storeResult(a, size);
    }

    private static void storeResult(RegionAssembler a, int size) {
        if (size == 8) {
            a.b.lstore(LONG_R);
        } else {
            a.b.istore(INT_R);
        }
    }

    /** Sets the flags' locals from A, B and R, where they matter. */
    static void setFlags(RegionAssembler a, int operation, int size) {
        boolean logic =
                operation == Alu.AND
                        || operation == Alu.OR
                        || operation == Alu.XOR
                        || operation == Alu.TEST;
        boolean add = operation == Alu.ADD || operation == Alu.ADC;
        boolean carryIn = operation == Alu.ADC || operation == Alu.SBB;
        signExtendResult(a, size);
        if (a.plan.flagsNeeded[a.at]) {
            result(a, size);
            if (logic) {
                a.b.lconst_0().lstore(CARRY);
            } else {
                carries(a, add ? "add" : "sub", size);
                a.b.lstore(CARRY);
            }
        }
        FlagSource.Kind kind =
                logic
                        ? FlagSource.Kind.LOGIC
                        : carryIn
                                ? FlagSource.Kind.RESULT
                                : add ? FlagSource.Kind.ADD : FlagSource.Kind.SUB;
        a.flags = new FlagSource(kind, size);
    }

    /** R becomes what it is as a signed value of its size. */
    private static void signExtendResult(RegionAssembler a, int size) {
        if (size < 4) {
            a.b.iload(INT_R);
            if (size == 2) {
                a.b.i2s();
            } else {
                a.b.i2b();
            }
            a.b.istore(INT_R);
        }
    }

    /** Stores R as the result that flags are about. */
    private static void result(RegionAssembler a, int size) {
        loadResult(a, size);
        if (size < 8) {
            a.b.i2l();
        }
        a.b.lstore(RES);
    }

    private static void carries(RegionAssembler a, String name, int size) {
        if (size == 8) {
            a.b.lload(LONG_A).lload(LONG_B).lload(LONG_R);
            a.flagsCall(name, "(JJJ)J");
        } else {
            a.b.iload(INT_A).iload(INT_B).iload(INT_R).loadConstant(64 - 8 * size);
            a.flagsCall(name, "(IIII)J");
        }
    }

    /** INC, DEC, NEG, NOT. */
    static boolean oneOperand(RegionAssembler a, Insn insn) {
        String name = insn.form.mnemonic;
        Operand operand = insn.form.operands.getFirst();
        int size = operand.bytes(insn.opSize, insn.opSize == 8, insn.mode == Cpu.MODE64);
        boolean wide = size == 8;
        if (insn.lock) {
            return lockedOneOperand(a, insn, name, size);
        }
        if (insn.isMemory()) {
            a.mark();
            a.address(insn, 0);
            a.b.lstore(EA);
            a.readRmw(EA, size);
        } else {
            a.push(insn.rm, size);
        }
        switch (name) {
            case "NEG" -> {
                storeB(a, size);
                constantA(a, wide, 0);
                compute(a, Alu.SUB, size);
            }
            case "NOT" -> {
                if (wide) {
                    a.b.loadConstant(-1L).lxor();
                } else {
                    a.b.iconst_m1().ixor();
                }
                storeResultOnly(a, wide);
            }
            default -> {
                storeA(a, size);
                constantB(a, wide, 1);
                compute(a, name.equals("INC") ? Alu.ADD : Alu.SUB, size);
            }
        }
        boolean not = name.equals("NOT");
        if (insn.isMemory()) {
            a.b.lload(EA);
            loadTemporary(a, wide, not);
            a.rewrite(size);
        } else {
            loadTemporary(a, wide, not);
            a.pop(insn.rm, size);
        }
        switch (name) {
            case "NEG" -> setFlags(a, Alu.SUB, size);
            case "NOT" -> {}
            default -> flagsButCarry(a, name, size);
        }
        if (insn.isMemory()) {
            a.endWrite();
        }
        return true;
    }

    /** INC and DEC with LOCK. */
    private static boolean lockedOneOperand(RegionAssembler a, Insn insn, String name, int size) {
        if (!name.equals("INC") && !name.equals("DEC")) {
            return false;
        }
        int operation = name.equals("INC") ? Alu.ADD : Alu.SUB;
        EmitAtomic.markAddress(a, insn);
        constantB(a, size == 8, 1);
        EmitAtomic.update(a, operation, size);
        compute(a, operation, size);
        flagsButCarry(a, name, size);
        EmitAtomic.finish(a);
        return true;
    }

    /** Sets the flags after INC and DEC. */
    private static void flagsButCarry(RegionAssembler a, String name, int size) {
        signExtendResult(a, size);
        if (a.plan.flagsNeeded[a.at]) {
            result(a, size);
            a.b.lload(CARRY);
            carries(a, name.equals("INC") ? "add" : "sub", size);
            a.flagsCall("keepCarry", "(JJ)J");
            a.b.lstore(CARRY);
        }
        a.flags = new FlagSource(FlagSource.Kind.RESULT, size);
    }

    private static void constantA(RegionAssembler a, boolean wide, int value) {
        if (wide) {
            a.b.loadConstant((long) value).lstore(LONG_A);
        } else {
            a.b.loadConstant(value).istore(INT_A);
        }
    }

    private static void constantB(RegionAssembler a, boolean wide, int value) {
        if (wide) {
            a.b.loadConstant((long) value).lstore(LONG_B);
        } else {
            a.b.loadConstant(value).istore(INT_B);
        }
    }

    private static void storeResultOnly(RegionAssembler a, boolean wide) {
        if (wide) {
            a.b.lstore(RegionLocals.V);
        } else {
            a.b.istore(RegionLocals.I);
        }
    }

    private static void loadTemporary(RegionAssembler a, boolean wide, boolean not) {
        if (not) {
            if (wide) {
                a.b.lload(RegionLocals.V);
            } else {
                a.b.iload(RegionLocals.I);
            }
        } else {
            loadResult(a, wide ? 8 : 4);
        }
    }

    /** IMUL with two or three operands. */
    static boolean multiply(RegionAssembler a, Insn insn) {
        int size = insn.opSize;
        if (insn.form.operands.size() == 1 || size == 2) {
            return false;
        }
        if (insn.isMemory()) {
            a.mark();
            a.readOperand(insn, size);
        } else {
            a.push(insn.rm, size);
        }
        boolean wide = size == 8;
        storeA(a, size);
        if (insn.form.operands.size() == 3) {
            if (wide) {
                a.b.loadConstant(insn.imm);
            } else {
                a.b.loadConstant((int) insn.imm);
            }
        } else {
            a.push(insn.reg, size);
        }
        storeB(a, size);
        if (wide) {
            a.b.lload(LONG_A).lload(LONG_B).lmul();
        } else {
            a.b.iload(INT_A).iload(INT_B).imul();
        }
        storeResult(a, size);
        loadResult(a, size);
        a.pop(insn.reg, size);
        if (a.plan.flagsNeeded[a.at]) {
            result(a, size);
            if (wide) {
                a.b.lload(LONG_A).lload(LONG_B);
            } else {
                a.b.iload(INT_A).iload(INT_B);
            }
            a.flagsCall("product", wide ? "(JJ)J" : "(II)J");
            a.b.lstore(CARRY);
        }
        a.flags = new FlagSource(FlagSource.Kind.RESULT, size);
        return true;
    }
}
