package org.jvisor.emulator;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Straight-line decoded code: entered at the top, left at the end or by an exception. */
final class Block {
    /** The instructions; replaced one by one when the block is killed. */
    final Insn[] code;

    /** The page it is in. */
    final CodePage page;

    /** Offset in the page of its first instruction; -1 once it was killed. */
    int offset;

    /** The blocks that ran after it last, to be found without a look-up; null at first. */
    @Nullable Block next, otherNext;

    /** Blocks that its last instruction went to, if its target varies; null at first. */
    private Block @Nullable [] targets;

    /** How often it was interpreted. */
    int heat;

    private static final Block[] NONE = {};

    /** How many targets of an indirect branch are kept at most. */
    private static final int MOST_TARGETS = 32;

    /** After so many misses a region is made that has calls where they may be. */
    static final int MISSES = 100_000;

    /** How often a region was left at its instructions or before it was entered anew. */
    int misses;

    /** Its translation was asked for. */
    boolean requested;

    /** It is not translated. */
    boolean alone;

    /** The translation it is part of, or null; {@link #entry} is set before. */
    volatile @Nullable Region region;

    /** Its entry in {@link #region}. */
    int entry;

    /** Offset in the page of what follows. */
    final int end;

    /** The page into which its only instruction crosses, or null. */
    final @Nullable CodePage second;

    Block(CodePage page, int offset, Insn[] code, int end, @Nullable CodePage second) {
        this.page = page;
        this.offset = offset;
        this.code = code;
        this.end = end;
        this.second = second;
    }

    /** Keeps where an indirect branch at its end went, for {@link RegionPlan}. */
    void wentTo(Block next) {
        Block[] old = targets();
        for (Block target : old) {
            if (target.equals(next)) {
                return;
            }
        }
        if (old.length < MOST_TARGETS && next.page.equals(page)) {
            Block[] more = Arrays.copyOf(old, old.length + 1);
            more[old.length] = next;
            targets = more;
        }
    }

    /** What was kept by {@link #wentTo}. */
    Block[] targets() {
        Block[] some = targets;
        return some == null ? NONE : some;
    }

    /** Makes the block stop before its next instruction, wherever it is. */
    void stop() {
        offset = -1;
        region = null;
        next = null;
        otherNext = null;
        targets = null;
        for (int i = 0; i < code.length; i++) {
            code[i] = new StopInsn(code[i]);
        }
    }
}
