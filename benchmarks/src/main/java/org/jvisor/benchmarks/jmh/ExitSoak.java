package org.jvisor.benchmarks.jmh;

import com.sun.management.ThreadMXBean;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;

/**
 * A long run of exits on one thread, for pauses that a short one does not see. Prints the counts
 * and, as the C program does, each latency and how often it occurred, exact to one in 512.
 */
public final class ExitSoak {
    private static final int SUB = 512;

    private final long[] buckets = new long[64 * SUB];
    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private ExitSoak() {}

    /** One exit. */
    private interface Round {
        long run();
    }

    /**
     * Runs.
     *
     * @param arguments {@code kvm} or {@code software}, and seconds
     */
    public static void main(String[] arguments) throws Exception {
        ExitSoak soak = new ExitSoak();
        long nanos = Long.parseLong(arguments[1]) * 1_000_000_000;
        // One type of guest per JVM, as with jvisor run.
        if (arguments[0].equals("kvm")) {
            try (KvmLoop rounds = KvmLoop.of(GuestLoop.OUT8)) {
                soak.run(rounds::round, nanos);
            }
        } else {
            try (SoftwareGuest guest = SoftwareExits.ofRounds(GuestLoop.OUT8)) {
                soak.run(guest::round, nanos);
            }
        }
    }

    private void run(Round round, long nanos) {
        rounds(round, 5_000_000_000L);
        java.util.Arrays.fill(buckets, 0);
        // The first call makes its own objects.
        threads.getCurrentThreadAllocatedBytes();
        collections();
        long collectionsBefore = collections();
        long startMillis = ManagementFactory.getRuntimeMXBean().getUptime();
        long before = threads.getCurrentThreadAllocatedBytes();
        long sum = rounds(round, nanos);
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        long endMillis = ManagementFactory.getRuntimeMXBean().getUptime();
        System.out.println("allocated " + allocated);
        System.out.println("collections " + (collections() - collectionsBefore));
        System.out.println("window " + startMillis + " " + endMillis);
        System.out.println("sum " + sum);
        for (int i = 0; i < buckets.length; i++) {
            if (buckets[i] != 0) {
                System.out.println(value(i) + " " + buckets[i]);
            }
        }
    }

    private long rounds(Round round, long nanos) {
        long now = System.nanoTime();
        long end = now + nanos;
        long sum = 0;
        while (now < end) {
            sum += round.run();
            long after = System.nanoTime();
            buckets[bucket(after - now)]++;
            now = after;
        }
        return sum;
    }

    private static long collections() {
        long count = 0;
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            count += collector.getCollectionCount();
        }
        return count;
    }

    /** The upper ten bits of a number. */
    static int bucket(long value) {
        if (value < 2 * SUB) {
            return (int) Math.max(0, value);
        }
        int shift = 54 - Long.numberOfLeadingZeros(value);
        return shift * SUB + (int) (value >>> shift);
    }

    /** The least number of a bucket. */
    static long value(int bucket) {
        if (bucket < 2 * SUB) {
            return bucket;
        }
        int shift = bucket / SUB - 1;
        return (long) (bucket - shift * SUB) << shift;
    }
}
