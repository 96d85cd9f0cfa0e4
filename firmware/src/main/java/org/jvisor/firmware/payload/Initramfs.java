package org.jvisor.firmware.payload;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import org.tukaani.xz.SingleXZInputStream;

/**
 * Turns an initial RAM file system as Linux takes it (Documentation/driver-api/early-userspace/
 * buffer-format.rst: cpio archives one after the other, any of them compressed, with zeros between
 * them) into one that has the same archives uncompressed.
 */
public final class Initramfs {
    /** "07070": the formats newc (070701) and crc (070702). */
    private static final byte[] CPIO = {'0', '7', '0', '7', '0'};

    private static final byte[] TRAILER = {'T', 'R', 'A', 'I', 'L', 'E', 'R', '!', '!', '!', 0};

    /** Bytes of a cpio header; offsets of two of its fields, of 8 hexadecimal digits. */
    private static final int HEADER = 110, FILE_SIZE = 54, NAME_SIZE = 94;

    private static final int CHUNK = 256 << 10;

    private final byte[] data;

    private Initramfs(byte[] data) {
        this.data = data;
    }

    /**
     * Unpacks a whole file.
     *
     * @param data all of it
     * @param sink takes the archives, uncompressed
     * @return how many bytes it took
     * @throws PayloadException if it is damaged or anything that only the kernel understands
     * @throws E what the sink throws
     */
    public static <E extends Exception> long unpack(byte[] data, Sink<E> sink)
            throws PayloadException, E {
        Initramfs file = new Initramfs(data);
        Output<E> out = new Output<>(sink);
        int at = 0;
        while (true) {
            while (at < data.length && data[at] == 0) {
                at++;
            }
            if (at == data.length) {
                out.check();
                return out.total;
            }
            out.check();
            out.align();
            if (startsWith(data, at, CPIO)) {
                int end = file.endOfArchive(at);
                out.accept(data, at, end - at);
                at = end;
            } else {
                at = file.unpackAt(at, out);
            }
        }
    }

    /** Unpacks the compressed archive at {@code at}; the offset after it. */
    private <E extends Exception> int unpackAt(int at, Output<E> out) throws PayloadException, E {
        Compression format = Compression.detect(data, at, data.length - at);
        out.expectArchive();
        switch (format) {
            case GZIP -> {
                return Gzip.unpack(data, at, data.length, out);
            }
            case XZ -> {
                return xz(at, out);
            }
            case ZSTD -> Zstd.unpack(data, at, data.length - at, out);
            case LZ4 -> Lz4Legacy.unpack(data, at, data.length - at, out);
            case null, default -> throw new PayloadException("an archive of an unknown format");
        }
        return data.length;
    }

    private <E extends Exception> int xz(int at, Output<E> out) throws PayloadException, E {
        ByteArrayInputStream rest = new ByteArrayInputStream(data, at, data.length - at);
        byte[] chunk = new byte[CHUNK];
        try (SingleXZInputStream in = new SingleXZInputStream(rest)) {
            int count;
            while ((count = read(in, chunk)) >= 0) {
                if (count > 0) {
                    out.accept(chunk, 0, count);
                }
            }
        } catch (PayloadException e) {
            throw e;
        } catch (IOException e) {
            throw new PayloadException("damaged xz data: " + e.getMessage(), e);
        }
        return data.length - rest.available();
    }

    private static int read(SingleXZInputStream in, byte[] chunk) throws PayloadException {
        try {
            return in.read(chunk);
        } catch (IOException | RuntimeException e) {
            throw new PayloadException("damaged xz data: " + e.getMessage(), e);
        }
    }

    // ---- cpio (buffer-format.rst) ----

    /** The offset after the trailer of the archive at {@code start}. */
    private int endOfArchive(int start) throws PayloadException {
        long at = start;
        while (true) {
            if (at + HEADER > data.length || !startsWith(data, (int) at, CPIO)) {
                throw new PayloadException("a damaged cpio archive");
            }
            long nameSize = number((int) at + NAME_SIZE);
            long name = at + HEADER;
            long file = align(name + nameSize - start) + start;
            boolean last = nameSize == TRAILER.length && startsWith(data, (int) name, TRAILER);
            at = align(file + number((int) at + FILE_SIZE) - start) + start;
            if (last) {
                return (int) Math.min(file, data.length);
            }
        }
    }

    private static long align(long offset) {
        return offset + 3 & ~3L;
    }

    private long number(int at) throws PayloadException {
        long value = 0;
        for (int i = at; i < at + 8; i++) {
            int digit = Character.digit(data[i], 16);
            if (digit < 0) {
                throw new PayloadException("a damaged cpio archive");
            }
            value = value << 4 | digit;
        }
        return value;
    }

    private static boolean startsWith(byte[] data, int at, byte[] start) {
        return at + start.length <= data.length
                && java.util.Arrays.equals(data, at, at + start.length, start, 0, start.length);
    }

    /** Counts and aligns, and checks that what was unpacked is a cpio archive. */
    private static final class Output<E extends Exception> implements Sink<E> {
        private final Sink<E> sink;
        private long total;
        private boolean expecting;
        private boolean wrong;

        Output(Sink<E> sink) {
            this.sink = sink;
        }

        /** Archives start at multiples of 4. */
        void align() throws E {
            int gap = (int) -total & 3;
            if (gap > 0) {
                accept(new byte[gap], 0, gap);
            }
        }

        void expectArchive() {
            expecting = true;
        }

        void check() throws PayloadException {
            if (wrong || expecting) {
                throw new PayloadException("compressed data that is no cpio archive");
            }
        }

        @Override
        public void accept(byte[] bytes, int offset, int length) throws E {
            if (expecting) {
                wrong |= length < CPIO.length || !startsWith(bytes, offset, CPIO);
                expecting = false;
            }
            total += length;
            sink.accept(bytes, offset, length);
        }
    }
}
