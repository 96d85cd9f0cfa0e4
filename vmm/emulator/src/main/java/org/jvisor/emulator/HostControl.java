package org.jvisor.emulator;

import static org.jvisor.emulator.HostAssembler.MAP0;
import static org.jvisor.emulator.HostAssembler.RAX;
import static org.jvisor.emulator.HostAssembler.RBP;
import static org.jvisor.emulator.HostAssembler.RCX;
import static org.jvisor.emulator.HostAssembler.RDX;

import java.util.Arrays;
import org.jvisor.emulator.Operand.Kind;

/**
 * Host code of the ends of blocks: branches to other blocks of the region and ways out of it.
 * Branches that may close a loop look at pending events and at what is left of the quota.
 */
final class HostControl {
    /**
     * A distance that no block has, but a guest's jump may: it stands in the first place of a table
     * of targets only, where it would not be looked for.
     */
    private static final int NOWHERE = Integer.MIN_VALUE;

    private static final int CMP = 7;

    private final HostEmitter e;
    private final HostAssembler a;
    private final RegionPlan plan;

    /** The blocks' labels by number. */
    final int[] blocks;

    /** Where a run ends with EAX saying how. */
    final int end;

    /** Where control leaves the region, with RIP set. */
    final int leave;

    /** Where control goes on at the RIP in RDX, in the region or not. */
    private final int dispatch;

    /** Some branch goes to {@link #dispatch}. */
    private boolean dispatches;

    HostControl(HostEmitter e) {
        this.e = e;
        a = e.a;
        plan = e.plan;
        blocks = new int[plan.blocks.length];
        Arrays.setAll(blocks, i -> a.label());
        end = a.label();
        leave = a.label();
        dispatch = a.label();
    }

    /** Counts a block's instructions as executed. */
    void count(int instructions) {
        a.memory(0, 4, MAP0, 0x81, 5, RBP, 8 * HostState.LEFT); // SUB
        a.int32(instructions);
    }

    /** Writes the instruction that ends a block. */
    void end(int block, Insn insn) {
        boolean written = false;
        boolean direct =
                e.word == 8 ? insn.opSize == 8 || insn.form.is(Form.Attr.F64) : insn.opSize == 4;
        if (direct && RegionPlan.isConditional(insn)) {
            conditional(block, insn);
            written = true;
        } else if (insn.form.mnemonic.equals("STI")) {
            written = setInterrupts(block, insn);
        } else if (direct || insn.form.is(Form.Attr.REP)) {
            written =
                    switch (insn.form.mnemonic) {
                        case "JMP" -> branch(block, insn);
                        case "CALL" -> call(block, insn);
                        case "RET" -> ret(insn);
                        case "MOVS", "STOS" -> string(block, insn);
                        default -> false;
                    };
        }
        if (!written) {
            e.java();
        }
    }

    private void conditional(int block, Insn insn) {
        e.want();
        e.keepFlags();
        Integer to = plan.entry(e.delta + insn.end + insn.imm);
        if (to != null && to > block && plan.deltas[to] == e.delta) {
            a.jump(insn.form.opcode & 15, blocks[to]);
            jump(block, insn.end);
            return;
        }
        int taken = a.label();
        a.jump(insn.form.opcode & 15, taken);
        jump(block, insn.end);
        a.bind(taken);
        jump(block, insn.end + insn.imm);
    }

    /** Goes to an offset of the page from the end of a block. */
    void jump(int from, long offset) {
        Integer to = plan.entry(e.delta + offset);
        if (to != null) {
            boolean guarded = plan.deltas[to] != e.delta && plan.deltas[to] != 0;
            if (to > from && !guarded) {
                a.jump(blocks[to]);
                return;
            }
            int out = a.label();
            if (guarded) {
                pages(out);
            }
            if (to <= from) {
                poll(out);
            }
            a.jump(blocks[to]);
            a.bind(out);
        }
        long distance = e.delta + offset;
        if (distance == (int) distance) {
            a.load(RDX, RBP, 8 * Cpu.PAGE_RIP);
            e.leaWord(RDX, RDX, (int) distance);
        } else {
            a.constant(RDX, distance);
            a.memory(0, e.word, MAP0, 0x03, RDX, RBP, 8 * Cpu.PAGE_RIP); // ADD
        }
        a.store(RDX, RBP, 8 * HostState.RIP);
        a.jump(leave);
    }

    /** Goes to a label if the region's other pages are not where they were. */
    private void pages(int otherwise) {
        compareZero(HostState.PAGES);
        a.jump(HostAssembler.EQUAL, otherwise);
    }

    /** Goes to a label if something is pending or the quota is used up. */
    private void poll(int out) {
        compareZero(HostState.LEFT);
        a.jump(HostAssembler.LESS_EQUAL, out);
        compareZero(HostState.PENDING);
        a.jump(HostAssembler.NOT_EQUAL, out);
    }

    private void compareZero(int place) {
        a.memory(0, 4, MAP0, 0x83, CMP, RBP, 8 * place);
        a.int8(0);
    }

    // ---- branches ----

    private boolean branch(int block, Insn insn) {
        Kind kind = HostInteger.kind(insn, 0);
        if (kind == Kind.J) {
            e.clobber();
            jump(block, insn.end + insn.imm);
            return true;
        }
        if (kind != Kind.E || !indirect(insn)) {
            return false;
        }
        canonical();
        toDispatch();
        return true;
    }

