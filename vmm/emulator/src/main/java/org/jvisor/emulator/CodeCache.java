package org.jvisor.emulator;

import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Decoded code of the whole machine, by guest-physical page, and its invalidation. A page with
 * decoded code has no write tags in any TLB, so that guest writes come by {@link #written}; device
 * writes are queued by {@link #writtenByDevice}.
 */
final class CodeCache {
    /** Instructions kept at most: some 100 bytes each. */
    private static final int CAPACITY = 1_500_000;

    private final PhysMemory memory;
    private final Cpu[] cpus;

    /** By region and page within it; the list of code sizes hangs off {@link CodePage#next}. */
    private final @Nullable CodePage[][] pages;

    private final Object queueLock = new Object();
    private long[] queue = new long[16];
    private int queued;

    /** Instructions decoded since everything was last forgotten. */
    private int decoded;

    CodeCache(PhysMemory memory, Cpu[] cpus) {
        this.memory = memory;
        this.cpus = cpus;
        pages = new CodePage[memory.regions()][];
        for (int i = 0; i < pages.length; i++) {
            pages[i] = new CodePage[(int) (memory.end(i) - memory.base(i) >>> 12)];
        }
        memory.guest.addWriteListener(this::writtenByDevice);
    }

    /** Whether the page of {@code physical} holds decoded code. */
    boolean isCode(int region, long physical) {
        return pages[region][(int) (physical - memory.base(region) >>> 12)] != null;
    }

    /**
     * The code page for a physical address and code size, made when there is none.
     *
     * @throws EmulatorException if there is no memory at the address
     */
    CodePage page(long physical, int mode) {
        int region = memory.region(physical);
        if (region < 0) {
            throw new EmulatorException(
                    "the guest executes at physical address %#x, where there is no memory"
                            .formatted(physical));
        }
        int at = (int) (physical - memory.base(region) >>> 12);
        CodePage first = pages[region][at];
        for (CodePage p = first; p != null; p = p.next) {
            if (p.mode == mode) {
                return p;
            }
        }
        long page = physical & ~0xfffL;
        CodePage made = new CodePage(page, mode, memory.host(region, page));
        made.next = first;
        pages[region][at] = made;
        if (first == null) {
            for (Cpu cpu : cpus) {
                cpu.mem.slow.dropWriteTags(page);
            }
        }
        // the page is marked before its bytes are read: a device's write is seen or reported
        VarHandle.fullFence();
        return made;
    }

    /** Counts instructions that were decoded and kept. */
    void decoded(int instructions) {
        decoded += instructions;
    }

    /** Forgets all code when there is too much of it; between blocks. */
    void makeRoom() {
        if (decoded < CAPACITY) {
            return;
        }
        decoded = 0;
        for (int region = 0; region < pages.length; region++) {
            for (int at = 0; at < pages[region].length; at++) {
                if (pages[region][at] != null) {
                    drop(region, at);
                }
            }
        }
    }

    /** The guest writes {@code size} bytes within a page: decoded code there is forgotten. */
    void written(int region, long physical, int size) {
        int at = (int) (physical - memory.base(region) >>> 12);
        CodePage first = pages[region][at];
        if (first == null) {
            return;
        }
        int offset = (int) physical & 0xfff;
        for (CodePage p = first; p != null; p = p.next) {
            if (p.isCode(offset, offset + size)) {
                drop(region, at);
                return;
            }
        }
    }

    private void drop(int region, int at) {
        CodePage first = pages[region][at];
        pages[region][at] = null;
        for (CodePage p = first; p != null; p = p.next) {
            p.kill();
        }
    }

    /** On any thread. */
    private void writtenByDevice(long address, long length) {
        VarHandle.fullFence();
        boolean any = false;
        for (int region = 0; region < pages.length; region++) {
            long base = memory.base(region);
            long from = Math.max(address, base);
            long to = Math.min(address + length, memory.end(region));
            for (long page = from & ~0xfffL; page < to; page += 4096) {
                if (pages[region][(int) (page - base >>> 12)] != null) {
                    enqueue(page);
                    any = true;
                }
            }
        }
        if (any) {
            for (Cpu cpu : cpus) {
                cpu.signal(Cpu.PENDING_CODE_WRITE);
            }
        }
    }

    private void enqueue(long page) {
        synchronized (queueLock) {
            if (queued == queue.length) {
                queue = java.util.Arrays.copyOf(queue, queued * 2);
            }
            queue[queued++] = page;
        }
    }

    /** Forgets the code of pages that devices wrote to; on the CPUs' thread, between blocks. */
    void dropWrittenByDevices() {
        synchronized (queueLock) {
            for (int i = 0; i < queued; i++) {
                int region = memory.region(queue[i]);
                if (region >= 0) {
                    drop(region, (int) (queue[i] - memory.base(region) >>> 12));
                }
            }
            queued = 0;
        }
    }
}
