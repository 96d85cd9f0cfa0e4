package org.jvisor.benchmarks.jmh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.concurrent.atomic.AtomicInteger;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.jvisor.kvm.Kvm;
import org.jvisor.kvm.KvmException;

class LoopsTest {
    private static final int ROUNDS = 20;

    private static void needKvm() {
        try (Kvm kvm = Kvm.open()) {
            assertThat(kvm.version()).isEqualTo(Kvm.API_VERSION);
        } catch (KvmException e) {
            System.out.println("skipped, as KVM cannot be used here: " + e.getMessage());
            assumeTrue(false, e.getMessage());
        }
    }

    @ParameterizedTest
    @EnumSource(
            mode = EnumSource.Mode.EXCLUDE,
            names = {"KICK", "IRQFD_WAKE"})
    void everyRoundOnKvmLeavesForItsReason(GuestLoop loop) {
        needKvm();
        try (KvmLoop rounds = KvmLoop.of(loop)) {
            for (int i = 0; i < ROUNDS; i++) {
                assertThatCode(rounds::round).doesNotThrowAnyException();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"KICK", "IRQFD_WAKE"})
    void aSleepingGuestIsWoken(GuestLoop loop) throws InterruptedException {
        needKvm();
        KvmExits.SleepingGuest guest = new KvmExits.SleepingGuest();
        guest.loop = loop;
        guest.open();
        for (int i = 0; i < ROUNDS; i++) {
            assertThat(new KvmExits().wake(guest)).isEqualTo(i);
        }
        guest.close();
    }

    @ParameterizedTest
    @EnumSource(
            mode = EnumSource.Mode.EXCLUDE,
            names = {"KICK", "IRQFD_WAKE", "DOORBELL"})
    void everyRoundInSoftwareComesBack(GuestLoop loop) {
        try (SoftwareGuest guest = SoftwareExits.ofRounds(loop)) {
            long before = guest.accesses;
            for (int i = 0; i < ROUNDS; i++) {
                guest.round();
            }
            boolean string = loop == GuestLoop.OUTS || loop == GuestLoop.INS;
            boolean none = loop == GuestLoop.IMMEDIATE || loop == GuestLoop.REGISTERS;
            int each = none ? 0 : string ? GuestLoop.STRING : 1;
            assertThat(guest.accesses - before).isEqualTo((long) ROUNDS * each);
        }
    }

    @Test
    void aRunningSoftwareCpuServesAsManyAccessesAsAskedFor() {
        try (SoftwareGuest guest = new SoftwareGuest(GuestLoop.OUT8, 0)) {
            assertThat(guest.serve(1000)).isGreaterThanOrEqualTo(1000);
        }
    }

    @Test
    void aFailureOfTheVcpusThreadIsTold() throws InterruptedException {
        AtomicInteger runs = new AtomicInteger();
        Sleeper sleeper =
                new Sleeper(
                        () -> {
                            runs.incrementAndGet();
                            throw new IllegalStateException("broken");
                        },
                        () -> {},
                        () -> {});
        assertThatCode(sleeper::wakeAndWait).hasRootCauseMessage("broken");
        sleeper.end();
        assertThat(runs).hasValue(1);
    }

    @Property
    void aLatencyIsKeptToOneIn512(@ForAll @LongRange(min = 0, max = 1L << 60) long nanos) {
        long kept = ExitSoak.value(ExitSoak.bucket(nanos));
        assertThat(kept).isLessThanOrEqualTo(nanos);
        assertThat(nanos - kept).isLessThanOrEqualTo(nanos / 512);
    }
}