    private boolean setInterrupts(int block, Insn insn) {
        Integer next = plan.entry(e.delta + insn.end);
        if (next == null || next <= block || plan.deltas[next] != e.delta) {
            return false;
        }
        HostSystem.setInterrupts(e, blocks[next]);
        return true;
    }

    private boolean string(int block, Insn insn) {
        if (!HostStrings.emit(e, insn)) {
            return false;
        }
        jump(block, insn.end);
        return true;
    }

    /** The target of an indirect branch in RDX. */
    private boolean indirect(Insn insn) {
        if (!insn.isMemory()) {
            e.clobber();
            a.move(RDX, e.get(insn.rm, RDX));
            return true;
        }
        if (!e.isAddressable(insn)) {
            return false;
        }
        e.address(insn, e.word, false);
        e.loadWord(RDX, RAX);
        return true;
    }

    /** Has Java raise the fault if the address in RDX is not canonical. */
    private void canonical() {
        if (e.word < 8) {
            return;
        }
        a.move(RCX, RDX);
        a.registers(0, 8, MAP0, 0xc1, 4, RCX); // SHL
        a.int8(16);
        a.registers(0, 8, MAP0, 0xc1, 7, RCX); // SAR
        a.int8(16);
        a.registers(0, 8, MAP0, 0x3b, RCX, RDX); // CMP
        a.jump(HostAssembler.NOT_EQUAL, e.toJava());
    }

    private void toDispatch() {
        a.store(RDX, RBP, 8 * HostState.RIP);
        a.jump(dispatch);
        dispatches = true;
    }

    private boolean call(int block, Insn insn) {
        boolean direct = HostInteger.kind(insn, 0) == Kind.J;
        if (direct) {
            e.clobber();
        } else {
            if (HostInteger.kind(insn, 0) != Kind.E || !indirect(insn)) {
                return false;
            }
            canonical();
            a.store(RDX, RBP, 8 * HostState.SPARE);
        }
        HostMoves.pushPlace(e);
        a.load(RCX, RBP, 8 * Cpu.PAGE_RIP);
        e.leaWord(RCX, RCX, e.delta + insn.end);
        e.storeWord(RCX, RAX);
        HostMoves.pushed(e);
        if (direct) {
            jump(block, insn.end + insn.imm);
        } else {
            a.load(RDX, RBP, 8 * HostState.SPARE);
            toDispatch();
        }
        return true;
    }

    private boolean ret(Insn insn) {
        HostMoves.popValue(e);
        canonical();
        HostMoves.moveStack(e, e.word + (int) (insn.imm & 0xffff));
        toDispatch();
        return true;
    }

    // ---- what comes after the blocks ----

    /** Writes where branches go whose target is known only when they are executed. */
    void finish() {
        if (dispatches) {
            dispatch();
        }
    }

    /** Finds the block so far from the first page in a table without collisions. */
    private void dispatch() {
        a.bind(dispatch);
        int count = blocks.length;
        int[] keys = new int[count];
        Arrays.setAll(keys, i -> plan.deltas[i] + plan.offsets[i]);
        int bits = 32 - Integer.numberOfLeadingZeros(count);
        int factor = 0;
        for (int attempt = 0; factor == 0; attempt++) {
            if (attempt % 64 == 63) {
                bits++;
            }
            int some = (attempt + 1) * 0x9e37_79b1 | 1;
            factor = isPerfect(keys, some, bits) ? some : 0;
        }
        a.memory(0, 8, MAP0, 0x2b, RDX, RBP, 8 * Cpu.PAGE_RIP); // SUB
        a.registers(0, 8, MAP0, 0x63, RCX, RDX); // MOVSXD
        a.registers(0, 8, MAP0, 0x3b, RCX, RDX); // CMP
        a.jump(HostAssembler.NOT_EQUAL, leave);
        poll(leave);
        a.registers(0, 4, MAP0, 0x69, RCX, RDX); // IMUL
        a.int32(factor);
        a.registers(0, 4, MAP0, 0xc1, 5, RCX); // SHR
        a.int8(32 - bits);
        int table = a.label();
        a.address(RAX, table);
        a.memory(0, 4, MAP0, 0x3b, RDX, RAX, RCX, 3, 0); // CMP
        a.jump(HostAssembler.NOT_EQUAL, leave);
        a.memory(0, 8, MAP0, 0x63, RCX, RAX, RCX, 3, 4); // MOVSXD
        a.registers(0, 8, MAP0, 0x03, RAX, RCX); // ADD
        a.jumpTo(RAX);
        int[] targets = new int[count];
        for (int i = 0; i < count; i++) {
            targets[i] = a.position(blocks[i]);
            if (plan.deltas[i] != 0) {
                targets[i] = a.length();
                pages(leave);
                a.jump(blocks[i]);
            }
        }
        a.bind(table);
        int start = a.length();
        int[] content = new int[2 << bits];
        content[0] = NOWHERE; // and 0, which is looked for there, in the other free places
        for (int i = 0; i < count; i++) {
            int slot = keys[i] * factor >>> 32 - bits;
            content[2 * slot] = keys[i];
            content[2 * slot + 1] = targets[i] - start;
        }
        for (int word : content) {
            a.int32(word);
        }
    }

    private static boolean isPerfect(int[] keys, int factor, int bits) {
        boolean[] used = new boolean[1 << bits];
        for (int key : keys) {
            int slot = key * factor >>> 32 - bits;
            if (used[slot]) {
                return false;
            }
            used[slot] = true;
        }
        return true;
    }
}
