package org.jvisor.benchmarks.jmh;

import java.util.concurrent.TimeUnit;
import org.jvisor.vmm.api.Bus;
import org.jvisor.vmm.api.IoRegion;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** From the bus to a device, on a bus with as many devices as a PC's. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
public class BusDispatch {
    /** Where devices are on a PC: DMA, PICs, timer, keyboard, clock, serial lines, PCI and more. */
    private static final int[] PORTS = {
        0x00, 0x20, 0x40, 0x60, 0x64, 0x70, 0x80, 0x92, 0xa0, 0xb2, 0xc0, 0xf0, 0xf4, 0x2e8, 0x2f8,
        0x3c0, 0x3e8, 0x3f8, 0x4d0, 0x510, 0x600, 0x608, 0xcf8, 0xcfc
    };

    private final Bus ports = new Bus("port I/O");
    private int next;

    /** Fills the bus with devices of four kinds. */
    public BusDispatch() {
        for (int i = 0; i < PORTS.length; i++) {
            IoRegion region =
                    switch (i % 4) {
                        case 0 -> new Counter();
                        case 1 -> new Latch();
                        case 2 -> new Zero();
                        default -> new Echo();
                    };
            ports.map(PORTS[i], 2, region);
        }
    }

    private static final class Counter implements IoRegion {
        private long count;

        @Override
        public long read(long offset, int size) {
            return count;
        }

        @Override
        public void write(long offset, int size, long value) {
            count++;
        }
    }

    private static final class Latch implements IoRegion {
        private long held;

        @Override
        public long read(long offset, int size) {
            return held;
        }

        @Override
        public void write(long offset, int size, long value) {
            held = value;
        }
    }

    private static final class Zero implements IoRegion {
        @Override
        public long read(long offset, int size) {
            return 0;
        }

        @Override
        public void write(long offset, int size, long value) {}
    }

    private static final class Echo implements IoRegion {
        @Override
        public long read(long offset, int size) {
            return offset;
        }

        @Override
        public void write(long offset, int size, long value) {}
    }

    /** A read from one device. */
    @Benchmark
    public long readOne() {
        return ports.read(0x3f8, 1);
    }

    /** A write to one device. */
    @Benchmark
    public void writeOne() {
        ports.write(0x3f8, 1, 7);
    }

    /** A read from each device in turn. */
    @Benchmark
    public long readAll() {
        next = next + 1 == PORTS.length ? 0 : next + 1;
        return ports.read(PORTS[next], 1);
    }

    /** A read where there is nothing. */
    @Benchmark
    public long readNothing() {
        return ports.read(0x1234, 1);
    }
}
