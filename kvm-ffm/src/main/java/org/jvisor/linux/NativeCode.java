package org.jvisor.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.jvisor.linux.bindings.linux_h;
import org.jvisor.linux.calls.MemoryCalls;

/**
 * Machine code in this process, callable as C functions {@code void f(void *context)} (System V
 * convention: the context is in RDI; RBX, RBP, R12 to R15, RSP, DF, MXCSR's and the x87's control
 * bits must be as they were on return). The pages are writable or executable, never both.
 *
 * <p>The code runs with all rights of the process: a fault in it ends the JVM. Callers give it only
 * code that cannot fault. One thread owns it.
 */
public final class NativeCode implements AutoCloseable {
    private static final MethodHandle CALL =
            Linker.nativeLinker().downcallHandle(FunctionDescriptor.ofVoid(ValueLayout.ADDRESS));

    private final Arena arena = Arena.ofShared();
    private final MemorySegment pages;

    private NativeCode(long size, int flags) {
        long address =
                MemoryCalls.mmap(
                        size,
                        linux_h.PROT_READ() | linux_h.PROT_WRITE(),
                        linux_h.MAP_PRIVATE() | linux_h.MAP_ANONYMOUS() | flags,
                        -1,
                        0);
        LinuxException.check("mmap of " + size + " bytes for code", address);
        pages = MemorySegment.ofAddress(address).reinterpret(size, arena, MemoryCalls::munmap);
    }

    /**
     * Makes room for code; it holds none yet.
     *
     * @param size bytes, rounded up to whole pages
     * @throws LinuxException if the host has no memory
     */
    public static NativeCode allocate(long size) {
        return new NativeCode(pages(size), 0);
    }

    /**
     * As {@link #allocate}, below 2 GiB: absolute 32-bit and RIP-relative addresses reach from it
     * to what {@link HostMemory#low} gives.
     *
     * @param size bytes, rounded up to whole pages
     * @throws LinuxException if there is no room there
     */
    public static NativeCode allocateLow(long size) {
        return new NativeCode(pages(size), HostMemory.MAP_32BIT);
    }

    private static long pages(long size) {
        long count = Math.max(1, (size + HostMemory.PAGE_SIZE - 1) / HostMemory.PAGE_SIZE);
        return count * HostMemory.PAGE_SIZE;
    }

    /**
     * Makes code of {@code bytes}, ready to {@link #call}.
     *
     * @throws LinuxException if the host has no memory, or forbids executable memory
     */
    public static NativeCode of(byte[] bytes) {
        NativeCode code = allocate(bytes.length);
        try {
            code.replace(bytes);
        } catch (LinuxException e) {
            code.close();
            throw e;
        }
        return code;
    }

    /** Bytes there is room for. */
    public long size() {
        return pages.byteSize();
    }

    /** The address of the first byte. */
    public long address() {
        return pages.address();
    }

    /**
     * Replaces the code from offset 0 on; what lies beyond {@code bytes} stays.
     *
     * @throws IndexOutOfBoundsException if there is no room
     * @throws LinuxException if the host forbids executable memory
     */
    public void replace(byte[] bytes) {
        MemorySegment source = MemorySegment.ofArray(bytes);
        MemorySegment target = pages.asSlice(0, bytes.length);
        protect(linux_h.PROT_READ() | linux_h.PROT_WRITE());
        target.copyFrom(source);
        protect(linux_h.PROT_READ() | linux_h.PROT_EXEC());
    }

    /** Calls the code at offset 0. */
    public void call(MemorySegment context) {
        call(0, context);
    }

    /**
     * Calls the code at {@code offset}.
     *
     * @param offset bytes from the start
     * @param context native memory whose address the code finds in RDI
     * @throws IndexOutOfBoundsException if {@code offset} lies outside
     * @throws IllegalStateException after {@link #close}
     */
    public void call(long offset, MemorySegment context) {
        try {
            CALL.invokeExact(pages.asSlice(offset, 1), context);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError("a native call threw a checked exception", e);
        }
    }

    /** Unmaps the code. May be called twice; not while it runs. */
    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }

    private void protect(int protection) {
        LinuxException.check("mprotect of code pages", MemoryCalls.mprotect(pages, protection));
    }
}
