package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Translated code against the interpreter: a bounded run, part of every build. {@code
 * -Djvisor.diff.seed=N} starts it elsewhere, {@code -Djvisor.diff.programs=N} makes it longer.
 */
class TranslatedProgramsTest {
    @Test
    void randomProgramsDoTheSameTranslatedAsInterpreted() {
        long seed = Hosts.seed();
        int count = Integer.getInteger("jvisor.diff.programs", 400);
        SplittableRandom seeds = new SplittableRandom(seed);
        try (TranslatedPrograms programs = new TranslatedPrograms()) {
            for (int i = 0; i < count; i++) {
                programs.run(seeds.nextLong());
            }
            System.out.printf("seed %#x: %d programs, %s%n", seed, count, programs);
            assertThat(programs.reports()).isEmpty();
            assertThat(programs.regions()).isGreaterThan(count);
        }
    }
}
