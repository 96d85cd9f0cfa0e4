package org.jvisor.emulator;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What goes into a {@link Region}: the decoded blocks of a {@link RegionChoice}, and what is known
 * about their registers and flags. Immutable.
 */
final class RegionPlan {
    /** The most instructions in a region unless it must be smaller. */
    static final int MAX_INSNS = 80;

    /** The same of one in machine code of the host. */
    static final int MAX_HOST_INSNS = 300;

    /** The page of the first block, from which deltas and entries count. */
    final CodePage page;

    /** The blocks, by entry number; the first is the one that got hot. */
    final Block[] blocks;

    /** By block, how far its page is from the first block's in linear addresses. */
    final int[] deltas;

    /** By block, where it starts in its page: a block forgets when its code is gone. */
    final int[] offsets;

    /** All instructions, block by block. */
    final Insn[] insns;

    /** By instruction, how many of its block come before it. */
    final int[] before;

    /** By instruction, how many of its block come after it, and itself. */
    final int[] remaining;

    /** By block, how many instructions it has. */
    final int[] lengths;

    /** By instruction, the delta of its block. */
    final int[] deltaOf;

    /** By instruction, whether the flags it leaves may be looked at. */
    final boolean[] flagsNeeded;

    /** How a region gets at memory that the TLB does not have, and at numbers out of the way. */
    enum Access {
        /** It is left for the interpreter: without calls HotSpot keeps registers in registers. */
        LEAVING,
        /** By calls: where that happens often. */
        CALLING,
        /** In machine code of the host: {@link HostRegion}. */
        HOST,
        /** As {@link #LEAVING}, but every write is a call, for {@link Lockstep} to see it. */
        LOGGED
    }

    /** Whether it is {@link Access#CALLING} or {@link Access#LOGGED}. */
    final boolean calls, logged;

    private final Map<Integer, Integer> entries = new HashMap<>();

    private RegionPlan(Block[] blocks, int[] deltas, Access access) {
        this.blocks = blocks;
        this.deltas = deltas;
        page = blocks[0].page;
        offsets = new int[blocks.length];
        calls = access == Access.CALLING;
        logged = access == Access.LOGGED;
        int count = 0;
        for (Block block : blocks) {
            count += block.code.length;
        }
        insns = new Insn[count];
        before = new int[count];
        remaining = new int[count];
        lengths = new int[blocks.length];
        deltaOf = new int[count];
        flagsNeeded = new boolean[count];
        int at = 0;
        for (int i = 0; i < blocks.length; i++) {
            offsets[i] = blocks[i].offset;
            entries.put(deltas[i] + offsets[i], i);
            lengths[i] = blocks[i].code.length;
            for (int k = 0; k < lengths[i]; k++) {
                remaining[at] = lengths[i] - k;
                insns[at] = blocks[i].code[k];
                deltaOf[at] = deltas[i];
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
        RegionChoice choice = new RegionChoice(root, limit);
        return new RegionPlan(choice.blocks(), choice.deltas(), access);
    }

    /**
     * What is left of a region's blocks, for one that calls: those of other pages may have been
     * killed.
     *
     * @param region in use
     * @param root a block that uses it, to begin with
     * @param limit the most instructions
     */
    static RegionPlan after(Region region, Block root, int limit) {
        RegionPlan old = region.plan;
        Block[] blocks = new Block[old.blocks.length];
        int[] deltas = new int[blocks.length];
        blocks[0] = root;
        int count = 1;
        int length = root.code.length;
        for (int i = 0; i < blocks.length; i++) {
            Block block = old.blocks[i];
            if (block.offset >= 0 && !block.equals(root) && length + block.code.length <= limit) {
                deltas[count] = old.deltas[i];
                blocks[count++] = block;
                length += block.code.length;
            }
        }
        return new RegionPlan(
                Arrays.copyOf(blocks, count), Arrays.copyOf(deltas, count), Access.CALLING);
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

    /** The number of the block that starts so far from the first one's page, or null. */
    @Nullable Integer entry(long offset) {
        return offset == (int) offset ? entries.get((int) offset) : null;
    }

    /** For each page but the first, the number of its first block. */
    int[] firstOfOtherPages() {
        return IntStream.range(0, deltas.length)
                .filter(
                        i ->
                                deltas[i] != 0
                                        && Arrays.stream(deltas, 0, i)
                                                .noneMatch(d -> d == deltas[i]))
                .toArray();
    }

    /** The page at a delta; the first one if there is none. */
    CodePage pageAt(int delta) {
        for (int i = 0; i < blocks.length; i++) {
            if (deltas[i] == delta) {
                return blocks[i].page;
            }
        }
        return page;
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
