package org.jvisor.benchmarks.jmh;

import com.sun.management.ThreadMXBean;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Locale;

/**
 * Rounds of one loop, each timed, as the C program does it: for the comparison with C, to whose far
 * percentiles JMH's sampling would add, and for pauses that only a long run sees. Prints counts
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
     * @param arguments {@code kvm} or {@code software}, a {@link GuestLoop}, and milliseconds of
     *     warming up and of measuring
     */
    public static void main(String[] arguments) throws Exception {
        ExitSoak soak = new ExitSoak();
        GuestLoop loop = GuestLoop.valueOf(arguments[1].toUpperCase(Locale.ROOT));
        long warmup = Long.parseLong(arguments[2]) * 1_000_000;
        long nanos = Long.parseLong(arguments[3]) * 1_000_000;
        // One type of guest per JVM, as with jvisor run.
        if (arguments[0].equals("software")) {
            try (SoftwareGuest guest = SoftwareExits.ofRounds(loop)) {
                soak.run(guest::round, () -> {}, warmup, nanos);
            }
        } else if (loop.twoThreads()) {
            KvmExits.SleepingGuest guest = new KvmExits.SleepingGuest();
            guest.loop = loop;
            guest.open();
            soak.run(() -> new KvmExits().wake(guest), guest::settle, warmup, nanos);
            guest.close();
        } else {
            try (KvmLoop rounds = KvmLoop.of(loop)) {
                soak.run(rounds::round, () -> {}, warmup, nanos);
            }
        }
    }

    private void run(Round round, Runnable settle, long warmup, long nanos) {
        rounds(round, settle, warmup);
        Arrays.fill(buckets, 0);
        // The first call makes its own objects.
        threads.getCurrentThreadAllocatedBytes();
        collections();
        long collectionsBefore = collections();
        long startMillis = ManagementFactory.getRuntimeMXBean().getUptime();
        long before = threads.getCurrentThreadAllocatedBytes();
        long sum = rounds(round, settle, nanos);
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

    private long rounds(Round round, Runnable settle, long nanos) {
        long end = System.nanoTime() + nanos;
        long sum = 0;
        long after;
        do {
            settle.run();
            long before = System.nanoTime();
            sum += round.run();
            after = System.nanoTime();
            buckets[bucket(after - before)]++;
        } while (after < end);
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
