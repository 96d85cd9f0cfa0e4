package org.jvisor.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class GuestOutputTest {
    private static GuestOutput parse(String... lines) {
        List<VmProcess.Line> timed = new ArrayList<>();
        for (String line : lines) {
            timed.add(new VmProcess.Line(1_000L * timed.size(), line));
        }
        return GuestOutput.parse(timed);
    }

    @Test
    void passesAreKeptInOrderWithBothClocks() {
        GuestOutput output =
                parse(
                        "[    0.1] Linux version 6.1",
                        "@@ start sieve 1",
                        "@@ end sieve 1 900 00ff",
                        "@@ start sieve 2",
                        "unrelated",
                        "@@ end sieve 2 800 00ff",
                        "@@ finished");
        assertThat(output.passes())
                .containsOnlyKeys("sieve")
                .containsEntry(
                        "sieve",
                        List.of(
                                new GuestOutput.Pass(900, 1000, "00ff"),
                                new GuestOutput.Pass(800, 2000, "00ff")));
        assertThat(output.errors()).isEmpty();
        assertThat(output.finished()).isTrue();
    }

    @Test
    void aMarkBehindOtherTextOnTheLineCounts() {
        assertThat(parse("\u001b[0m@@ finished ").finished()).isTrue();
    }

    @Test
    void errorsOfTheGuestAreKept() {
        assertThat(parse("@@ error dmesg: WARNING: at x").errors())
                .containsExactly("error dmesg: WARNING: at x");
    }

    @Test
    void aLineThatWasTornIsAnErrorAndNotAPass() {
        GuestOutput output = parse("@@ end sieve 1 12[ 3.4] hello", "@@ ennd");
        assertThat(output.passes()).isEmpty();
        assertThat(output.errors()).hasSize(2);
    }

    @Test
    void withoutItsLastLineAPlanIsNotFinished() {
        assertThat(parse("@@ start sieve 1").finished()).isFalse();
    }

    @Test
    void clocksThatDisagreeByATenthAreTold() {
        assertThat(new GuestOutput.Pass(1_000_000_000, 1_010_000_000, "").clocksDiffer()).isFalse();
        assertThat(new GuestOutput.Pass(1_000_000_000, 1_150_000_000, "").clocksDiffer()).isTrue();
        assertThat(new GuestOutput.Pass(1_150_000_000, 1_000_000_000, "").clocksDiffer()).isTrue();
    }
}
