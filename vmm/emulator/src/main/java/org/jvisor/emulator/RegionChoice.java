package org.jvisor.emulator;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the blocks of a {@link Region}: those that can be reached from the first one and are not
 * much colder. Blocks of its page are entries of the region and belong to no other; those of other
 * pages, which the first page's code calls or jumps to, are copies that only the region uses.
 */
final class RegionChoice {
    private static final int MAX_BLOCKS = 64;

    /** How much colder than the first a block may be to be taken along. */
    private static final int COLDER = 32;

    /** How far another page may be. */
    private static final long FAR = 1L << 30;

    private static final int PAGE = ~0xfff;

    private final List<Block> blocks = new ArrayList<>();
    private final List<Integer> deltas = new ArrayList<>();
    private final Map<Integer, CodePage> pages = new HashMap<>();
    private final int limit;
    private final int leastHeat;
    private int length;

    /**
     * Chooses.
     *
     * @param root the block to begin with
     * @param limit the most instructions
     */
    RegionChoice(Block root, int limit) {
        this.limit = limit;
        leastHeat = Math.max(1, root.heat / COLDER);
        pages.put(0, root.page);
        add(root, 0);
        for (int i = 0; i < blocks.size(); i++) {
            Block block = blocks.get(i);
            int delta = deltas.get(i);
            for (int offset : successors(block)) {
                consider(block, delta, offset);
            }
        }
    }

    private void add(Block block, int delta) {
        blocks.add(block);
        deltas.add(delta);
        length += block.code.length;
    }

    /** Takes the block at an offset of the page of {@code from} along if it suits. */
    private void consider(Block from, int delta, long offset) {
        long at = delta + offset;
        if (Math.abs(at) >= FAR) {
            return;
        }
        int toDelta = (int) at & PAGE;
        CodePage page = page(from, toDelta, (int) at & ~PAGE);
        Block to = page == null ? null : page.block((int) at & ~PAGE);
        if (to != null
                && to.second == null
                && !to.alone
                && (toDelta == 0 ? to.region == null && to.heat >= leastHeat : isGuest(to))
                && !blocks.contains(to)
                && blocks.size() < MAX_BLOCKS
                && length + to.code.length <= limit) {
            add(to, toDelta);
        }
    }

    /** Whether a block of another page is worth a copy. */
    private boolean isGuest(Block block) {
        return (block.region != null || block.heat >= leastHeat)
                && Arrays.stream(block.code).noneMatch(i -> i.form.is(Form.Attr.SYSTEM));
    }

    /** The page at a delta, as far as it is known, or null. */
    private @Nullable CodePage page(Block from, int toDelta, int offset) {
        CodePage page = pages.get(toDelta);
        if (page != null || from.page.mode != Cpu.MODE64) {
            return page;
        }
        for (Block next : new Block[] {from.next, from.otherNext}) {
            if (next != null
                    && next.offset == offset
                    && !next.page.dead
                    && next.page.mode == Cpu.MODE64
                    && !pages.containsValue(next.page)) {
                pages.put(toDelta, next.page);
                return next.page;
            }
        }
        return null;
    }

    Block[] blocks() {
        return blocks.toArray(new Block[0]);
    }

    /** By block, how far its page is from the first one's in linear addresses. */
    int[] deltas() {
        return deltas.stream().mapToInt(Integer::intValue).toArray();
    }

    // ---- control flow ----

    /** Offsets in the page of where control may go from a block, or went lately. */
    private static int[] successors(Block block) {
        Insn last = block.code[block.code.length - 1];
        int next = block.end;
        int target = (int) (next + last.imm);
        if (!last.form.is(Form.Attr.END)) {
            return new int[] {next};
        }
        if (RegionPlan.isConditional(last)) {
            return new int[] {next, target};
        }
        boolean known =
                !last.form.operands.isEmpty()
                        && last.form.operands.getFirst().kind() == Operand.Kind.J;
        return switch (last.form.mnemonic) {
            case "JMP" -> known ? to(target) : seen(block);
            case "CALL" -> known ? to(target, next) : seen(block, next);
            case "RET" -> seen(block);
            case "STI" -> to(next);
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
}
