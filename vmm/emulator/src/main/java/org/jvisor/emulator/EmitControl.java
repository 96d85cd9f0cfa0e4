package org.jvisor.emulator;

import static org.jvisor.emulator.RegionLocals.C;
import static org.jvisor.emulator.RegionLocals.COUNT;
import static org.jvisor.emulator.RegionLocals.CPU;
import static org.jvisor.emulator.RegionLocals.EA;
import static org.jvisor.emulator.RegionLocals.INSN;
import static org.jvisor.emulator.RegionLocals.MEMORY;
import static org.jvisor.emulator.RegionLocals.V;
import static org.jvisor.emulator.RegionLocals.V2;

import java.lang.classfile.Label;
import java.lang.classfile.instruction.SwitchCase;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jvisor.emulator.Operand.Kind;

/**
 * Bytecode of the ends of blocks: branches to other blocks of the region, ways out of it, and
 * whatever has no bytecode of its own. Branches that may close a loop look at pending events and at
 * the quota.
 */
final class EmitControl {
    private static final MethodTypeDesc FETCHES =
            RegionAssembler.type("(Lorg/jvisor/emulator/Cpu;Lorg/jvisor/emulator/Region;IJ)Z");

    private EmitControl() {}

    /**
     * Writes the instruction that ends a block.
     *
     * @param block its number
     */
    static void end(RegionAssembler a, int block, Insn insn) {
        int length = a.plan.blocks[block].code.length;
        boolean direct = isDirect(insn);
        if (RegionPlan.isConditional(insn) && direct) {
            a.b.iinc(COUNT, length);
            Label taken = a.b.newLabel();
            EmitCondition.jump(a, insn.form.opcode & 15, taken);
            jump(a, block, insn.end);
            a.b.labelBinding(taken);
            jump(a, block, insn.end + insn.imm);
            return;
        }
        switch (insn.form.mnemonic) {
            case "JMP" -> {
                if (direct && insn.form.operands.getFirst().kind() == Kind.J) {
                    a.b.iinc(COUNT, length);
                    jump(a, block, insn.end + insn.imm);
                    return;
                }
                if (direct
                        && insn.form.operands.getFirst().kind() == Kind.E
                        && insn.mode == Cpu.MODE64) {
                    a.mark();
                    target(a, insn);
                    canonical(a);
                    a.b.lstore(V).iinc(COUNT, length).goto_(a.dispatch);
                    return;
                }
            }
            case "CALL" -> {
                Kind kind = insn.form.operands.getFirst().kind();
                if (insn.mode == Cpu.MODE64 && direct && (kind == Kind.J || kind == Kind.E)) {
                    call(a, block, insn, kind == Kind.J);
                    return;
                }
            }
            case "RET" -> {
                if (insn.mode == Cpu.MODE64 && direct) {
                    a.mark();
                    EmitMove.popValue(a);
                    canonical(a);
                    a.b.lstore(V).lload(EA).loadConstant(8 + (insn.imm & 0xffff)).ladd();
                    a.pop(Cpu.RSP);
                    a.b.iinc(COUNT, length).goto_(a.dispatch);
                    return;
                }
            }
            default -> {}
        }
        leaveBy(a, insn, length);
    }

    /** Whether the target is as wide as the mode's addresses. */
    private static boolean isDirect(Insn insn) {
        return insn.mode == Cpu.MODE64 || insn.mode == Cpu.MODE32 && insn.opSize == 4;
    }

    private static void target(RegionAssembler a, Insn insn) {
        if (insn.isMemory()) {
            a.readOperand(insn, 8);
        } else {
            a.push(insn.rm);
        }
    }

    private static void canonical(RegionAssembler a) {
        a.b.lstore(V).aload(C).lload(V);
        a.b.invokestatic(
                MEMORY, "canonical", RegionAssembler.type("(Lorg/jvisor/emulator/Cpu;J)J"));
    }

    private static void call(RegionAssembler a, int block, Insn insn, boolean direct) {
        int length = a.plan.blocks[block].code.length;
        a.mark();
        if (!direct) {
            target(a, insn);
            a.b.lstore(V2);
        }
        a.push(Cpu.RSP);
        a.b.loadConstant(-8L).ladd().lstore(EA);
        a.b.lload(EA);
        a.pushRip(insn.end);
        a.write(8);
        if (!direct) {
            a.b.aload(C).lload(V2);
            a.b.invokestatic(
                    MEMORY, "canonical", RegionAssembler.type("(Lorg/jvisor/emulator/Cpu;J)J"));
            a.b.lstore(V);
        }
        a.b.lload(EA);
        a.pop(Cpu.RSP);
        a.b.iinc(COUNT, length);
        if (a.plan.calls || a.plan.logged) {
            Label on = a.b.newLabel();
            a.b.iload(RegionAssembler.STOP).ifeq(on);
            if (direct) {
                a.setRip(insn.end + insn.imm);
            } else {
                a.b.aload(C).lload(V).putfield(CPU, "rip", ConstantDescs.CD_long);
            }
            a.b.goto_(a.leave);
            a.b.labelBinding(on);
        }
        if (direct) {
            jump(a, block, insn.end + insn.imm);
        } else {
            a.b.goto_(a.dispatch);
        }
    }

