package org.jvisor.emulator;

import org.jspecify.annotations.Nullable;

/** Straight-line decoded code: entered at the top, left at the end or by an exception. */
final class Block {
    /** The instructions; replaced one by one when the block is killed. */
    final Insn[] code;

    /** Offset in the page of what follows. */
    final int end;

    /** The page into which its only instruction crosses, or null. */
    final @Nullable CodePage second;

    Block(Insn[] code, int end, @Nullable CodePage second) {
        this.code = code;
        this.end = end;
        this.second = second;
    }

    /** Makes the block stop before its next instruction, wherever it is. */
    void stop() {
        for (int i = 0; i < code.length; i++) {
            code[i] = new StopInsn(code[i]);
        }
    }
}
