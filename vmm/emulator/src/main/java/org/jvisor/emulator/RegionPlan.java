package org.jvisor.emulator;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What goes into a {@link Region}: decoded blocks of one page that were executed and can be reached
 * from the first one, and what is known about their registers and flags. Made on the thread that
 * runs the CPUs; immutable, so that it can be translated on another.
 */
final class RegionPlan {
    /** The most instructions in a region unless it must be smaller. */
    static final int MAX_INSNS = 160;

    private static final int MAX_BLOCKS = 64;

    /** How much colder than the first a block may be to be taken along. */
    private static final int COLDER = 32;

    final CodePage page;

    /** The blocks, by entry number; the first is the one that got hot. */
    final Block[] blocks;

    /** All instructions, block by block. */
    final Insn[] insns;

    /** By instruction, how many of its block come before it. */
    final int[] before;

    /** By instruction, whether the flags it leaves may be looked at. */
    final boolean[] flagsNeeded;

    /** How a region gets at memory that the TLB does not have, and at numbers out of the way. */
    enum Access {
        /** It is left for the interpreter: without calls HotSpot keeps registers in registers. */
        LEAVING,
        /** By calls: where that happens often. */
        CALLING,
        /** As {@link #LEAVING}, but every write is a call, for {@link Lockstep} to see it. */
        LOGGED
    }

    /** Whether it is {@link Access#CALLING} or {@link Access#LOGGED}. */
    final boolean calls, logged;

    private final Map<Integer, Integer> entries = new HashMap<>();

    private RegionPlan(CodePage page, List<Block> chosen, Access access) {
        this.page = page;
        calls = access == Access.CALLING;
        logged = access == Access.LOGGED;
        blocks = chosen.toArray(new Block[0]);
        int count = 0;
        for (Block block : blocks) {
            count += block.code.length;
        }
        insns = new Insn[count];
        before = new int[count];
        flagsNeeded = new boolean[count];
        int at = 0;
        for (int i = 0; i < blocks.length; i++) {
            entries.put(blocks[i].offset, i);
            for (int k = 0; k < blocks[i].code.length; k++) {
                insns[at] = blocks[i].code[k];
                before[at++] = k;
            }
        }
        for (int first = 0, i = 0; i < blocks.length; i++) {
            liveness(first, blocks[i].code.length);
            first += blocks[i].code.length;
        }
    }

    /**
     * Chooses the blocks of a region.
     *
     * @param root the block to begin with
     * @param limit the most instructions
     * @param access how it gets at memory
     */
    static RegionPlan around(Block root, int limit, Access access) {
        CodePage page = root.page;
        List<Block> chosen = new ArrayList<>();
        int least = Math.max(1, root.heat / COLDER);
        int count = 0;
        chosen.add(root);
        for (int i = 0; i < chosen.size(); i++) {
            Block block = chosen.get(i);
            count += block.code.length;
            for (int offset : successors(block)) {
                Block next = offset < 0 || offset > 4095 ? null : page.block(offset);
                if (next == null
                        || next.second != null
                        || next.region != null
                        || next.alone
                        || next.heat < least
                        || chosen.contains(next)
                        || chosen.size() >= MAX_BLOCKS) {
                    continue;
                }
                int waiting = 0;
                for (int k = i + 1; k < chosen.size(); k++) {
                    waiting += chosen.get(k).code.length;
                }
                if (count + waiting + next.code.length <= limit) {
                    chosen.add(next);
                }
            }
        }
        return new RegionPlan(root.page, chosen, access);
    }

    /** The blocks of a region again, with calls for the accesses that may miss the TLB. */
    static RegionPlan withCalls(Region region) {
        return new RegionPlan(region.blocks[0].page, List.of(region.blocks), Access.CALLING);
    }

