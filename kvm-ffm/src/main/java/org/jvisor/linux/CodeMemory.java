package org.jvisor.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jvisor.linux.bindings.linux_h;
import org.jvisor.linux.calls.MemoryCalls;

/**
 * Room for machine code that is added to while other code in it runs: the same pages are mapped
 * twice, once to write and once to execute, and no address is both. It costs the host only the
 * pages that were touched. It is unmapped when neither it nor one of its segments is reachable any
 * more.
 *
 * <p>The code runs with all rights of the process: a fault in it ends the JVM.
 */
public final class CodeMemory {
    private final Arena arena = Arena.ofAuto();
    private final MemorySegment writable;
    private final MemorySegment executable;

    private CodeMemory(long size) {
        try (Fd fd = HostMemory.createMemfd("jvisor-code", size, linux_h.MFD_CLOEXEC())) {
            int number = fd.acquire();
            try {
                writable = map(size, linux_h.PROT_READ() | linux_h.PROT_WRITE(), number);
                executable = map(size, linux_h.PROT_READ() | linux_h.PROT_EXEC(), number);
            } finally {
                fd.release();
            }
        }
    }

    private MemorySegment map(long size, int protection, int fd) {
        long address = MemoryCalls.mmap(size, protection, linux_h.MAP_SHARED(), fd, 0);
        LinuxException.check("mmap of " + size + " bytes for code", address);
        return MemorySegment.ofAddress(address).reinterpret(size, arena, MemoryCalls::munmap);
    }

    /**
     * Makes room for code; it holds zeros.
     *
     * @param size bytes, a positive multiple of {@link HostMemory#PAGE_SIZE}
     * @throws LinuxException if the host has no memory, or forbids executable memory
     */
    public static CodeMemory allocate(long size) {
        return new CodeMemory(size);
    }

    /** Bytes there is room for. */
    public long size() {
        return writable.byteSize();
    }

    /** The address at which the first byte is executed. */
    public long address() {
        return executable.address();
    }

    /**
     * Puts code at an offset. Nobody may be executing what was there.
     *
     * @param offset bytes from the start
     * @throws IndexOutOfBoundsException if there is no room
     */
    public void put(long offset, byte[] code) {
        MemorySegment.copy(MemorySegment.ofArray(code), 0, writable, offset, code.length);
    }
}
