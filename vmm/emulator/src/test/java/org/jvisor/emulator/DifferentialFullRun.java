package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/**
 * The software CPU against the host's: the long run, on request only (its name is not one that the
 * build runs). {@code -Djvisor.diff.cases=N} sets its length.
 */
class DifferentialFullRun {
    @Test
    void aMillionCasesGiveWhatTheHostsCpuGives() {
        long seed = Hosts.seed();
        long cases = Long.getLong("jvisor.diff.cases", 1_000_000);
        try (DifferentialRun run = new DifferentialRun(seed, 32)) {
            run.run(cases);
            System.out.printf("seed %#x%n%s%n", seed, run.report());
            assertThat(run.differenceCount()).as("differences, listed above").isZero();
            assertThat(run.caseCount()).isGreaterThanOrEqualTo(cases);
        }
    }
}
