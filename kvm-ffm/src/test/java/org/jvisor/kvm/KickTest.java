package org.jvisor.kvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class KickTest {
    private static final int KICKS = 10_000;
    private static final int FEWER_KICKS = 2_000;

    /** jmp to itself. */
    private static final String SPIN = "ebfe";

    /** out 0x80, al; jmp back: leaves the guest all the time. */
    private static final String TALK = "e680 ebfc";

    /** cli; hlt: waits in the kernel for good. */
    private static final String SLEEP = "fa f4";

    @Test
    @Timeout(60)
    void noKickIsLostByAGuestThatSpins() throws Exception {
        try (TestGuest guest = TestGuest.plain().realMode(SPIN)) {
            expectEveryKick(guest.cpu(), KICKS);
        }
    }

    @Test
    @Timeout(60)
    void noKickIsLostByAGuestThatLeavesAllTheTime() throws Exception {
        try (TestGuest guest = TestGuest.plain().realMode(TALK)) {
            expectEveryKick(guest.cpu(), FEWER_KICKS);
        }
    }

    @Test
    @Timeout(60)
    void noKickIsLostByAGuestThatSleepsInTheKernel() throws Exception {
        try (TestGuest guest = TestGuest.withIrqchip().realMode(SLEEP)) {
            expectEveryKick(guest.cpu(), FEWER_KICKS);
        }
    }

    /**
     * Kicks as soon as the last kick was seen, at a moment that varies: before the vCPU enters,
     * while it enters, or inside. A lost one would hang the test until its timeout.
     */
    private static void expectEveryKick(KvmVcpu vcpu, int kicks) throws Exception {
        AtomicInteger seen = new AtomicInteger();
        try (ExecutorService executor = Executors.newSingleThreadExecutor()) {
            Future<?> runner =
                    executor.submit(
                            () -> {
                                while (seen.get() < kicks) {
                                    if (vcpu.run() == KvmExit.INTR) {
                                        seen.incrementAndGet();
                                    }
                                }
                            });
            int sent = 0;
            while (sent < kicks && !runner.isDone()) {
                for (int i = 0; i < sent % 512; i++) {
                    Thread.onSpinWait();
                }
                vcpu.kick();
                sent++;
                while (seen.get() < sent && !runner.isDone()) {
                    Thread.onSpinWait();
                }
            }
            runner.get(10, TimeUnit.SECONDS);
        }
        assertThat(seen).hasValue(kicks);
    }

    @Test
    @Timeout(60)
    void aKickBeforeTheRunEndsIt() {
        try (TestGuest guest = TestGuest.plain().realMode(SPIN)) {
            guest.cpu().kick();
            assertThat(guest.cpu().run()).isEqualTo(KvmExit.INTR);
        }
    }

    @Test
    void kicksDoNotAddUp() {
        try (TestGuest guest = TestGuest.plain().realMode("f4")) {
            guest.cpu().kick();
            guest.cpu().kick();
            assertThat(guest.cpu().run()).isEqualTo(KvmExit.INTR);
            assertThat(guest.cpu().run()).isEqualTo(KvmExit.HLT);
        }
    }

    @Test
    void aKickedRunHandsOverTheAnswerToTheLastExitFirst() {
        // in al, 0x10; hlt
        try (TestGuest guest = TestGuest.plain().realMode("e410 f4")) {
            assertThat(guest.cpu().run()).isEqualTo(KvmExit.IO);
            guest.cpu().exit().setIoValue(0, 0x42);
            guest.cpu().kick();
            assertThat(guest.cpu().run()).isEqualTo(KvmExit.INTR);
            assertThat(guest.regs().gpr[KvmRegs.RAX] & 0xff).isEqualTo(0x42);
            assertThat(guest.regs().rip).isEqualTo(TestGuest.CODE + 2);
        }
    }

    @Test
    @Timeout(60)
    void threeKickersAtOnceDoNotHangAVcpu() throws Exception {
        try (TestGuest guest = TestGuest.plain().realMode(SPIN);
                ExecutorService executor = Executors.newFixedThreadPool(3)) {
            for (int k = 0; k < 3; k++) {
                executor.execute(
                        () -> {
                            for (int i = 0; i < 2000; i++) {
                                guest.cpu().kick();
                            }
                        });
            }
            executor.shutdown();
            while (!executor.isTerminated()) {
                guest.cpu().kick(); // so that this run ends even if the others are done
                assertThat(guest.cpu().run()).isEqualTo(KvmExit.INTR);
            }
        }
    }

    @Test
    @Timeout(60)
    void aVcpuMayMoveToAnotherThread() throws Exception {
        try (TestGuest guest = TestGuest.plain().realMode(SPIN)) {
            expectEveryKick(guest.cpu(), 10);
            expectEveryKick(guest.cpu(), 10);
        }
    }

    @Test
    void aVirtualThreadIsRefused() throws Exception {
        try (TestGuest guest = TestGuest.plain().realMode("f4");
                ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<KvmExit> run = executor.submit(guest.cpu()::run);
            assertThatThrownBy(run::get).hasRootCauseInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    @Timeout(60)
    void aRunningVcpuCannotBeClosed() throws Exception {
        try (TestGuest guest = TestGuest.plain().realMode("e680 ebfe");
                ExecutorService executor = Executors.newSingleThreadExecutor()) {
            AtomicInteger exits = new AtomicInteger();
            Future<KvmExit> run =
                    executor.submit(
                            () -> {
                                guest.cpu().run();
                                exits.incrementAndGet();
                                return guest.cpu().run();
                            });
            while (exits.get() == 0 || !guest.cpu().isRunning()) {
                Thread.onSpinWait();
            }
            assertThatThrownBy(guest.cpu()::close)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("kick it");
            guest.cpu().kick();
            assertThat(run.get()).isEqualTo(KvmExit.INTR);
        }
    }
}
