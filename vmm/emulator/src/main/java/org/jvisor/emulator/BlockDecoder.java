package org.jvisor.emulator;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Makes {@link Block}s: decodes straight-line code from a {@link CodePage}. */
final class BlockDecoder {
    /** The most instructions in a block: bounds how late an interrupt is taken. */
    static final int MAX_INSNS = 64;

    /** Bytes looked at for one block. */
    private static final int WINDOW = 512;

    private final Decoder decoder = new Decoder();
    private final byte[] bytes = new byte[WINDOW + Decoder.MAX_LENGTH];
    private final Insn[] buffer = new Insn[MAX_INSNS];

    /**
     * Decodes and installs the block at {@code offset} of {@code page}.
     *
     * @param linear the linear address of the block, for an instruction that crosses into the next
     *     page
     * @throws GuestFault if the next page is needed and cannot be fetched
     */
    Block decode(Cpu c, CodePage page, int offset, long linear) {
        int length = Math.min(WINDOW, 4096 - offset);
        copy(page.host + offset, 0, length);
        boolean divides = c.lockstep != null || c.board.counted;
        int count = 0;
        int at = 0;
        while (count < MAX_INSNS) {
            Insn insn = decoder.decode(bytes, at, length, offset, page.mode);
            if (insn == null) {
                break;
            }
            boolean alone = divides && Lockstep.isAlone(insn);
            if (alone && count > 0) {
                break;
            }
            buffer[count++] = insn;
            at = insn.end - offset;
            if (alone || insn.form.is(Form.Attr.END)) {
                break;
            }
        }
        if (count == 0) {
            return crossing(c, page, offset, linear);
        }
        return install(c, page, offset, count, offset + at, null);
    }

    /** An instruction that goes on in the next page is a block of its own. */
    private Block crossing(Cpu c, CodePage page, int offset, long linear) {
        long nextLinear = nextPage(c, linear);
        CodePage second = c.mem.slow.fetch(nextLinear);
        int length = 4096 - offset;
        copy(page.host + offset, 0, length);
        copy(second.host, length, Decoder.MAX_LENGTH);
        Insn insn = decoder.decode(bytes, 0, length + Decoder.MAX_LENGTH, offset, page.mode);
        if (insn == null) {
            throw new IllegalStateException("an instruction of more than 15 bytes");
        }
        buffer[0] = insn;
        second.mark(0, insn.end - 4096);
        return install(c, page, offset, 1, insn.end, second);
    }

    private Block install(
            Cpu c, CodePage page, int offset, int count, int end, @Nullable CodePage second) {
        Block block = new Block(page, offset, Arrays.copyOf(buffer, count), end, second);
        if (c.lockstep != null) {
            block.heat = RegionService.HOT - Lockstep.HOT;
        }
        if (c.lockstep != null || c.board.counted) {
            block.alone = Lockstep.isAlone(block.code[0]);
            block.requested = block.alone;
        }
        page.put(block);
        c.board.code.decoded(count);
        return block;
    }

    private void copy(long host, int to, int length) {
        MemorySegment.copy(PhysMemory.ALL, PhysMemory.BYTE, host, bytes, to, length);
    }

    /** The linear address of the page after that of {@code linear}. */
    static long nextPage(Cpu c, long linear) {
        long next = (linear & ~0xfffL) + 0x1000;
        return c.is64() ? next : next & 0xffff_ffffL;
    }
}
