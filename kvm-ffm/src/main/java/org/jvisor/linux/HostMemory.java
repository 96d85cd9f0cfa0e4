package org.jvisor.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.jvisor.linux.bindings.linux_h;
import org.jvisor.linux.calls.MemoryCalls;
import org.jvisor.linux.calls.StreamCalls;

/**
 * A mapping of the host's memory, such as the RAM of a guest. It costs the host only the pages that
 * were touched. Any thread may use it; after {@link #close} every access through {@link #segment}
 * throws {@link IllegalStateException}.
 *
 * <p>A virtual machine that runs on the memory must be closed first.
 */
public final class HostMemory implements AutoCloseable {
    /** Bytes of an ordinary page. */
    public static final long PAGE_SIZE = 4096;

    /** x86's flag of mmap for an address below 2 GiB. */
    static final int MAP_32BIT = linux_h.MAP_32BIT();

    private final Arena arena = Arena.ofShared();
    private final MemorySegment segment;
    private final @Nullable Fd fd;
    private final boolean shared;

    /** How a file is mapped. */
    public enum FileMode {
        /** Reading only: a write through the segment is an error. */
        READ_ONLY,
        /** Writes stay in this process and are lost with it. */
        PRIVATE,
        /** Writes reach the file. */
        SHARED
    }

    private HostMemory(long size, int protection, int flags, @Nullable Fd fd, String what) {
        boolean mapped = false;
        try {
            int number = fd == null ? -1 : fd.acquire();
            long address;
            try {
                address = MemoryCalls.mmap(size, protection, flags, number, 0);
            } finally {
                if (fd != null) {
                    fd.release();
                }
            }
            if (address < 0) {
                throw new LinuxException(
                        "mmap of " + size + " bytes of " + what, (int) -address, hint(flags));
            }
            MemorySegment whole =
                    MemorySegment.ofAddress(address).reinterpret(size, arena, MemoryCalls::munmap);
            segment = (protection & linux_h.PROT_WRITE()) == 0 ? whole.asReadOnly() : whole;
            mapped = true;
        } finally {
            if (!mapped) {
                arena.close();
                if (fd != null) {
                    fd.close();
                }
            }
        }
        this.fd = fd;
        this.shared = (flags & linux_h.MAP_SHARED()) != 0;
    }

    private static String hint(int flags) {
        return (flags & linux_h.MAP_HUGETLB()) != 0
                ? "Reserve huge pages in /proc/sys/vm/nr_hugepages, or do without them."
                : "Ask for less memory, or raise the limit on address space (ulimit -v).";
    }

    /**
     * Maps private memory full of zeros. No swap space is reserved for it (MAP_NORESERVE).
     *
     * @param size bytes, a positive multiple of the granule of {@code pages}
     * @throws IllegalArgumentException if {@code size} is not
     * @throws LinuxException if the host has not so much, or no such huge pages
     */
    public static HostMemory anonymous(long size, HugePages pages) {
        checkSize(size, pages);
        int flags =
                linux_h.MAP_PRIVATE()
                        | linux_h.MAP_ANONYMOUS()
                        | linux_h.MAP_NORESERVE()
                        | pages.mmapFlags();
        int protection = linux_h.PROT_READ() | linux_h.PROT_WRITE();
        return new HostMemory(size, protection, flags, null, "memory").advised(pages);
    }

    /**
     * Maps private memory full of zeros at an address below 2 GiB, where machine code reaches it
     * with 32-bit addresses.
     *
     * @param size bytes, a positive multiple of {@link #PAGE_SIZE}
     * @throws IllegalArgumentException if {@code size} is not
     * @throws LinuxException if there is no room there
     */
    public static HostMemory low(long size) {
        checkSize(size, HugePages.NONE);
        int flags = linux_h.MAP_PRIVATE() | linux_h.MAP_ANONYMOUS() | MAP_32BIT;
        int protection = linux_h.PROT_READ() | linux_h.PROT_WRITE();
        return new HostMemory(size, protection, flags, null, "memory below 2 GiB");
    }

    /**
     * Maps memory full of zeros that has a descriptor, so that another process can map it too.
     *
     * @param name what /proc shows for it; at most 249 bytes
     * @param size bytes, a positive multiple of the granule of {@code pages}
     * @throws IllegalArgumentException if {@code size} is not
     * @throws LinuxException if the host has not so much, or no such huge pages
     */
    public static HostMemory memfd(String name, long size, HugePages pages) {
        checkSize(size, pages);
        Fd fd = createMemfd(name, size, linux_h.MFD_CLOEXEC() | pages.memfdFlags());
        int flags = linux_h.MAP_SHARED() | linux_h.MAP_NORESERVE();
        int protection = linux_h.PROT_READ() | linux_h.PROT_WRITE();
        return new HostMemory(size, protection, flags, fd, "memfd " + name).advised(pages);
    }

