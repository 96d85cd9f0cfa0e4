package org.jvisor.firmware.payload;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The legacy LZ4 frame that {@code lz4 -l} writes and Linux uses: a magic number, then blocks of a
 * 32-bit packed size and an LZ4 block that unpacks to 8 MiB (the last one to less). Linux's build
 * appends the unpacked size, which is too short to be another block.
 *
 * <p>The blocks do not depend on each other: a second thread unpacks every other one.
 */
final class Lz4Legacy {
    private static final int MAGIC = 0x184c_2102;
    private static final int BLOCK = 8 << 20;

    /** The largest packed size of an incompressible block (lz4.h, LZ4_COMPRESSBOUND). */
    private static final int MAX_PACKED = BLOCK + BLOCK / 255 + 16;

    /** A block in the packed data. */
    private record Packed(int at, int end) {}

    private Lz4Legacy() {}

    static <E extends Exception> void unpack(byte[] data, int offset, int length, Sink<E> sink)
            throws PayloadException, E {
        List<Packed> blocks = blocks(data, offset, length);
        byte[] mine = new byte[BLOCK];
        byte[] others = new byte[blocks.size() > 1 ? BLOCK : 0];
        for (int i = 0; i < blocks.size(); i += 2) {
            Packed block = blocks.get(i);
            Helper helper = null;
            if (i + 1 < blocks.size()) {
                helper = new Helper(data, blocks.get(i + 1), others);
                helper.start();
            }
            try {
                int produced = Lz4Block.unpack(data, block.at, block.end, mine);
                sink.accept(mine, 0, produced);
            } finally {
                if (helper != null) {
                    helper.await();
                }
            }
            if (helper != null) {
                sink.accept(others, 0, helper.produced());
            }
        }
    }

    private static List<Packed> blocks(byte[] data, int offset, int length)
            throws PayloadException {
        List<Packed> blocks = new ArrayList<>();
        int end = offset + length;
        int at = offset + 4;
        while (end - at > 4) {
            int packed = Bytes.int32(data, at);
            at += 4;
            if (packed == MAGIC) { // concatenated frames
                continue;
            }
            if (packed <= 0 || packed > MAX_PACKED || packed > end - at) {
                throw new PayloadException(
                        "damaged lz4 data: a block of %d bytes where %d are left"
                                .formatted(Integer.toUnsignedLong(packed), end - at));
            }
            blocks.add(new Packed(at, at + packed));
            at += packed;
        }
        return blocks;
    }

    /** Unpacks one block on a thread of its own. */
    private static final class Helper implements Runnable {
        private final byte[] data;
        private final Packed block;
        private final byte[] out;
        private final Thread thread;
        private int produced;
        private @Nullable Throwable failure;

        Helper(byte[] data, Packed block, byte[] out) {
            this.data = data;
            this.block = block;
            this.out = out;
            thread = Thread.ofPlatform().daemon().name("unpack").unstarted(this);
        }

        void start() {
            thread.start();
        }

        @Override
        public void run() {
            try {
                produced = Lz4Block.unpack(data, block.at, block.end, out);
            } catch (PayloadException | RuntimeException | Error e) {
                failure = e;
            }
        }

        /** Waits until it no longer touches its arrays. */
        void await() {
            boolean interrupted = false;
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }

        /** The bytes produced; only after {@link #await}. */
        int produced() throws PayloadException {
            switch (failure) {
                case null -> {}
                case PayloadException e -> throw e;
                case Error e -> throw e;
                default -> throw new IllegalStateException(failure);
            }
            return produced;
        }
    }
}
