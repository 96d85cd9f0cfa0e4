package org.jvisor.benchmarks.jmh;

import java.util.concurrent.TimeUnit;
import org.jvisor.vmm.api.VcpuExit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** The same loops on the software accelerator. */
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class SoftwareExits {
    private static final int BATCH = 1000;

    /** A guest that its thread gets back after each round. */
    @State(Scope.Thread)
    @SuppressWarnings("NullAway.Init")
    public static class Guest {
        /** Which. */
        @Param({
            "OUT8",
            "OUT16",
            "OUT32",
            "IN8",
            "IN16",
            "IN32",
            "OUTS",
            "INS",
            "MMIO_WRITE",
            "MMIO_READ",
            "INTERRUPT",
            "IMMEDIATE",
            "REGISTERS"
        })
        public GuestLoop loop;

        private SoftwareGuest guest;

        /** Makes it. */
        @Setup
        public void open() {
            guest = ofRounds(loop);
        }

        /** Ends it. */
        @TearDown
        public void close() {
            guest.close();
        }
    }

    /** A guest that runs on. */
    @State(Scope.Thread)
    @SuppressWarnings("NullAway.Init")
    public static class RunningGuest {
        /** Which. */
        @Param({"OUT8", "IN8", "MMIO_WRITE", "MMIO_READ"})
        public GuestLoop loop;

        private SoftwareGuest guest;

        /** Makes it. */
        @Setup
        public void open() {
            guest = new SoftwareGuest(loop, 0);
        }

        /** Ends it. */
        @TearDown
        public void close() {
            guest.close();
        }
    }

    /** A guest on a thread of its own. */
    @State(Scope.Thread)
    @SuppressWarnings("NullAway.Init")
    public static class SpinningGuest {
        /** How it is stopped. */
        @Param("KICK")
        public GuestLoop loop;

        private SoftwareGuest guest;
        private Sleeper sleeper;

        /** Makes it. */
        @Setup
        public void open() {
            guest = new SoftwareGuest(loop, 0);
            sleeper =
                    new Sleeper(
                            () -> guest.cpu.run() == VcpuExit.KICKED,
                            guest.cpu::kick,
                            guest.cpu::kick);
        }

        /** Lets it run again. */
        @Setup(Level.Invocation)
        public void settle() {
            sleeper.settle();
        }

        /** Ends it. */
        @TearDown
        public void close() throws InterruptedException {
            sleeper.end();
            guest.close();
        }
    }

    /** The guest of a loop whose every round comes back. */
    static SoftwareGuest ofRounds(GuestLoop loop) {
        boolean string = loop == GuestLoop.OUTS || loop == GuestLoop.INS;
        return new SoftwareGuest(
                loop, loop == GuestLoop.INTERRUPT ? 0 : string ? GuestLoop.STRING : 1);
    }

    /** One round of a loop, with the CPU given back to its thread. */
    @Benchmark
    @BenchmarkMode(Mode.SampleTime)
    public long exit(Guest guest) {
        return guest.guest.round();
    }

    /** One access to a device of a CPU that runs on. */
    @Benchmark
    @BenchmarkMode(Mode.AverageTime)
    @OperationsPerInvocation(BATCH)
    public long served(RunningGuest guest) {
        return guest.guest.serve(BATCH);
    }

    /** From the kick to the return of the vCPU's thread. */
    @Benchmark
    @BenchmarkMode(Mode.SampleTime)
    public long wake(SpinningGuest guest) {
        return guest.sleeper.wakeAndWait();
    }
}