    /**
     * Maps a whole file, up to the end of its last page; what lies beyond the file's end reads as
     * zeros and is not written back.
     *
     * @throws IllegalArgumentException if the file is empty
     * @throws LinuxException if it cannot be opened or mapped
     */
    public static HostMemory file(Path path, FileMode mode) {
        boolean write = mode == FileMode.SHARED;
        Fd fd = Fd.open(path.toString(), write ? linux_h.O_RDWR() : linux_h.O_RDONLY());
        long length = fileLength(fd, path);
        long size = Math.addExact(length, PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;
        int sharing = mode == FileMode.PRIVATE ? linux_h.MAP_PRIVATE() : linux_h.MAP_SHARED();
        int protection =
                mode == FileMode.READ_ONLY
                        ? linux_h.PROT_READ()
                        : linux_h.PROT_READ() | linux_h.PROT_WRITE();
        int flags = sharing | linux_h.MAP_NORESERVE();
        return new HostMemory(size, protection, flags, fd, path.toString());
    }

    /** All of it. Slices of it are checked against its bounds. */
    public MemorySegment segment() {
        return segment;
    }

    /**
     * A part of it.
     *
     * @param offset bytes from the start
     * @param length bytes
     * @throws IndexOutOfBoundsException if it does not lie inside
     */
    public MemorySegment slice(long offset, long length) {
        return segment.asSlice(offset, length);
    }

    /** Its size in bytes. */
    public long size() {
        return segment.byteSize();
    }

    /** The descriptor of a memfd or file; null for anonymous memory. Closed with this object. */
    public @Nullable Fd fd() {
        return fd;
    }

    /**
     * Gives pages back to the host: anonymous memory and a memfd read as zeros afterwards, a file
     * as what is in it.
     *
     * @param offset bytes, a multiple of {@link #PAGE_SIZE}
     * @param length bytes, likewise
     * @throws IndexOutOfBoundsException if the range does not lie inside
     * @throws LinuxException if the kernel refuses, for instance because the offset is odd
     */
    public void discard(long offset, long length) {
        MemorySegment range = segment.asSlice(offset, length);
        boolean punch = shared && !segment.isReadOnly();
        int advice = punch ? linux_h.MADV_REMOVE() : linux_h.MADV_DONTNEED();
        LinuxException.check("madvise to discard memory", MemoryCalls.madvise(range, advice));
    }

    /**
     * Gives pages of a mapping that is only known by its address back to the host: they read as
     * zeros afterwards and cost nothing until they are touched. For anonymous memory and a memfd.
     *
     * @param range whole pages of {@link #PAGE_SIZE} of a writable mapping
     * @throws LinuxException if the kernel refuses
     */
    public static void release(MemorySegment range) {
        // Shared memory is freed by punching a hole; private memory refuses that.
        if (MemoryCalls.madvise(range, linux_h.MADV_REMOVE()) < 0) {
            LinuxException.check(
                    "madvise to release memory",
                    MemoryCalls.madvise(range, linux_h.MADV_DONTNEED()));
        }
    }

    /**
     * Waits until what was written to a {@link FileMode#SHARED} mapping is in the file.
     *
     * @throws LinuxException if writing fails
     */
    public void flush() {
        LinuxException.check("msync", MemoryCalls.msync(segment, linux_h.MS_SYNC()));
    }

    /** Unmaps it. Must not be called while a virtual machine runs on it. May be called twice. */
    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
            if (fd != null) {
                fd.close();
            }
        }
    }

    private HostMemory advised(HugePages pages) {
        if (pages == HugePages.TRANSPARENT) {
            // A kernel built without them refuses; the memory is as good without.
            MemoryCalls.madvise(segment, linux_h.MADV_HUGEPAGE());
        }
        return this;
    }

    private static void checkSize(long size, HugePages pages) {
        if (size <= 0 || size % pages.granule() != 0) {
            throw new IllegalArgumentException(
                    "memory of "
                            + size
                            + " bytes is not made of whole pages of "
                            + pages.granule()
                            + " bytes");
        }
    }

    static Fd createMemfd(String name, long size, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            int number = StreamCalls.memfdCreate(arena.allocateFrom(name), flags);
            Fd fd = Fd.own(LinuxException.check("memfd_create of " + name, number));
            int result = StreamCalls.ftruncate(number, size);
            if (result < 0) {
                fd.close();
                throw new LinuxException("ftruncate to " + size + " bytes", -result);
            }
            return fd;
        }
    }

    private static long fileLength(Fd fd, Path path) {
        boolean usable = false;
        try {
            long length =
                    LinuxException.check(
                            "lseek in " + path,
                            StreamCalls.lseek(fd.acquire(), 0, linux_h.SEEK_END()));
            fd.release();
            if (length == 0) {
                throw new IllegalArgumentException(path + " is empty: there is nothing to map");
            }
            usable = true;
            return length;
        } finally {
            if (!usable) {
                fd.close();
            }
        }
    }
}
