package org.jvisor.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.jvisor.vmm.api.Vcpu;
import org.jvisor.vmm.api.VcpuExit;
import org.jvisor.vmm.api.VcpuState;
import org.jvisor.vmm.api.VcpuStatistics;

class LifecycleTest {
    /** Counts; halts or ends when told. */
    private static final class FakeVcpu implements Vcpu {
        final AtomicLong rounds = new AtomicLong();
        final CountDownLatch ran = new CountDownLatch(1);
        volatile VcpuExit next = VcpuExit.SLICE;
        volatile boolean idle;

        @Override
        public int index() {
            return 0;
        }

        @Override
        public VcpuExit run() {
            rounds.incrementAndGet();
            ran.countDown();
            return next;
        }

        @Override
        public void kick() {}

        @Override
        public String failure() {
            return "";
        }

        @Override
        public void save(VcpuState state) {}

        @Override
        public void restore(VcpuState state) {}

        @Override
        public long instructions() {
            return rounds.get();
        }

        @Override
        public VcpuStatistics statistics() {
            return new VcpuStatistics(
                    VcpuStatistics.Instructions.NONE,
                    VcpuStatistics.Tlb.NONE,
                    VcpuStatistics.Events.NONE,
                    new VcpuStatistics.Io(0, 0),
                    Map.of());
        }

        @Override
        public boolean idle() {
            return idle;
        }

        @Override
        public void singleStep(boolean on) {}

        @Override
        public void close() {}
    }

    private final FakeVcpu vcpu = new FakeVcpu();
    private final AtomicInteger resets = new AtomicInteger();
    private final CountDownLatch halted = new CountDownLatch(1);
    private final CountDownLatch failed = new CountDownLatch(1);
    private final HostClock clock = new HostClock("test");
    private final VcpuThread thread =
            new VcpuThread(
                    "test-vcpu",
                    List.of(vcpu),
                    clock,
                    new VcpuThread.Listener() {
                        @Override
                        public void failed(Vcpu vcpu, VcpuExit exit) {
                            failed.countDown();
                        }

                        @Override
                        public void halted(VcpuThread thread) {
                            halted.countDown();
                        }

                        @Override
                        public void broken(Vcpu vcpu, Throwable error) {}
                    });
    private final Lifecycle lifecycle =
            new Lifecycle(
                    "test",
                    false,
                    new Lifecycle.Parts() {
                        @Override
                        public List<VcpuThread> threads() {
                            return List.of(thread);
                        }

                        @Override
                        public void resumeClock() {}

                        @Override
                        public void pauseClock() {}

                        @Override
                        public void resetParts() {
                            resets.incrementAndGet();
                        }
                    });

    @AfterEach
    void close() {
        lifecycle.close();
        clock.close();
    }

    private void start() throws InterruptedException {
        lifecycle.start();
        assertThat(vcpu.ran.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void nothingRunsWhilePaused() throws InterruptedException {
        start();
        lifecycle.pause();
        long before = vcpu.rounds.get();
        for (int i = 0; i < 100_000; i++) {
            Thread.onSpinWait();
        }
        assertThat(vcpu.rounds.get()).isEqualTo(before);
        assertThat(lifecycle.state()).isEqualTo(MachineState.PAUSED);
    }

    @Test
    void aResetKeepsAPausedMachinePaused() throws InterruptedException {
        start();
        lifecycle.pause();
        lifecycle.reset();
        assertThat(resets).hasValue(1);
        assertThat(lifecycle.state()).isEqualTo(MachineState.PAUSED);
    }

    @Test
    void theFirstReasonToEndStands() throws Exception {
        start();
        lifecycle.requestEnd(new MachineExit.PowerOff());
        assertThat(lifecycle.exit().get(10, TimeUnit.SECONDS))
                .isEqualTo(new MachineExit.PowerOff());
        lifecycle.end(new MachineExit.Stopped());
        assertThat(lifecycle.exitNow()).isEqualTo(new MachineExit.PowerOff());
        assertThat(lifecycle.state()).isEqualTo(MachineState.ENDED);
    }

    @Test
    void aHaltedCpuLetsItsThreadSleepUntilWoken() throws InterruptedException {
        vcpu.idle = true;
        lifecycle.start();
        assertThat(halted.await(10, TimeUnit.SECONDS)).isTrue();
        vcpu.idle = false;
        thread.wake();
        assertThat(vcpu.ran.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aCpuThatCannotGoOnIsToldAndHoldsStill() throws InterruptedException {
        vcpu.next = VcpuExit.SHUTDOWN;
        start();
        assertThat(failed.await(10, TimeUnit.SECONDS)).isTrue();
        thread.awaitPaused();
        assertThat(vcpu.rounds).hasValue(1);
    }

    @Test
    void aMachineStartsOnce() throws InterruptedException {
        start();
        assertThatThrownBy(lifecycle::start).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void pausesAndResumesFromManyThreadsNeverLoseTheMachine() throws InterruptedException {
        start();
        Thread[] threads = new Thread[4];
        for (int i = 0; i < threads.length; i++) {
            threads[i] =
                    Thread.ofPlatform()
                            .start(
                                    () -> {
                                        for (int n = 0; n < 200; n++) {
                                            lifecycle.pause();
                                            lifecycle.resume();
                                        }
                                    });
        }
        for (Thread t : threads) {
            t.join();
        }
        lifecycle.resume();
        long before = vcpu.rounds.get();
        while (vcpu.rounds.get() == before) {
            Thread.onSpinWait();
        }
        assertThat(lifecycle.state()).isEqualTo(MachineState.RUNNING);
    }
}
