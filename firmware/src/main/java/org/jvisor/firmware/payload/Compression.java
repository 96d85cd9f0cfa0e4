package org.jvisor.firmware.payload;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.jspecify.annotations.Nullable;
import org.tukaani.xz.LZMAInputStream;
import org.tukaani.xz.SingleXZInputStream;

/**
 * The formats a kernel's payload comes in (Linux: Documentation/arch/x86/boot.rst, field
 * payload_offset). All but gzip are followed by four bytes with the unpacked size, which Linux's
 * build appends.
 */
public enum Compression {
    /** RFC 1952. */
    GZIP("\u001f\u008b"),
    /** The .xz container, with the x86 filter. */
    XZ("\u00fd7zXZ\0"),
    /** The older .lzma container. */
    LZMA("]\0\0"),
    /** bzip2. */
    BZIP2("BZh"),
    /** The legacy LZ4 frame: 8 MiB blocks, no checksums. */
    LZ4("\u0002!L\u0018"),
    /** RFC 8878. */
    ZSTD("(\u00b5/\u00fd"),
    /** An ELF file as it is. */
    NONE("\u007fELF"),
    /** lzop; recognised, but left to the kernel's own code. */
    LZO("\u0089LZO");

    private static final int CHUNK = 256 << 10;

    /** The first bytes, a character each. */
    private final String magic;

    Compression(String magic) {
        this.magic = magic;
    }

    /**
     * The format that data starts with.
     *
     * @return null if none is known
     */
    public static @Nullable Compression detect(byte[] data, int offset, int length) {
        for (Compression format : values()) {
            if (format.startsHere(data, offset, length)) {
                return format;
            }
        }
        return null;
    }

    private boolean startsHere(byte[] data, int offset, int length) {
        if (length < magic.length()) {
            return false;
        }
        for (int i = 0; i < magic.length(); i++) {
            if ((data[offset + i] & 0xff) != magic.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** The format's usual name. */
    public String label() {
        return this == NONE ? "uncompressed" : name().toLowerCase(Locale.ROOT);
    }

    /** Whether {@link #unpack} can. */
    public boolean supported() {
        return this != LZO;
    }

    /**
     * Unpacks a kernel's payload.
     *
     * @param data holds it
     * @param offset of its first byte
     * @param length bytes, the appended size included
     * @param sink takes the unpacked bytes
     * @return how many bytes it took
     * @throws PayloadException if the data is damaged or cut short
     * @throws E what the sink throws
     */
    public <E extends Exception> long unpack(byte[] data, int offset, int length, Sink<E> sink)
            throws PayloadException, E {
        Counter<E> counter = new Counter<>(sink);
        switch (this) {
            case LZ4 -> Lz4Legacy.unpack(data, offset, length, counter);
            case ZSTD -> Zstd.unpack(data, offset, length, counter);
            case NONE -> counter.accept(data, offset, length);
            case LZO -> throw new PayloadException("lzop data cannot be unpacked here");
            default -> stream(data, offset, length, counter);
        }
        if (this != GZIP && this != NONE && length >= 4) {
            checkSize(data, offset + length - 4, counter.total);
        }
        return counter.total;
    }

    private <E extends Exception> void stream(byte[] data, int offset, int length, Sink<E> sink)
            throws PayloadException, E {
        byte[] chunk = new byte[CHUNK];
        try (InputStream in = open(new ByteArrayInputStream(data, offset, length))) {
            while (true) {
                int count = read(in, chunk);
                if (count < 0) {
                    return;
                }
                if (count > 0) {
                    sink.accept(chunk, 0, count);
                }
            }
        } catch (PayloadException e) {
            throw e;
        } catch (IOException e) {
            throw damaged(e);
        }
    }

    /** Reads, turning what third-party decoders throw on damaged data into one exception. */
    private int read(InputStream in, byte[] chunk) throws PayloadException {
        try {
            return in.read(chunk);
        } catch (IOException | RuntimeException e) {
            throw damaged(e);
        }
    }

    private PayloadException damaged(Exception e) {
        String what =
                e instanceof EOFException || e.getMessage() == null
                        ? "the data ends early"
                        : e.getMessage();
        return new PayloadException("damaged " + label() + " data: " + what, e);
    }

    private InputStream open(InputStream in) throws PayloadException {
        try {
            return switch (this) {
                case GZIP -> new GZIPInputStream(in, CHUNK);
                case XZ -> new SingleXZInputStream(in);
                case LZMA -> new LZMAInputStream(in);
                case BZIP2 -> new BZip2CompressorInputStream(in);
                default -> throw new IllegalStateException(name());
            };
        } catch (IOException | RuntimeException e) {
            throw damaged(e);
        }
    }

    private void checkSize(byte[] data, int offset, long total) throws PayloadException {
        long said = Integer.toUnsignedLong(Bytes.int32(data, offset));
        if (said != (total & 0xffff_ffffL)) {
            throw new PayloadException(
                    "damaged "
                            + label()
                            + " data: it unpacked to "
                            + total
                            + " bytes where "
                            + said
                            + " were announced");
        }
    }

    private static final class Counter<E extends Exception> implements Sink<E> {
        private final Sink<E> sink;
        private long total;

        Counter(Sink<E> sink) {
            this.sink = sink;
        }

        @Override
        public void accept(byte[] bytes, int offset, int length) throws E {
            total += length;
            sink.accept(bytes, offset, length);
        }
    }
}
