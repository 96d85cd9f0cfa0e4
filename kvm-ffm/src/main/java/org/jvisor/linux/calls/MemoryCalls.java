package org.jvisor.linux.calls;

import static org.jvisor.linux.calls.Calls.result;
import static org.jvisor.linux.calls.Calls.unreachable;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import org.jvisor.linux.bindings.linux_h;

/** Calls on the process's own memory. Each returns its result, or {@code -errno}. */
public final class MemoryCalls {
    private MemoryCalls() {}

    /** Where a low mapping is tried, and how far apart: most of it is free in any process. */
    private static final long LOW_FIRST = 1L << 28, LOW_END = 1L << 31, LOW_STEP = 1L << 24;

    /**
     * {@code mmap(2)} at an address of the kernel's choice. With {@code MAP_32BIT} that is below 2
     * GiB: the kernel looks in the second GiB only, which the JVM's own low mappings may fill, so
     * the first is tried too.
     */
    public static long mmap(long length, int protection, int flags, int fd, long offset) {
        long address = mmapNear(0, length, protection, flags, fd, offset);
        if (address >= 0 || (flags & linux_h.MAP_32BIT()) == 0) {
            return address;
        }
        int plain = flags & ~linux_h.MAP_32BIT();
        for (long hint = LOW_FIRST; hint + length <= LOW_END; hint += LOW_STEP) {
            long mapped = mmapNear(hint, length, protection, plain, fd, offset);
            if (mapped < 0) {
                return mapped;
            }
            if (mapped + length <= LOW_END) {
                return mapped;
            }
            munmap(MemorySegment.ofAddress(mapped).reinterpret(length));
        }
        return address;
    }

    private static long mmapNear(
            long hint, long length, int protection, int flags, int fd, long offset) {
        MemorySegment state = Calls.state();
        try {
            MemorySegment mapped =
                    (MemorySegment)
                            Mmap.HANDLE.invokeExact(
                                    state,
                                    MemorySegment.ofAddress(hint),
                                    length,
                                    protection,
                                    flags,
                                    fd,
                                    offset);
            return result(state, mapped.address());
        } catch (Throwable e) {
            throw unreachable(e);
        }
    }

    /** {@code munmap(2)} of a whole segment. */
    public static int munmap(MemorySegment mapping) {
        MemorySegment state = Calls.state();
        try {
            return result(
                    state, (int) Munmap.HANDLE.invokeExact(state, mapping, mapping.byteSize()));
        } catch (Throwable e) {
            throw unreachable(e);
        }
    }

    /** {@code mprotect(2)} of a whole segment. */
    public static int mprotect(MemorySegment mapping, int protection) {
        MemorySegment state = Calls.state();
        try {
            return result(
                    state,
                    (int)
                            Mprotect.HANDLE.invokeExact(
                                    state, mapping, mapping.byteSize(), protection));
        } catch (Throwable e) {
            throw unreachable(e);
        }
    }

    /** {@code madvise(2)} of a whole segment. */
    public static int madvise(MemorySegment mapping, int advice) {
        MemorySegment state = Calls.state();
        try {
            return result(
                    state,
                    (int) Madvise.HANDLE.invokeExact(state, mapping, mapping.byteSize(), advice));
        } catch (Throwable e) {
            throw unreachable(e);
        }
    }

    /** {@code msync(2)} of a whole segment. */
    public static int msync(MemorySegment mapping, int flags) {
        MemorySegment state = Calls.state();
        try {
            return result(
                    state,
                    (int) Msync.HANDLE.invokeExact(state, mapping, mapping.byteSize(), flags));
        } catch (Throwable e) {
            throw unreachable(e);
        }
    }

    // ---- handles, each linked when first used ----

    private static final class Mmap {
        static final MethodHandle HANDLE =
                Calls.handle(linux_h.mmap$address(), linux_h.mmap$descriptor());
    }

    private static final class Munmap {
        static final MethodHandle HANDLE =
                Calls.handle(linux_h.munmap$address(), linux_h.munmap$descriptor());
    }

    private static final class Mprotect {
        static final MethodHandle HANDLE =
                Calls.handle(linux_h.mprotect$address(), linux_h.mprotect$descriptor());
    }

    private static final class Madvise {
        static final MethodHandle HANDLE =
                Calls.handle(linux_h.madvise$address(), linux_h.madvise$descriptor());
    }

    private static final class Msync {
        static final MethodHandle HANDLE =
                Calls.handle(linux_h.msync$address(), linux_h.msync$descriptor());
    }
}
