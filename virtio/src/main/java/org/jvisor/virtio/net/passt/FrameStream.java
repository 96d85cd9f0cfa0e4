package org.jvisor.virtio.net.passt;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import org.jvisor.virtio.net.NetPort;

/**
 * Frames on a stream, each behind its length. Holds the bytes of frames that are not yet whole, or
 * not yet written. Used by one thread.
 */
final class FrameStream {
    private static final int PREFIX = 4;
    private static final int LONGEST = PREFIX + NetPort.MAX_FRAME;

    private final ByteBuffer in = ByteBuffer.allocateDirect(1 << 18).order(ByteOrder.BIG_ENDIAN);
    private final ByteBuffer out = ByteBuffer.allocateDirect(1 << 20).order(ByteOrder.BIG_ENDIAN);
    private final MemorySegment inMemory = MemorySegment.ofBuffer(in.duplicate());
    private final MemorySegment outMemory = MemorySegment.ofBuffer(out.duplicate());

    /** Where the next frame begins in what was read; the buffer's position is where it ends. */
    private int next;

    /** Forgets everything: the stream begins anew. */
    void clear() {
        in.clear();
        out.clear();
        next = 0;
    }

    // ---- reading

    /**
     * Reads what there is.
     *
     * @return bytes read, -1 at the end of the stream
     */
    int fill(ReadableByteChannel from) throws IOException {
        if (next > 0 && in.remaining() < LONGEST) {
            in.flip().position(next);
            in.compact();
            next = 0;
        }
        return in.hasRemaining() ? from.read(in) : 0;
    }

    /**
     * Whether a whole frame was read.
     *
     * @throws IOException if what comes cannot be frames
     */
    boolean hasFrame() throws IOException {
        int there = in.position() - next;
        if (there < PREFIX) {
            return false;
        }
        int length = in.getInt(next);
        if (length < 0 || length > NetPort.MAX_FRAME) {
            throw new IOException("a frame of " + (length & 0xffff_ffffL) + " bytes");
        }
        return there - PREFIX >= length;
    }

    /** What {@link #frameOffset} counts in. */
    MemorySegment frameMemory() {
        return inMemory;
    }

    /** Where the frame lies; only if there is one. */
    int frameOffset() {
        return next + PREFIX;
    }

    /** Its bytes. */
    int frameLength() {
        return in.getInt(next);
    }

    /** Goes on to the next frame. */
    void removeFrame() {
        next += PREFIX + in.getInt(next);
        if (next == in.position()) {
            in.clear();
            next = 0;
        }
    }

    // ---- writing

    /** Whether there is room for so many more frames of any length. */
    boolean hasRoom(int frames) {
        return out.remaining() >= frames * LONGEST;
    }

    /** Adds a frame; only if there is room. */
    void add(MemorySegment memory, long offset, int length) {
        out.putInt(length);
        MemorySegment.copy(memory, offset, outMemory, out.position(), length);
        out.position(out.position() + length);
    }

    /**
     * Writes what the stream takes.
     *
     * @return whether everything was written
     */
    boolean flush(WritableByteChannel to) throws IOException {
        if (out.position() == 0) {
            return true;
        }
        out.flip();
        try {
            to.write(out);
        } finally {
            out.compact();
        }
        return out.position() == 0;
    }
}
