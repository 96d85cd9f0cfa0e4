package org.jvisor.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.jvisor.benchmarks.guest.GuestCompiler;
import org.jvisor.benchmarks.guest.GuestException;

class SuiteTest {
    @TempDir Path folder;

    @Test
    void programsAreChosenByNameOrGroupInTheSuitesOrder() {
        assertThat(Suite.select(Suite.PROGRAMS, List.of("double", "sieve")))
                .extracting(Program::name)
                .containsExactly("sieve", "nbody", "matrix", "awk");
    }

    @Test
    void withoutNamesAllProgramsAreChosen() {
        assertThat(Suite.select(Suite.PROGRAMS, List.of())).hasSize(Suite.PROGRAMS.size());
    }

    @Test
    void anUnknownNameIsToldWithThoseThereAre() {
        assertThatThrownBy(() -> Suite.select(Suite.PROGRAMS, List.of("seive")))
                .isInstanceOf(BenchException.class)
                .hasMessageContaining("seive")
                .hasMessageContaining("sieve");
    }

    @Test
    void aScriptGetsItsScaledAmount() {
        Program program = new Program("x", Group.INTEGER, false, 1000, "make AMOUNT", "use AMOUNT");
        assertThat(program.command(0.5, 2))
                .contains("make 500\n", "\nuse 500\n", "$GUEST command x --passes 2 --");
    }

    @Test
    void aProgramOfOurOwnGetsTheScale() {
        assertThat(Program.own("sieve", Group.INTEGER, true).command(0.25, 3))
                .isEqualTo("$GUEST sieve --scale 0.250000 --passes 3\n");
    }

    @Test
    void everyProgramOfTheSuiteRunsOnTheHost() throws Exception {
        Path guest = folder.resolve("guest");
        try {
            GuestCompiler.ofHost()
                    .compile(
                            GuestCompiler.sources(
                                    Checkout.root().resolve("benchmarks/src/main/guest")),
                            guest);
        } catch (GuestException e) {
            System.out.println("skipped: " + e.getMessage());
            assumeTrue(false, e.getMessage());
        }
        for (Program program : Suite.PROGRAMS.values()) {
            if (program.scripted()) {
                continue;
            }
            VmProcess process =
                    VmProcess.run(
                            List.of(
                                    guest.toString(),
                                    program.name(),
                                    "--scale",
                                    "0.01",
                                    "--passes",
                                    "2"),
                            Duration.ofMinutes(2));
            Map<String, List<GuestOutput.Pass>> passes =
                    GuestOutput.parse(process.lines()).passes();
            assertThat(passes).as(process.tail()).containsOnlyKeys(program.name());
            assertThat(passes.get(program.name()))
                    .hasSize(2)
                    .extracting(GuestOutput.Pass::checksum)
                    .allMatch(sum -> sum.matches("[0-9a-f]{16}"));
        }
    }
}
