package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * The software CPU against KVM: the long runs, on request only. {@code -Djvisor.diff.cases=N} sets
 * the number of single instructions; there are a third as many programs.
 */
class KvmFullRun {
    private final long seed = Hosts.seed();
    private final long cases = Long.getLong("jvisor.diff.cases", 100_000);

    @Test
    void userModeInstructionsAndProgramsEndAsTheyDoOnKvm() {
        try (KvmRun run = new KvmRun(seed)) {
            run.instructions(cases);
            run.programs(cases / 3);
            System.out.printf("seed %#x%n%s%n", seed, run.report());
            assertThat(run.differenceCount()).as("differences, listed above").isZero();
        }
    }

    @Test
    void theSameOpcodesAreUndefinedAsOnKvm() {
        try (OpcodeScan scan = new OpcodeScan()) {
            scan.run(new SplittableRandom(seed), 1);
            System.out.println(scan.cases() + " opcodes tried");
            assertThat(scan.differences()).isEmpty();
        }
    }
}
