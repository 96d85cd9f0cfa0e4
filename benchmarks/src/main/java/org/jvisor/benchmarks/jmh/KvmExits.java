package org.jvisor.benchmarks.jmh;

import java.util.concurrent.TimeUnit;
import org.jvisor.kvm.KvmExit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Exits on KVM, by the code that {@code jvisor run} uses. */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class KvmExits {
    /** A guest whose exits come back to the thread that is measured. */
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
            "DOORBELL",
            "INTERRUPT",
            "IMMEDIATE",
            "REGISTERS"
        })
        public GuestLoop loop;

        private KvmLoop rounds;

        /** Makes it. */
        @Setup
        public void open() {
            rounds = KvmLoop.of(loop);
        }

        /** Ends it. */
        @TearDown
        public void close() {
            rounds.close();
        }
    }

    /** A guest on a thread of its own. */
    @State(Scope.Thread)
    @SuppressWarnings("NullAway.Init")
    public static class SleepingGuest {
        /** How it is woken. */
        @Param({"KICK", "IRQFD_WAKE"})
        public GuestLoop loop;

        private KvmGuest guest;
        private Sleeper sleeper;

        /** Makes it. */
        @Setup
        public void open() {
            guest = new KvmGuest(loop);
            boolean byKick = loop == GuestLoop.KICK;
            KvmExit woken = byKick ? KvmExit.INTR : KvmExit.IO;
            sleeper =
                    new Sleeper(
                            () -> guest.cpu.run() == woken,
                            byKick ? guest.cpu::kick : guest.event::signal,
                            guest.cpu::kick);
        }

        /** Lets it fall asleep again. */
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

    /** One round of a loop. */
    @Benchmark
    public long exit(Guest guest) {
        return guest.rounds.round();
    }

    /** From the call that wakes a vCPU to its thread's return from the guest. */
    @Benchmark
    public long wake(SleepingGuest guest) {
        return guest.sleeper.wakeAndWait();
    }
}
