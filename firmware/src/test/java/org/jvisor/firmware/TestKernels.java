package org.jvisor.firmware;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jvisor.firmware.payload.Compression;
import org.jvisor.firmware.payload.Packer;

/** Builds kernels of every kind, as small as they can be. */
final class TestKernels {
    /** Where the ELF kernels are linked to run. */
    static final long ADDRESS = 0x100_0000;

    /** Bytes cleared after the code. */
    static final int BSS = 5000;

    private static final byte[] CODE = Packer.sample(200_000);
    private static final Map<Compression, byte[]> PACKED = new ConcurrentHashMap<>();

    /** Makes {@link #elf} leave out the note. */
    static final byte[] NO_NOTE = {};

    private static final int PT_LOAD = 1, PT_NOTE = 4;

    private TestKernels() {}

    /** Bytes that stand for a kernel's code. */
    static byte[] code() {
        return CODE.clone();
    }

    /** A vmlinux: linked high, loaded at {@link #ADDRESS}, entered at its 16th byte. */
    static byte[] vmlinux() {
        return elf(true, 62, 0xffff_ffff_8100_0000L, ADDRESS + 16, NO_NOTE);
    }

    /** A vmlinux with a PVH note. */
    static byte[] pvh(int entry) {
        byte[] note = new byte[20];
        little(note).putInt(4).putInt(4).putInt(18).put(ascii("Xen\0")).putInt(entry);
        return elf(true, 62, 0xffff_ffff_8100_0000L, ADDRESS, note);
    }

    /** An ELF32 file with a Multiboot header at the start of its code. */
    static byte[] multibootElf(int flags) {
        byte[] file = elf(false, 3, ADDRESS, ADDRESS + 32, NO_NOTE);
        multibootHeader(file, 4096, flags);
        return file;
    }

    static void multibootHeader(byte[] file, int at, int flags, int... fields) {
        ByteBuffer out = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).position(at);
        out.putInt(0x1bad_b002).putInt(flags).putInt(-(0x1bad_b002 + flags));
        for (int field : fields) {
            out.putInt(field);
        }
    }

    /** An ELF file with one loadable segment, its contents at offset 4096, and perhaps a note. */
    static byte[] elf(boolean wide, int machine, long vaddr, long entry, byte[] note) {
        byte[] code = code();
        byte[] file = new byte[4096 + code.length + note.length];
        ByteBuffer out = little(file);
        int header = wide ? 64 : 52;
        out.put(ascii("\u007fELF")).put((byte) (wide ? 2 : 1)).put((byte) 1).put((byte) 1);
        out.putShort(16, (short) 2).putShort(18, (short) machine).putInt(20, 1);
        if (wide) {
            out.putLong(24, entry).putLong(32, header);
        } else {
            out.putInt(24, (int) entry).putInt(28, header);
        }
        out.putShort(wide ? 52 : 40, (short) header);
        out.putShort(wide ? 54 : 42, (short) (wide ? 56 : 32));
        out.putShort(wide ? 56 : 44, (short) (note.length == 0 ? 1 : 2));
        segment(out, wide, header, PT_LOAD, 4096, vaddr, code.length, code.length + BSS);
        out.put(4096, code);
        if (note.length > 0) {
            int at = 4096 + code.length;
            segment(out, wide, header + 56, PT_NOTE, at, 0, note.length, note.length);
            out.put(at, note);
        }
        return file;
    }

    private static void segment(
            ByteBuffer out,
            boolean wide,
            int at,
            int type,
            int offset,
            long vaddr,
            int fileSize,
            int memorySize) {
        out.position(at);
        if (wide) {
            out.putInt(type).putInt(7).putLong(offset).putLong(vaddr).putLong(ADDRESS);
            out.putLong(fileSize).putLong(memorySize).putLong(4096);
        } else {
            out.putInt(type).putInt(offset).putInt((int) vaddr).putInt((int) ADDRESS);
            out.putInt(fileSize).putInt(memorySize).putInt(7).putInt(4096);
        }
        out.position(0);
    }

    /** A bzImage with one setup sector whose payload is a packed {@link #vmlinux}. */
    static byte[] bzImage(Compression format) {
        return bzImage(PACKED.computeIfAbsent(format, TestKernels::packedVmlinux));
    }

    private static byte[] packedVmlinux(Compression format) {
        try {
            return Packer.pack(format, vmlinux());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A bzImage with this payload. */
    static byte[] bzImage(byte[] payload) {
        int setup = 1024;
        int payloadOffset = 0x400;
        int system = (payloadOffset + payload.length + 15) / 16 * 16;
        byte[] file = new byte[setup + system];
        ByteBuffer out = little(file);
        out.put(0x1f1, (byte) 1).putInt(0x1f4, system / 16).putShort(0x1fe, (short) 0xaa55);
        out.putShort(0x200, (short) 0x6aeb)
                .put(0x202, ascii("HdrS"))
                .putShort(0x206, (short) 0x20f);
        out.put(0x211, (byte) 1).putInt(0x22c, 0x7fff_ffff).putInt(0x230, 0x20_0000);
        out.put(0x234, (byte) 1).putShort(0x236, (short) 3).putInt(0x238, 2047);
        out.putInt(0x248, payloadOffset).putInt(0x24c, payload.length);
        out.putLong(0x258, ADDRESS).putInt(0x260, 0x10_0000);
        out.put(setup + payloadOffset, payload);
        return file;
    }

    /** The same image with a 16-bit field of its header changed. */
    static byte[] with16(byte[] image, int offset, int value) {
        byte[] copy = image.clone();
        ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN).putShort(offset, (short) value);
        return copy;
    }

    /** The same image with a 32-bit field of its header changed. */
    static byte[] with32(byte[] image, int offset, int value) {
        byte[] copy = image.clone();
        ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN).putInt(offset, value);
        return copy;
    }

    static byte[] cut(byte[] image, int length) {
        return Arrays.copyOf(image, length);
    }

    private static ByteBuffer little(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
