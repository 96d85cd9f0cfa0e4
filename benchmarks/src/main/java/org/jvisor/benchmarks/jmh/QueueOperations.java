package org.jvisor.benchmarks.jmh;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.jvisor.virtio.queue.Chain;
import org.jvisor.virtio.queue.Virtqueue;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Chains through a ring, without a device: made available by a driver, taken, returned as used and
 * collected, on one thread. The time is that of a chain, the driver's part included.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
@SuppressWarnings("NullAway.Init")
public class QueueOperations {
    private static final int BATCH = 16, SIZE = 256, LENGTH = 64;

    /** The ring's format. */
    @Param({"SPLIT", "PACKED"})
    public RingFormat format;

    /** Descriptors in a chain. */
    @Param({"1", "4"})
    public int descriptors;

    private final Chain chain = new Chain();
    private BenchHost host;
    private RingDriver driver;
    private Virtqueue queue;

    /** Makes the ring. */
    @Setup
    public void open() {
        int[] lengths = new int[descriptors];
        Arrays.fill(lengths, LENGTH);
        host =
                new BenchHost(
                        format.features(),
                        SIZE,
                        new RingDriver.Shape(
                                lengths, descriptors / 2, BenchHost.DATA, LENGTH * descriptors));
        driver = host.driver(0);
        queue = host.queue(0);
    }

    /** Has 16 chains go through. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void chain() {
        for (int i = 0; i < BATCH; i++) {
            driver.submit();
        }
        queue.disableNotifications();
        while (queue.take(chain)) {
            queue.put(chain, 1);
        }
        queue.signal();
        queue.enableNotifications();
        for (int i = 0; i < BATCH; i++) {
            if (!driver.collect()) {
                throw new IllegalStateException("a chain was not returned");
            }
        }
    }

    /** Gives the memory back. */
    @TearDown
    public void close() {
        host.close();
        chain.close();
    }
}
