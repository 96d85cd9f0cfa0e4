package org.jvisor.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class MainTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        return Main.execute(new PrintWriter(out, true), new PrintWriter(err, true), arguments);
    }

    @Test
    void everyProgramIsNamedInTheHelp() {
        assertThat(run("guest", "--help")).isZero();
        assertThat(run("userland", "--help")).isZero();
        assertThat(out.toString())
                .contains(Suite.PROGRAMS.keySet())
                .contains(Suite.USERLAND.keySet());
    }

    @Test
    void withoutACommandItTellsWhichThereAre() {
        assertThat(run()).isZero();
        assertThat(out.toString()).contains("guest", "boot");
    }

    @Test
    void anUnknownOptionIsAMisuse() {
        assertThat(run("boot", "--rnus", "3")).isEqualTo(64);
        assertThat(err.toString()).contains("--rnus");
    }

    @Test
    void aValueThatMeansNothingIsToldInOneSentence() {
        assertThat(run("guest", "--runs", "0")).isEqualTo(70);
        assertThat(err.toString().lines()).hasSize(1);
        assertThat(err.toString()).contains("--runs");
    }

    @Test
    void measurementsTooShortToMeanAnythingAreRefused() {
        assertThat(run("devices", "--seconds", "1")).isEqualTo(70);
        assertThat(err.toString().lines()).hasSize(1);
        assertThat(err.toString()).contains("--seconds");
    }

    @Test
    void everyTortureProgramIsNamedInTheHelp() {
        assertThat(run("torture", "--help")).isZero();
        assertThat(out.toString()).contains(TortureCommand.PROGRAMS);
    }

    @Test
    void anUnknownTortureProgramIsTold() {
        assertThat(run("torture", "--programs", "nonesuch")).isEqualTo(70);
        assertThat(err.toString()).contains("nonesuch");
    }

    @Test
    void memoryOverTimeIsThinnedOut() {
        assertThat(TortureRun.overTime(List.of(1L << 20, 3L << 20))).isEqualTo(" 1 3");
        assertThat(TortureRun.overTime(Collections.nCopies(1000, 1L << 20)).split(" ")).hasSize(21);
    }

    @Test
    void anUnknownProgramIsTold() {
        assertThat(run("guest", "--programs", "nonesuch")).isEqualTo(70);
        assertThat(err.toString()).contains("nonesuch");
    }
}
