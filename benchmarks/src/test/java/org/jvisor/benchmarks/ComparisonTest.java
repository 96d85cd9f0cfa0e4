package org.jvisor.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.jvisor.benchmarks.report.TextTable;

class ComparisonTest {
    private static final Program INTEGER = Program.own("one", Group.INTEGER, true);
    private static final Program DOUBLE = Program.own("two", Group.DOUBLE, true);
    private static final long SECOND = 1_000_000_000;

    private static Samples samples(String sum, double... seconds) {
        Samples samples = new Samples();
        samples.add(
                new VmProcess(List.of(), 0, 0, 7 * SECOND, 6 * SECOND, 1 << 20, List.of()),
                new GuestOutput(
                        Map.of("one", passes(sum, seconds[0]), "two", passes(sum, seconds[1])),
                        List.of(),
                        true));
        return samples;
    }

    private static List<GuestOutput.Pass> passes(String sum, double seconds) {
        long nanos = (long) (seconds * SECOND);
        return List.of(
                new GuestOutput.Pass(2 * nanos, 2 * nanos, sum),
                new GuestOutput.Pass(nanos, nanos, sum));
    }

    private static Comparison comparison(Samples ours, Samples tcg) {
        return new Comparison(List.of(INTEGER, DOUBLE), ours, tcg, null);
    }

    @Test
    void theTableHasTimesAndRatiosOfColdAndWarmPasses() {
        String text =
                comparison(samples("a", 1, 0.5), samples("a", 2, 5))
                        .section("t", "T", "load")
                        .text();
        assertThat(text.lines().filter(line -> line.startsWith("| one ")))
                .singleElement()
                .asString()
                .containsSubsequence(
                        "integer *",
                        "2.00",
                        "4.00",
                        "0.500",
                        "1.00",
                        "2.00",
                        "0.500 (0.500..0.500)");
    }

    @Test
    void groupsHaveTheirGeometricMeanBesideTheTarget() {
        String text =
                comparison(samples("a", 1, 0.5), samples("a", 2, 5))
                        .section("t", "T", "load")
                        .text();
        assertThat(text.lines().filter(line -> line.startsWith("| double ")))
                .singleElement()
                .asString()
                .containsSubsequence("1", "0.100", "0.300", "yes");
        assertThat(text.lines().filter(line -> line.startsWith("| steady state ")))
                .singleElement()
                .asString()
                .containsSubsequence("2", "0.224", "0.600", "yes");
    }

    @Test
    void theSlowestReferenceProgramIsHeldAgainstItsOwnTarget() {
        String text =
                comparison(samples("a", 3, 0.5), samples("a", 2, 5))
                        .section("t", "T", "load")
                        .text();
        assertThat(text.lines().filter(line -> line.contains("slowest")))
                .singleElement()
                .asString()
                .containsSubsequence("one", "1.50", "1.20", "no");
    }

    @Test
    void differentChecksumsAreCalledWrong() {
        assertThat(comparison(samples("a", 1, 1), samples("b", 1, 1)).remarks())
                .anyMatch(remark -> remark.contains("WRONG") && remark.contains("one"));
        assertThat(comparison(samples("a", 1, 1), samples("a", 1, 1)).remarks()).isEmpty();
    }

    @Test
    void withOneMachineThereIsNoTableOfGroups() {
        String text =
                new Comparison(List.of(INTEGER), samples("a", 1, 1), null, null)
                        .section("t", "T", "load")
                        .text();
        assertThat(text).contains("| one").doesNotContain("steady state");
    }

    @Test
    void numbersHaveThreeSignificantDigits() {
        assertThat(List.of(0.12345, 1.2345, 12.345, 123.45).stream().map(Comparison::format))
                .containsExactly("0.123", "1.23", "12.3", "123");
    }

    @Test
    void aTableIsAlignedMarkdown() {
        TextTable table = new TextTable("name", "s");
        table.row("a", "10.5");
        assertThat(table.toString())
                .isEqualTo(
                        """
                        | name |    s |
                        |------|-----:|
                        | a    | 10.5 |
                        """);
        assertThatThrownBy(() -> table.row("a")).isInstanceOf(IllegalArgumentException.class);
    }
}
