package org.jvisor.benchmarks.jmh;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import org.jvisor.kvm.KvmException;

/**
 * Bytes that one operation allocates, by the JVM's own count: exact, where JMH's profiler counts
 * JMH's own objects too. Prints a line for each, the name and the bytes.
 *
 * <p>As long as code is interpreted or compiled without much optimization, it allocates what is
 * later optimized away: operations are repeated until none is, or for some seconds.
 */
public final class Allocations {
    private static final long PATIENCE_NANOS = 8_000_000_000L, BATCH_NANOS = 50_000_000L;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private static long sink;

    private Allocations() {}

    /**
     * Measures.
     *
     * @param arguments any of {@code kvm}, {@code software} and {@code parts}
     */
    public static void main(String[] arguments) throws Exception {
        for (String kind : arguments) {
            switch (kind) {
                case "kvm" -> kvm();
                case "software" -> software();
                case "parts" -> parts();
                default -> throw new IllegalArgumentException(kind);
            }
        }
        System.exit(sink == 42 ? 1 : 0);
    }

    private static void kvm() {
        for (GuestLoop loop : GuestLoop.values()) {
            if (!loop.twoThreads()) {
                try (KvmLoop rounds = KvmLoop.of(loop)) {
                    measure("kvm." + loop.id(), rounds::round, false);
                } catch (KvmException e) {
                    System.err.println("kvm." + loop.id() + ": " + e.getMessage());
                }
            }
        }
    }

    private static void software() {
        for (GuestLoop loop : GuestLoop.values()) {
            if (loop != GuestLoop.DOORBELL && !loop.twoThreads()) {
                try (SoftwareGuest guest = SoftwareExits.ofRounds(loop)) {
                    measure("software." + loop.id(), guest::round, false);
                }
            }
        }
    }

    private static void parts() throws Exception {
        MemoryAccess memory = new MemoryAccess();
        measure("memory.readInt", memory::readInt, false);
        measure("memory.writeInt", () -> write(memory::writeInt), false);
        memory.close();
        BusDispatch bus = new BusDispatch();
        measure("bus.read", bus::readAll, false);
        measure("bus.write", () -> write(bus::writeOne), false);
        NativeCalls calls = new NativeCalls();
        measure("calls.ioctl", calls::ioctl, false);
        measure("calls.eventfd", calls::eventfd, false);
        calls.close();
        for (RingFormat format : RingFormat.values()) {
            String name = format.name().toLowerCase(Locale.ROOT);
            QueueOperations queue = new QueueOperations();
            queue.format = format;
            queue.descriptors = 4;
            queue.open();
            measure("queue." + name, () -> write(queue::chain), false);
            queue.close();
            devices(format, name);
        }
    }

    private static void devices(RingFormat format, String name) throws Exception {
        DevicePaths paths = new DevicePaths();
        DevicePaths.BlockDevice disk = new DevicePaths.BlockDevice();
        disk.format = format;
        disk.burst = 1;
        disk.open();
        measure("block.read." + name, () -> write(() -> paths.blockRead(disk)), true);
        disk.close();
        DevicePaths.Interface net = new DevicePaths.Interface();
        net.format = format;
        net.burst = 1;
        net.open();
        measure(
                "net.echo." + name,
                () ->
                        write(
                                () -> {
                                    net.offer();
                                    paths.netEcho(net);
                                }),
                true);
        net.close();
    }

    /** An operation. */
    private interface Operation {
        long run();
    }

    private static long write(Runnable operation) {
        operation.run();
        return 1;
    }

    private static void measure(String name, Operation operation, boolean otherThreads) {
        long end = System.nanoTime() + PATIENCE_NANOS;
        double least = Double.MAX_VALUE;
        do {
            least = Math.min(least, batch(operation, otherThreads));
        } while (least > 0 && System.nanoTime() < end);
        System.out.printf(Locale.ROOT, "%s %.3f%n", name, least);
    }

    private static double batch(Operation operation, boolean otherThreads) {
        long before = allocated(otherThreads);
        long end = System.nanoTime() + BATCH_NANOS;
        long count = 0;
        do {
            sink += operation.run();
            count++;
        } while (System.nanoTime() < end);
        return (double) (allocated(otherThreads) - before) / count;
    }

    private static long allocated(boolean otherThreads) {
        return otherThreads
                ? THREADS.getTotalThreadAllocatedBytes()
                : THREADS.getCurrentThreadAllocatedBytes();
    }
}
