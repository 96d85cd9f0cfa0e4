package org.jvisor.firmware;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * The file header and program headers of an ELF file (gABI chapters 4 and 5), 32- or 64-bit,
 * little-endian.
 *
 * @param wide ELFCLASS64
 * @param type e_type
 * @param machine e_machine
 * @param entry e_entry
 * @param segments the program headers
 */
record ElfHeader(boolean wide, int type, int machine, long entry, List<Segment> segments) {
    static final int ET_EXEC = 2;
    static final int ET_DYN = 3;
    static final int EM_386 = 3;
    static final int EM_X86_64 = 62;
    static final int PT_LOAD = 1;
    static final int PT_INTERP = 3;
    static final int PT_NOTE = 4;

    /** Bytes that hold the file header of either class. */
    static final int MIN_HEAD = 64;

    /** No program header table of a kernel ends further into the file than this. */
    static final int MAX_HEAD = 64 << 10;

    /** One program header; addresses and sizes are unsigned and as found. */
    record Segment(int type, long offset, long vaddr, long paddr, long fileSize, long memorySize) {}

    /** A header that makes no sense; the message is half a sentence. */
    static final class MalformedElfException extends Exception {
        private static final long serialVersionUID = 1L;

        private final String found;

        MalformedElfException(String found) {
            super(found);
            this.found = found;
        }

        String found() {
            return found;
        }
    }

    static boolean isElf(byte[] head) {
        return head.length >= MIN_HEAD
                && head[0] == 0x7f
                && head[1] == 'E'
                && head[2] == 'L'
                && head[3] == 'F';
    }

    /**
     * How many bytes from the start of the file {@link #parse} needs.
     *
     * @param head at least {@link #MIN_HEAD} bytes
     */
    static int headSize(byte[] head) throws MalformedElfException {
        ByteBuffer in = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN);
        if (!isElf(head)) {
            throw new MalformedElfException("it is not an ELF file");
        }
        int fileClass = head[4];
        if (head[5] != 1 || (fileClass != 1 && fileClass != 2)) {
            throw new MalformedElfException("it is a big-endian or malformed ELF file");
        }
        boolean wide = fileClass == 2;
        long offset = wide ? in.getLong(32) : Integer.toUnsignedLong(in.getInt(28));
        int entrySize = Short.toUnsignedInt(in.getShort(wide ? 54 : 42));
        int count = Short.toUnsignedInt(in.getShort(wide ? 56 : 44));
        if (count == 0 || offset == 0) {
            throw new MalformedElfException("it is an ELF file without program headers");
        }
        if (entrySize != (wide ? 56 : 32) || offset < 0 || offset > MAX_HEAD) {
            throw new MalformedElfException("its ELF program headers are malformed");
        }
        long end = offset + (long) count * entrySize;
        if (end > MAX_HEAD) {
            throw new MalformedElfException("it has " + count + " ELF program headers");
        }
        return (int) Math.max(end, MIN_HEAD);
    }

    /** Parses a header whose {@link #headSize} bytes are all there. */
    static ElfHeader parse(byte[] head) throws MalformedElfException {
        int size = headSize(head);
        if (head.length < size) {
            throw new MalformedElfException("its ELF program headers are cut off");
        }
        ByteBuffer in = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN);
        boolean wide = head[4] == 2;
        int table = (int) (wide ? in.getLong(32) : in.getInt(28));
        int entrySize = wide ? 56 : 32;
        int count = Short.toUnsignedInt(in.getShort(wide ? 56 : 44));
        List<Segment> segments = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int at = table + i * entrySize;
            segments.add(wide ? segment64(in, at) : segment32(in, at));
        }
        long entry = wide ? in.getLong(24) : Integer.toUnsignedLong(in.getInt(24));
        return new ElfHeader(
                wide,
                Short.toUnsignedInt(in.getShort(16)),
                Short.toUnsignedInt(in.getShort(18)),
                entry,
                List.copyOf(segments));
    }

    private static Segment segment64(ByteBuffer in, int at) {
        return new Segment(
                in.getInt(at),
                in.getLong(at + 8),
                in.getLong(at + 16),
                in.getLong(at + 24),
                in.getLong(at + 32),
                in.getLong(at + 40));
    }

    private static Segment segment32(ByteBuffer in, int at) {
        return new Segment(
                in.getInt(at),
                Integer.toUnsignedLong(in.getInt(at + 4)),
                Integer.toUnsignedLong(in.getInt(at + 8)),
                Integer.toUnsignedLong(in.getInt(at + 12)),
                Integer.toUnsignedLong(in.getInt(at + 16)),
                Integer.toUnsignedLong(in.getInt(at + 20)));
    }

    /**
     * The segments to load, checked: sizes are sane and there is at least one.
     *
     * @throws MalformedElfException if not
     */
    List<Segment> loadable() throws MalformedElfException {
        List<Segment> found = new ArrayList<>();
        for (Segment segment : segments) {
            if (segment.type != PT_LOAD || segment.memorySize == 0) {
                continue;
            }
            if (segment.offset < 0
                    || segment.fileSize < 0
                    || segment.memorySize < 0
                    || segment.fileSize > segment.memorySize
                    || segment.offset + segment.fileSize < 0) {
                throw new MalformedElfException("one of its ELF segments has impossible sizes");
            }
            found.add(segment);
        }
        if (found.isEmpty()) {
            throw new MalformedElfException("it is an ELF file with nothing to load");
        }
        return found;
    }

    /** The physical address of the entry point, which the header may give as a virtual one. */
    long physicalEntry() {
        for (Segment segment : segments) {
            if (segment.type == PT_LOAD && inside(entry, segment.paddr, segment.memorySize)) {
                return entry;
            }
        }
        for (Segment segment : segments) {
            if (segment.type == PT_LOAD && inside(entry, segment.vaddr, segment.memorySize)) {
                return entry - segment.vaddr + segment.paddr;
            }
        }
        return entry;
    }

    /** Whether any segment is linked to the upper half of the address space, as Linux is. */
    boolean linkedHigh() {
        return segments.stream().anyMatch(s -> s.type == PT_LOAD && s.vaddr < 0);
    }

    boolean has(int type) {
        return segments.stream().anyMatch(s -> s.type == type);
    }

    private static boolean inside(long address, long base, long size) {
        return Long.compareUnsigned(address - base, size) < 0;
    }
}
