package org.jvisor.firmware.payload;

import io.airlift.compress.v3.lz4.Lz4JavaCompressor;
import io.airlift.compress.v3.zstd.ZstdJavaCompressor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorOutputStream;
import org.tukaani.xz.FilterOptions;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.LZMAOutputStream;
import org.tukaani.xz.X86Options;
import org.tukaani.xz.XZ;
import org.tukaani.xz.XZOutputStream;

/** Packs kernels as Linux's build does, the appended size included. */
public final class Packer {
    private static final int LZ4_BLOCK = 8 << 20;

    private Packer() {}

    /** Reproducible data with runs, repetitions near and far, and noise. */
    public static byte[] sample(int size) {
        Random random = new Random(42);
        byte[] data = new byte[size];
        int at = 0;
        while (at < size) {
            int run = Math.min(size - at, 1 + random.nextInt(400));
            switch (random.nextInt(4)) {
                case 0 -> Arrays.fill(data, at, at + run, (byte) random.nextInt(4));
                case 1 -> {
                    byte[] noise = new byte[run];
                    random.nextBytes(noise);
                    System.arraycopy(noise, 0, data, at, run);
                }
                case 2 -> {
                    int back = at == 0 ? 0 : 1 + random.nextInt(at);
                    for (int i = 0; i < run && back > 0; i++) {
                        data[at + i] = data[at + i - back];
                    }
                }
                default -> {
                    for (int i = 0; i < run; i++) {
                        data[at + i] = (byte) ('a' + Math.abs(random.nextGaussian()) * 5);
                    }
                }
            }
            at += run;
        }
        return data;
    }

    /** Packs, and appends the size where Linux's build does. */
    public static byte[] pack(Compression format, byte[] data) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        switch (format) {
            case GZIP -> write(new GZIPOutputStream(out), data);
            case XZ ->
                    write(
                            new XZOutputStream(
                                    out,
                                    new FilterOptions[] {new X86Options(), new LZMA2Options(1)},
                                    XZ.CHECK_CRC32),
                            data);
            case LZMA -> write(new LZMAOutputStream(out, new LZMA2Options(1), -1), data);
            case BZIP2 -> write(new BZip2CompressorOutputStream(out, 1), data);
            case LZ4 -> lz4(out, data);
            case ZSTD -> zstd(out, data);
            case NONE -> out.writeBytes(data);
            case LZO -> out.writeBytes(new byte[] {(byte) 0x89, 'L', 'Z', 'O'});
        }
        if (format != Compression.GZIP) {
            out.writeBytes(int32(data.length));
        }
        return out.toByteArray();
    }

    private static void write(OutputStream packer, byte[] data) throws IOException {
        try (packer) {
            packer.write(data);
        }
    }

    private static void zstd(ByteArrayOutputStream out, byte[] data) {
        ZstdJavaCompressor packer = new ZstdJavaCompressor();
        byte[] packed = new byte[packer.maxCompressedLength(data.length)];
        int size = packer.compress(data, 0, data.length, packed, 0, packed.length);
        out.write(packed, 0, size);
    }

    private static void lz4(ByteArrayOutputStream out, byte[] data) {
        Lz4JavaCompressor packer = new Lz4JavaCompressor();
        out.writeBytes(int32(0x184c2102));
        for (int at = 0; at < data.length; at += LZ4_BLOCK) {
            int length = Math.min(LZ4_BLOCK, data.length - at);
            byte[] block = new byte[packer.maxCompressedLength(length)];
            int size = packer.compress(data, at, length, block, 0, block.length);
            out.writeBytes(int32(size));
            out.write(block, 0, size);
        }
    }

    private static byte[] int32(int value) {
        return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
    }
}
