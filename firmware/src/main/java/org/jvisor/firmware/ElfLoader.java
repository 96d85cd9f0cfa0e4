package org.jvisor.firmware;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.OptionalLong;
import org.jvisor.firmware.BootException.Reason;
import org.jvisor.firmware.ElfHeader.MalformedElfException;
import org.jvisor.vmm.api.GuestMemory;

/** Puts the segments of an ELF file to their physical addresses. */
final class ElfLoader {
    /** A PVH entry point: owner "Xen", this type (Xen: public/elfnote.h). */
    private static final int XEN_ELFNOTE_PHYS32_ENTRY = 18;

    /** No kernel's notes are larger. */
    private static final long MAX_NOTES = 1 << 20;

    private ElfLoader() {}

    /** Loads all segments from a file. */
    static void load(ImageFile file, ElfHeader header, GuestSpace space) throws BootException {
        List<ElfHeader.Segment> segments;
        try {
            segments = header.loadable();
        } catch (MalformedElfException e) {
            throw notAKernel(file, e);
        }
        claim(segments, space, file.tried());
        for (ElfHeader.Segment segment : segments) {
            file.copyTo(
                    segment.offset(),
                    segment.fileSize(),
                    "ELF segment",
                    space.memory(),
                    segment.paddr());
            clearRest(segment, space.memory());
        }
    }

    /** Takes the memory of all segments; adjacent ones may share a page but not bytes. */
    static void claim(List<ElfHeader.Segment> segments, GuestSpace space, String tried)
            throws BootException {
        for (ElfHeader.Segment segment : segments) {
            space.claim(segment.paddr(), segment.memorySize(), tried, "the kernel");
        }
    }

    /** Clears the part of a segment that the file does not hold (bss). */
    static void clearRest(ElfHeader.Segment segment, GuestMemory memory) {
        long rest = segment.memorySize() - segment.fileSize();
        if (rest > 0) {
            long at = segment.paddr() + segment.fileSize();
            memory.slice(at, rest).fill((byte) 0);
            memory.written(at, rest);
        }
    }

    /** The physical address of the PVH entry, if the file has the note. */
    static OptionalLong pvhEntry(ImageFile file, ElfHeader header) throws BootException {
        for (ElfHeader.Segment segment : header.segments()) {
            if (segment.type() != ElfHeader.PT_NOTE
                    || segment.fileSize() < 0
                    || segment.fileSize() > MAX_NOTES) {
                continue;
            }
            OptionalLong entry =
                    pvhEntry(file.read(segment.offset(), segment.fileSize(), "ELF notes"));
            if (entry.isPresent()) {
                return entry;
            }
        }
        return OptionalLong.empty();
    }

    private static OptionalLong pvhEntry(byte[] notes) {
        ByteBuffer in = ByteBuffer.wrap(notes).order(ByteOrder.LITTLE_ENDIAN);
        long at = 0;
        while (at + 12 <= notes.length) {
            long nameSize = Integer.toUnsignedLong(in.getInt((int) at));
            long contentSize = Integer.toUnsignedLong(in.getInt((int) at + 4));
            int type = in.getInt((int) at + 8);
            long content = at + 12 + GuestSpace.align(nameSize, 4);
            if (content + contentSize > notes.length) {
                break;
            }
            boolean xen = nameSize == 4 && in.getInt((int) at + 12) == ('X' | 'e' << 8 | 'n' << 16);
            if (xen && type == XEN_ELFNOTE_PHYS32_ENTRY && contentSize >= 4) {
                return OptionalLong.of(Integer.toUnsignedLong(in.getInt((int) content)));
            }
            at = content + GuestSpace.align(contentSize, 4);
        }
        return OptionalLong.empty();
    }

    static BootException notAKernel(ImageFile file, MalformedElfException e) {
        return new BootException(
                Reason.NOT_A_KERNEL, file.tried(), e.found(), "give an x86-64 kernel");
    }
}