    /** Goes to an offset of its page from the end of block {@code from}. */
    static void jump(RegionAssembler a, int from, long offset) {
        Integer to = a.plan.entry(a.delta + offset);
        if (to != null) {
            Label out = a.b.newLabel();
            if (a.plan.deltas[to] != a.delta) {
                enterPage(a, to, out);
            }
            if (to <= from) {
                poll(a);
                a.b.ifne(out);
            }
            a.b.goto_(a.labels[to]);
            a.b.labelBinding(out);
        }
        a.setRip(offset);
        a.b.goto_(a.leave);
    }

    /** Goes to a label unless the page of a block is still where it was. */
    private static void enterPage(RegionAssembler a, int to, Label otherwise) {
        if (a.plan.deltas[to] != 0) { // the first page was found there when the region was entered
            a.b.aload(C).aload(RegionLocals.THIS).loadConstant(to);
            a.b.lload(RegionLocals.PAGE).loadConstant((long) a.plan.deltas[to]).ladd();
            a.b.invokestatic(MEMORY, "fetches", FETCHES);
            a.b.ifeq(otherwise);
        }
    }

    private static void poll(RegionAssembler a) {
        a.b.aload(C).iload(COUNT);
        a.b.invokestatic(MEMORY, "poll", RegionAssembler.type("(Lorg/jvisor/emulator/Cpu;I)Z"));
    }

    /** What {@link RegionAssembler#dispatch} does: RIP is in V, the block is counted. */
    static void dispatch(RegionAssembler a) {
        a.b.labelBinding(a.dispatch);
        a.b.aload(C).lload(V).putfield(CPU, "rip", ConstantDescs.CD_long);
        if (a.labels.length == 1) {
            return;
        }
        a.b.lload(V).lload(RegionLocals.PAGE).lsub().lstore(V2);
        a.b.lload(V2).lload(V2).l2i().i2l().lcmp().ifne(a.leave);
        poll(a);
        a.b.ifne(a.leave);
        List<SwitchCase> cases = new ArrayList<>();
        Label[] guarded = new Label[a.labels.length];
        for (int i = 0; i < a.labels.length; i++) {
            guarded[i] = a.plan.deltas[i] == 0 ? a.labels[i] : a.b.newLabel();
            cases.add(SwitchCase.of(a.plan.deltas[i] + a.plan.offsets[i], guarded[i]));
        }
        cases.sort(Comparator.comparingInt(SwitchCase::caseValue));
        a.b.lload(V2).l2i().lookupswitch(a.leave, cases);
        for (int i = 0; i < a.labels.length; i++) {
            if (a.plan.deltas[i] != 0) {
                a.b.labelBinding(guarded[i]);
                enterPage(a, i, a.leave);
                a.b.goto_(a.labels[i]);
            }
        }
    }

    // ---- instructions without bytecode of their own ----

    /** Executes the last instruction of a block as the interpreter would, and leaves. */
    private static void leaveBy(RegionAssembler a, Insn insn, int length) {
        a.storeFlags();
        a.storeRegisters();
        a.setRip(insn.end);
        execute(a);
        a.b.iinc(COUNT, length);
        if (!insn.form.is(Form.Attr.REP) || insn.form.is(Form.Attr.SYSTEM)) {
            a.b.goto_(a.left);
            return;
        }
        Label on = a.b.newLabel();
        a.b.aload(C).getfield(CPU, "codeDropped", ConstantDescs.CD_boolean).ifeq(on);
        a.b.goto_(a.left);
        a.b.labelBinding(on);
        a.loadFlags();
        a.reload(RegisterUse.written(insn), 0);
        a.b.aload(C).getfield(CPU, "rip", ConstantDescs.CD_long).lstore(V).goto_(a.dispatch);
    }

    /** Executes an instruction in the middle of a block as the interpreter would. */
    static void interpret(RegionAssembler a, Insn insn) {
        Form f = insn.form;
        boolean system = f.is(Form.Attr.SYSTEM);
        boolean flags = system || (f.flagsRead() | f.flagsWritten() | f.flagsUndefined()) != 0;
        if (flags) {
            a.storeFlags();
        }
        a.storeRegisters();
        execute(a);
        if (flags) {
            a.loadFlags();
            a.flags = FlagSource.UNKNOWN;
        }
        a.reload(RegisterUse.written(insn), RegisterUse.xmm(insn));
        a.quickChecked = false;
        if (system) {
            a.loadView();
            a.sseChecked = false;
        }
        if (system || insn.isMemory() || f.is(Form.Attr.STACK) || f.operands.isEmpty()) {
            a.b.aload(C).getfield(CPU, "codeDropped", ConstantDescs.CD_boolean).ifne(a.stop);
        }
    }

    /** Executes the instruction as the interpreter would; registers may have to be reloaded. */
    private static void execute(RegionAssembler a) {
        Label start = a.b.newLabel();
        Label end = a.b.newLabel();
        a.mark();
        a.setPage(true);
        a.constant(a.at);
        a.b.aload(C);
        a.b.labelBinding(start);
        a.b.invokevirtual(INSN, "exec", RegionAssembler.type("(Lorg/jvisor/emulator/Cpu;)V"));
        a.b.labelBinding(end);
        a.setPage(false);
        a.b.exceptionCatch(start, end, a.faulted, RegionLocals.FAULT);
    }
}
