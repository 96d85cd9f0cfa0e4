package org.jvisor.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GuardTest {
    @TempDir Path folder;

    @Test
    void anObjectMoreInAnOperationIsARegression() {
        Guard guard = new Guard(Map.of("alloc.kvm.out8", 0.0), Map.of("alloc.kvm.out8", 16.0));
        assertThat(guard.regressions()).containsExactly("alloc.kvm.out8");
        assertThat(guard.text()).contains("WORSE");
    }

    @Test
    void whatIsWithinTheToleranceIsNone() {
        Guard guard =
                new Guard(
                        Map.of("guest.boot.interrupts", 1000.0, "start.classes", 4000.0),
                        Map.of("guest.boot.interrupts", 1200.0, "start.classes", 4050.0));
        assertThat(guard.regressions()).isEmpty();
    }

    @Test
    void aCountWithoutABaselineIsNew() {
        Guard guard = new Guard(Map.of(), Map.of("alloc.kvm.out8", 16.0));
        assertThat(guard.regressions()).isEmpty();
        assertThat(guard.text()).contains("new");
    }

    @Test
    void whatCannotBeCountedHereIsToldAndKept() {
        Guard guard = new Guard(Map.of("perf.x", 7.0), Map.of("alloc.a", 0.0));
        assertThat(guard.text()).contains("Not counted here: perf.x");
        assertThat(guard.updated()).containsEntry("perf.x", 7.0).containsEntry("alloc.a", 0.0);
    }

    @Test
    void aBaselineIsReadAsItWasWritten() throws IOException {
        Path file = folder.resolve("baseline.json");
        assertThat(Guard.read(file)).isEmpty();
        Guard.write(file, Map.of("alloc.a", 1.5));
        assertThat(Guard.read(file)).isEqualTo(Map.of("alloc.a", 1.5));
    }

    @Test
    void countsAreFoundInTheStatistics() {
        List<String> lines =
                List.of(
                        "guest instructions                     1,250,323,607",
                        "  translated                             700,000,000  56.0 %",
                        "MMIO accesses                                  4,475");
        assertThat(GuardCounts.statistics(lines))
                .isEqualTo(
                        Map.of(
                                "guest.boot.guest-instructions",
                                1_250_323_607.0,
                                "guest.boot.mmio-accesses",
                                4475.0));
    }

    @Test
    void classesAreCountedByTheirSource() {
        List<String> lines =
                List.of(
                        "[0.1s][info][class,load] java.lang.Object source: shared objects file",
                        "[0.1s][info][class,load] a.B source: jrt:/a",
                        "[0.1s][info][class,load] something else");
        assertThat(GuardCounts.loaded(lines, true))
                .isEqualTo(Map.of("start.classes", 2.0, "start.classes-outside-aot-cache", 1.0));
    }
}
