package org.jvisor.benchmarks.jmh;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jvisor.linux.HostMemory;
import org.jvisor.linux.HugePages;
import org.jvisor.vmm.api.GuestMemory;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Accesses to guest memory as devices make them, with the regions of a PC. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
public class MemoryAccess {
    private static final int LOW = 0xa_0000, ROM = 0xf_0000, HIGH = 0x10_0000, SIZE = 64 << 20;
    private static final int PAGE = GuestMemory.PAGE_SIZE;

    private final HostMemory host = HostMemory.anonymous(SIZE, HugePages.NONE);
    private final GuestMemory memory =
            new GuestMemory(
                    List.of(
                            region(0, LOW, false),
                            region(ROM, HIGH - ROM, true),
                            region(HIGH, SIZE - HIGH, false)));
    private final byte[] page = new byte[PAGE];
    private long address = HIGH;

    private GuestMemory.Region region(long base, long size, boolean readOnly) {
        return new GuestMemory.Region(base, host.segment().asSlice(base, size), readOnly);
    }

    /** The next place: over 32 MiB, a cache line and a page further each time. */
    private long next() {
        address += PAGE + 64;
        if (address >= SIZE / 2) {
            address = HIGH + (address & 0xfc0);
        }
        return address;
    }

    /** A read of 32 bits. */
    @Benchmark
    public int readInt() {
        return memory.readInt(next());
    }

    /** A write of 32 bits, which listeners are told of. */
    @Benchmark
    public void writeInt() {
        memory.writeInt(next(), 7);
    }

    /** The same read from the host's memory itself, for comparison. */
    @Benchmark
    public int plainReadInt() {
        return host.segment().get(ValueLayout.JAVA_INT_UNALIGNED, next());
    }

    /** A checked view of a page. */
    @Benchmark
    public MemorySegment slice() {
        return memory.slice(next() & -PAGE, PAGE);
    }

    /** A page copied into guest memory. */
    @Benchmark
    public void writePage() {
        memory.write(next() & -PAGE, page);
    }

    /** Gives the memory back. */
    @TearDown
    public void close() {
        host.close();
    }
}
