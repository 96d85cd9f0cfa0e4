package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The software CPU against KVM: bounded runs, part of every build where there is a /dev/kvm. */
class KvmDifferentialTest {
    private final long seed = Hosts.seed();

    @BeforeEach
    void needsKvm() {
        if (!Hosts.hasKvm()) {
            System.out.println(Hosts.NO_KVM);
        }
        assumeTrue(Hosts.hasKvm(), Hosts.NO_KVM);
    }

    @Test
    void userModeInstructionsFaultAsTheyDoOnKvm() {
        try (KvmRun run = new KvmRun(seed)) {
            run.instructions(4_000);
            System.out.printf("seed %#x: %s%n", seed, run.summary());
            assertThat(run.differenceCount()).as("%s", run.report()).isZero();
        }
    }

    @Test
    void userModeProgramsEndAsTheyDoOnKvm() {
        try (KvmRun run = new KvmRun(seed)) {
            run.programs(1_000);
            System.out.printf("seed %#x: %s%n", seed, run.summary());
            assertThat(run.differenceCount()).as("%s", run.report()).isZero();
        }
    }

    @Test
    void theSameOpcodesAreUndefinedAsOnKvm() {
        try (OpcodeScan scan = new OpcodeScan()) {
            scan.run(new SplittableRandom(seed), 30);
            assertThat(scan.cases()).isGreaterThan(1000);
            assertThat(scan.differences()).as("seed %#x", seed).isEmpty();
        }
    }
}
