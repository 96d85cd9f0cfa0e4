package org.jvisor.emulator;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.List;
import org.jvisor.vmm.api.GuestMemory;

/**
 * Guest-physical memory by host address: what the software TLB is filled from. Keeps the guest
 * memory's regions alive for as long as the CPU may use the addresses.
 */
final class PhysMemory {
    /** The process's whole address space: TLB entries hold host addresses that were checked. */
    static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;

    static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final VarHandle ALIGNED_INT =
            ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
    private static final VarHandle ALIGNED_LONG =
            ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

    final GuestMemory guest;
    private final long[] bases;
    private final long[] ends;
    private final long[] hosts;
    private final boolean[] readOnly;
    private int last;

    PhysMemory(GuestMemory guest) {
        this.guest = guest;
        List<GuestMemory.Region> regions = guest.regions();
        int n = regions.size();
        bases = new long[n];
        ends = new long[n];
        hosts = new long[n];
        readOnly = new boolean[n];
        for (int i = 0; i < n; i++) {
            GuestMemory.Region region = regions.get(i);
            bases[i] = region.base();
            ends[i] = region.end();
            hosts[i] = region.segment().address();
            readOnly[i] = region.readOnly();
        }
    }

    /** The number of the region that holds {@code physical}, or -1. */
    int region(long physical) {
        int i = last;
        if (i < bases.length && physical >= bases[i] && physical < ends[i]) {
            return i;
        }
        for (i = 0; i < bases.length; i++) {
            if (physical >= bases[i] && physical < ends[i]) {
                last = i;
                return i;
            }
        }
        return -1;
    }

    int regions() {
        return bases.length;
    }

    long base(int region) {
        return bases[region];
    }

    long end(int region) {
        return ends[region];
    }

    boolean isReadOnly(int region) {
        return readOnly[region];
    }

    /** The host address of a physical address in {@code region}. */
    long host(int region, long physical) {
        return hosts[region] + (physical - bases[region]);
    }

    /** The physical address of a host address in guest memory, or -1. */
    long physical(long host) {
        for (int i = 0; i < bases.length; i++) {
            if (host >= hosts[i] && host < hosts[i] + (ends[i] - bases[i])) {
                return bases[i] + (host - hosts[i]);
            }
        }
        return -1;
    }

    /** Reads 4 bytes of a table; all ones where there is no memory. */
    int readInt(long physical) {
        int region = region(physical);
        return region < 0 ? -1 : Ordered.load32(host(region, physical));
    }

    /** Reads 8 bytes of a table; all ones where there is no memory. */
    long readLong(long physical) {
        int region = region(physical);
        return region < 0 ? -1 : Ordered.load64(host(region, physical));
    }

    /** Sets bits of a 4-byte table entry if it is still {@code expected}. */
    boolean casInt(long physical, int expected, int value) {
        int region = region(physical);
        return region < 0
                || readOnly[region]
                || ALIGNED_INT.compareAndSet(ALL, host(region, physical), expected, value);
    }

    /** Sets bits of an 8-byte table entry in memory that is not read-only. */
    static boolean casHost(long host, long expected, long value) {
        return ALIGNED_LONG.compareAndSet(ALL, host, expected, value);
    }

    /** Sets bits of an 8-byte table entry if it is still {@code expected}. */
    boolean casLong(long physical, long expected, long value) {
        int region = region(physical);
        return region < 0
                || readOnly[region]
                || ALIGNED_LONG.compareAndSet(ALL, host(region, physical), expected, value);
    }
}
