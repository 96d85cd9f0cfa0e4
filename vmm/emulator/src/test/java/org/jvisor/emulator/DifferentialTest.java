package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Test;

/**
 * The software CPU against the host's: a bounded run, part of every build. {@code
 * -Djvisor.diff.seed=N} starts it elsewhere, {@code random} at a new place each time.
 */
class DifferentialTest {
    private static final long CASES = 60_000;

    @Test
    void generatedInstructionsGiveWhatTheHostsCpuGives() {
        assumeTrue(Hosts.isX86(), "skipped: the host is no x86-64 Linux to compare with");
        long seed = Hosts.seed();
        try (DifferentialRun run = new DifferentialRun(seed, 8)) {
            run.run(CASES);
            System.out.printf("seed %#x: %s%n", seed, run.summary());
            assertThat(run.differenceCount()).as("%s", run.report()).isZero();
        }
    }
}