    /** Offsets in the page of where control may go from a block, or went lately. */
    private static int[] successors(Block block) {
        Insn last = block.code[block.code.length - 1];
        int next = block.end;
        int target = (int) (next + last.imm);
        if (!last.form.is(Form.Attr.END)) {
            return new int[] {next};
        }
        if (isConditional(last)) {
            return new int[] {next, target};
        }
        boolean known =
                !last.form.operands.isEmpty()
                        && last.form.operands.getFirst().kind() == Operand.Kind.J;
        return switch (last.form.mnemonic) {
            case "JMP" -> known ? to(target) : seen(block);
            case "CALL" -> known ? to(target, next) : seen(block, next);
            case "RET" -> seen(block);
            case "LOOP", "LOOPE", "LOOPNE", "JCXZ" -> to(next, target);
            default -> last.form.is(Form.Attr.REP) ? to(next) : to();
        };
    }

    /** Where a block went in its page beside others. */
    private static int[] seen(Block from, int... others) {
        Block[] targets = from.targets();
        int count = others.length;
        int[] offsets = Arrays.copyOf(others, count + targets.length + 2);
        offsets[count++] = offset(from, from.next);
        offsets[count++] = offset(from, from.otherNext);
        for (Block target : targets) {
            offsets[count++] = target.offset;
        }
        return offsets;
    }

    /** The offset of a block in the page of another, or -1. */
    private static int offset(Block from, @Nullable Block to) {
        return to != null && to.page == from.page ? to.offset : -1;
    }

    private static int[] to(int... offsets) {
        return offsets;
    }

    /** Whether it is a Jcc. */
    static boolean isConditional(Insn insn) {
        Form f = insn.form;
        return f.map == 0 && (f.opcode & 0xf0) == 0x70 || f.map == 1 && (f.opcode & 0xf0) == 0x80;
    }

    /** Going back from a block's end: flags matter until something sets all of them. */
    private void liveness(int first, int count) {
        boolean needed = true;
        for (int i = first + count - 1; i >= first; i--) {
            flagsNeeded[i] = needed;
            needed = !setsAllFlags(insns[i]) && (needed || looksAtFlags(insns[i]));
        }
    }

    /** Sets all arithmetic flags, needs none, and cannot fault. */
    private static boolean setsAllFlags(Insn insn) {
        return !insn.isMemory()
                && switch (insn.form.mnemonic) {
                    case "ADD", "SUB", "CMP", "AND", "OR", "XOR", "TEST", "NEG" -> true;
                    default -> false;
                };
    }

    /** Reads flags, may fault, or is not known well enough. */
    private static boolean looksAtFlags(Insn insn) {
        return insn.isMemory()
                || insn.form.flagsRead() != 0
                || switch (insn.form.mnemonic) {
                    case "MOV",
                            "LEA",
                            "MOVZX",
                            "MOVSX",
                            "MOVSXD",
                            "CBW",
                            "CWD",
                            "NOP",
                            "NOT",
                            "INC",
                            "DEC",
                            "SHL",
                            "SHR",
                            "SAR",
                            "IMUL",
                            "BSWAP",
                            "BT" ->
                            false;
                    default -> true;
                };
    }

    /** The number of the block that starts at an offset of the page, or null. */
    @Nullable Integer entry(long offset) {
        return offset < 0 || offset > 4095 ? null : entries.get((int) offset);
    }

    /** The general registers it may write, as a mask. */
    int written() {
        int mask = 0;
        for (Insn insn : insns) {
            mask |= RegisterUse.written(insn);
        }
        return mask;
    }

    /** The XMM registers it may write, as a mask. */
    int xmmWritten() {
        return xmm();
    }

    /** The general registers it has to do with, as a mask. */
    int registers() {
        int mask = 0;
        for (Insn insn : insns) {
            mask |= RegisterUse.all(insn);
        }
        return mask;
    }

    /** The XMM registers it has to do with, as a mask. */
    int xmm() {
        int mask = 0;
        for (Insn insn : insns) {
            mask |= RegisterUse.xmm(insn);
        }
        return mask;
    }

    @Override
    public String toString() {
        return "%#x %s".formatted(page.physical, Arrays.toString(entries.keySet().toArray()));
    }
}
