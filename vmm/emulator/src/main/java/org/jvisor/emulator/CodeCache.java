package org.jvisor.emulator;

import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Decoded code of the whole machine, by guest-physical page, and its invalidation. A page with
 * decoded code has no write tags in any TLB, so that guest writes come by {@link #write}; device
 * writes are queued by {@link #writtenByDevice}.
 *
 * <p>Changes are made with the lock of the {@link Rendezvous} held. Look-ups need none: at worst
 * they find code that another CPU's write is just killing, as a CPU may that has prefetched it. A
 * write to a page with code and the death of that code are one step under the lock, and so are
 * reading a page's bytes and keeping what was decoded from them. What a page's first decoding must
 * not miss are writes by other CPUs' write tags: {@link #mark} explains.
 */
final class CodeCache {
    /** Instructions kept at most: some 100 bytes each. */
    private static final int CAPACITY = 1_500_000;

    private final PhysMemory memory;
    private final Cpu[] cpus;
    private final Rendezvous rendezvous;

    /** By region and page within it; the list of code sizes hangs off {@link CodePage#next}. */
    private final @Nullable CodePage[][] pages;

    private final Object queueLock = new Object();
    private long[] queue = new long[16];
    private int queued;

    /** Bytes of bytecode kept at most: HotSpot makes about ten times as much of it. */
    private static final int TRANSLATED_CAPACITY = 8 << 20;

    /** Bytes of bytecode made since everything was last forgotten. */
    private final AtomicInteger translated = new AtomicInteger();

    /** Instructions decoded since everything was last forgotten. */
    private int decoded;

    /** Where host code is; null until there is some. */
    private volatile @Nullable HostCode hostCode;

    /** Counts. */
    final TranslationLog log = new TranslationLog();

    CodeCache(PhysMemory memory, Cpu[] cpus, Rendezvous rendezvous) {
        this.memory = memory;
        this.cpus = cpus;
        this.rendezvous = rendezvous;
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
     * @param c the CPU that asks
     * @throws EmulatorException if there is no memory at the address
     */
    CodePage page(Cpu c, long physical, int mode) {
        int region = memory.region(physical);
        if (region < 0) {
            throw new EmulatorException(
                    "the guest executes at physical address %#x, where there is no memory"
                            .formatted(physical));
        }
        rendezvous.lock(c);
        try {
            return page(c, region, physical & ~0xfffL, mode);
        } finally {
            rendezvous.unlock();
        }
    }

    private CodePage page(Cpu c, int region, long page, int mode) {
        int at = (int) (page - memory.base(region) >>> 12);
        CodePage first = pages[region][at];
        for (CodePage p = first; p != null; p = p.next) {
            if (p.mode == mode) {
                return p;
            }
        }
        CodePage made = new CodePage(page, mode, memory.host(region, page));
        made.next = first;
        pages[region][at] = made;
        if (first == null) {
            mark(c, page);
        }
        return made;
    }

    /**
     * Sees to it that no write to a page, which is among {@link #pages} already, goes unnoticed
     * from now on. Another CPU may be between its look at a write tag and the write: only once it
     * has been outside has the write been made. A CPU that makes a tag looks at {@link #pages}
     * afterwards, so one whose tags show none for the page now will keep none.
     */
    private void mark(Cpu c, long page) {
        // before the tags are looked at, and before the page's bytes are read: a device's write is
        // seen or reported
        VarHandle.fullFence();
        for (Cpu cpu : cpus) {
            if (cpu == c) {
                cpu.mem.slow.dropWriteTags(page);
            } else if (cpu.mem.slow.hasWriteTag(page)) {
                rendezvous.stop(cpu);
                try {
                    cpu.mem.slow.dropWriteTags(page);
                } finally {
                    rendezvous.release(cpu);
                }
            }
        }
        VarHandle.fullFence();
    }

    /** Where host code is. On the translator's thread. */
    HostCode hostCode() {
        HostCode host = hostCode;
        if (host == null) {
            host = new HostCode();
            hostCode = host;
        }
        return host;
    }

    /** Counts the bytecode of a translation that was installed; with the lock held. */
    void translated(int bytes) {
        translated.addAndGet(bytes);
    }

    /** Bytes of translations made since everything was last forgotten. */
    int translated() {
        HostCode host = hostCode;
        return translated.get() + (host == null ? 0 : host.used());
    }

    /** Instructions decoded since everything was last forgotten. */
    int decoded() {
        return decoded;
    }

    /** Counts instructions that were decoded and kept. */
    void decoded(int instructions) {
        decoded += instructions;
    }

    /** Forgets all code when there is too much of it; between blocks. */
    void makeRoom(Cpu c) {
        HostCode host = hostCode;
        boolean full = host != null && host.isFull();
        if (decoded < CAPACITY && translated.get() < TRANSLATED_CAPACITY && !full) {
            return;
        }
        rendezvous.lock(c);
        rendezvous.begin(c); // nobody executes host code
        try {
            dropAll();
            if (host != null) {
                host.clear();
            }
            for (Cpu cpu : cpus) {
                cpu.links.clear();
            }
        } finally {
            rendezvous.end(c);
            rendezvous.unlock();
        }
    }

    private void dropAll() {
        int regions = 0;
        for (int region = 0; region < pages.length; region++) {
            for (int at = 0; at < pages[region].length; at++) {
                if (pages[region][at] != null) {
                    regions += drop(region, at);
                }
            }
        }
        log.emptied(decoded, translated(), regions);
        translated.set(0);
        decoded = 0;
    }

    /** Writes 1 to 8 bytes within a page that may hold code: what they change is forgotten. */
    void write(Cpu c, int region, long physical, int size, long value) {
        rendezvous.lock(c);
        try {
            if (written(region, physical, size)) {
                c.codeDropped = true;
            }
            MmuSlow.hostWrite(memory.host(region, physical), size, value);
        } finally {
            rendezvous.unlock();
        }
    }

    /**
     * Forgets decoded code in {@code size} bytes within a page; with the lock held.
     *
     * @return whether there was any
     */
    boolean written(int region, long physical, int size) {
        int at = (int) (physical - memory.base(region) >>> 12);
        CodePage first = pages[region][at];
        if (first == null) {
            return false;
        }
        int offset = (int) physical & 0xfff;
        for (CodePage p = first; p != null; p = p.next) {
            if (p.isCode(offset, offset + size)) {
                log.pageWritten(first.physical, false, drop(region, at));
                return true;
            }
        }
        return false;
    }

    /** Forgets the code of a page; gives how many regions were in use. */
    private int drop(int region, int at) {
        CodePage first = pages[region][at];
        pages[region][at] = null;
        int regions = 0;
        for (CodePage p = first; p != null; p = p.next) {
            p.kill();
            regions += p.regions;
        }
        for (Cpu cpu : cpus) {
            if (rendezvous.parallel) {
                cpu.signal(Cpu.PENDING_CODE_WRITE); // it may be in a loop of it
            } else {
                cpu.unlink();
            }
        }
        return regions;
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

    private void writtenByDevice(int region, long page) {
        int at = (int) (page - memory.base(region) >>> 12);
        if (pages[region][at] != null) { // it may be gone for another reason
            log.pageWritten(page, true, drop(region, at));
        }
    }

    /** Forgets the code of pages that devices wrote to; between blocks. */
    void dropWrittenByDevices(Cpu c) {
        c.unlink();
        rendezvous.lock(c); // whoever comes second goes on when the code is gone
        try {
            synchronized (queueLock) {
                for (int i = 0; i < queued; i++) {
                    int region = memory.region(queue[i]);
                    if (region >= 0) {
                        writtenByDevice(region, queue[i]);
                    }
                }
                queued = 0;
            }
        } finally {
            rendezvous.unlock();
        }
    }
}
