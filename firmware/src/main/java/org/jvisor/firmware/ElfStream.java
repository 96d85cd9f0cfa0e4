package org.jvisor.firmware;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.jvisor.firmware.BootException.Reason;
import org.jvisor.firmware.ElfHeader.MalformedElfException;
import org.jvisor.firmware.payload.Sink;

/**
 * Takes an ELF file as a stream of bytes and puts each loadable segment straight to its physical
 * address as it comes by, so that an unpacked kernel is never held in memory besides.
 */
final class ElfStream implements Sink<BootException> {
    /** No kernel is as large; damaged data may unpack to almost anything. */
    private static final long MAX_SIZE = 1L << 32;

    private final GuestSpace space;
    private final String tried;

    /** The first bytes, until the program headers are complete. */
    private byte[] head = new byte[ElfHeader.MAX_HEAD];

    private long position;
    private @Nullable ElfHeader header;
    private List<ElfHeader.Segment> segments = List.of();

    ElfStream(GuestSpace space, String tried) {
        this.space = space;
        this.tried = tried;
    }

    @Override
    public void accept(byte[] bytes, int offset, int length) throws BootException {
        if (position + length > MAX_SIZE) {
            throw new BootException(
                    Reason.DAMAGED, tried, "it unpacks to more than 4 GiB", "reinstall the kernel");
        }
        if (header != null) {
            place(bytes, offset, length);
            position += length;
            return;
        }
        int taken = Math.min(length, head.length - (int) position);
        System.arraycopy(bytes, offset, head, (int) position, taken);
        position += taken;
        if (!parseHead()) {
            return;
        }
        long known = position;
        position = 0;
        place(head, 0, (int) known);
        head = new byte[0];
        position = known;
        if (length > taken) {
            accept(bytes, offset + taken, length - taken);
        }
    }

    private boolean parseHead() throws BootException {
        if (position < ElfHeader.MIN_HEAD) {
            return false;
        }
        try {
            if (position < ElfHeader.headSize(head)) {
                return false;
            }
            ElfHeader parsed = ElfHeader.parse(head);
            check(parsed);
            segments = parsed.loadable();
            ElfLoader.claim(segments, space, tried);
            header = parsed;
            return true;
        } catch (MalformedElfException e) {
            throw new BootException(
                    Reason.DAMAGED,
                    tried,
                    "its unpacked kernel is damaged (" + e.found() + ")",
                    "reinstall the kernel");
        }
    }

    private void check(ElfHeader parsed) throws BootException {
        if (!parsed.wide()) {
            throw new BootException(
                    Reason.NOT_64_BIT,
                    tried,
                    "it is a 32-bit kernel without a 64-bit entry",
                    "use a 64-bit (amd64) kernel");
        }
        if (parsed.machine() != ElfHeader.EM_X86_64) {
            throw new BootException(
                    Reason.NOT_A_KERNEL,
                    tried,
                    "its unpacked kernel is for another processor (ELF machine "
                            + parsed.machine()
                            + ")",
                    "use an x86-64 kernel");
        }
    }

    private void place(byte[] bytes, int offset, int length) {
        long end = position + length;
        for (ElfHeader.Segment segment : segments) {
            long from = Math.max(position, segment.offset());
            long to = Math.min(end, segment.offset() + segment.fileSize());
            if (from < to) {
                space.memory()
                        .write(
                                segment.paddr() + from - segment.offset(),
                                MemorySegment.ofArray(bytes)
                                        .asSlice(offset + from - position, to - from));
            }
        }
    }

    /**
     * Ends the stream: checks that every segment came, and clears what lies beyond each one's file
     * contents.
     */
    ElfHeader finish() throws BootException {
        ElfHeader parsed = header;
        if (parsed == null) {
            throw new BootException(
                    Reason.DAMAGED,
                    tried,
                    "it unpacks to %d bytes that are no ELF file (they start with %s)"
                            .formatted(
                                    position,
                                    java.util.HexFormat.of()
                                            .formatHex(
                                                    Arrays.copyOf(
                                                            head, (int) Math.min(position, 4)))),
                    "reinstall the kernel");
        }
        for (ElfHeader.Segment segment : segments) {
            if (segment.offset() + segment.fileSize() > position) {
                throw new BootException(
                        Reason.DAMAGED,
                        tried,
                        "its unpacked kernel ends at byte %d, inside a segment".formatted(position),
                        "reinstall the kernel");
            }
            ElfLoader.clearRest(segment, space.memory());
        }
        return parsed;
    }
}
