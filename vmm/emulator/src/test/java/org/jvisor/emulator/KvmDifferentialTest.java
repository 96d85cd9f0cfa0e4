package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Test;

/** The software CPU against KVM: a bounded run, part of every build where there is a /dev/kvm. */
class KvmDifferentialTest {
    private static final long CASES = 4_000;

    @Test
    void userModeInstructionsFaultAsTheyDoOnKvm() {
        assumeTrue(Hosts.hasKvm(), Hosts.NO_KVM);
        long seed = Hosts.seed();
        try (KvmRun run = new KvmRun(seed)) {
            run.instructions(CASES);
            System.out.printf("seed %#x: %s%n", seed, run.summary());
            assertThat(run.differenceCount()).as("%s", run.report()).isZero();
        }
    }
}
