package org.jvisor.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.jvisor.benchmarks.jmh.GuestLoop;
import org.jvisor.benchmarks.report.Block;

class ExitsTest {
    @TempDir Path folder;

    private static Histogram of(long... nanos) {
        Histogram histogram = new Histogram();
        for (long each : nanos) {
            histogram.add(each, 1);
        }
        return histogram;
    }

    @Test
    void aRatioIsTheMedianOverThePairs() {
        ExitResult result = new ExitResult(GuestLoop.OUT8);
        result.add(of(100), of(100));
        result.add(of(300), of(100));
        result.add(of(110), of(100));
        assertThat(result.medianRatio()).isEqualTo(1.1);
    }

    @Test
    void aMissedTargetIsMarked() {
        ExitResult result = new ExitResult(GuestLoop.OUT8);
        result.add(of(120), of(100));
        assertThat(ExitResult.blocks(List.of(result), Map.of()).getFirst())
                .isInstanceOfSatisfying(
                        Block.Table.class,
                        table ->
                                assertThat(table.rows().getFirst())
                                        .contains("1.20 (1.20..1.20) !"));
    }

    @Test
    void withoutCThereAreNoRatios() {
        ExitResult result = new ExitResult(GuestLoop.OUT8);
        result.add(of(120), null);
        assertThat(result.medianRatio()).isNaN();
        assertThat(ExitResult.blocks(List.of(result), Map.of()))
                .noneMatch(Block.Bars.class::isInstance);
    }

    @Test
    void loopsAreSelectedByName() {
        assertThat(ExitsCommand.select(List.of("in8", "kick")))
                .containsExactly(GuestLoop.IN8, GuestLoop.KICK);
        assertThat(ExitsCommand.select(List.of())).hasSize(GuestLoop.values().length);
        assertThatThrownBy(() -> ExitsCommand.select(List.of("nonesuch")))
                .isInstanceOf(BenchException.class)
                .hasMessageContaining("nonesuch");
    }

    @ParameterizedTest
    @EnumSource
    void theCProgramRunsEveryLoop(GuestLoop loop) throws Exception {
        assumeTrue(HostDescription.take().hasKvm(), "KVM cannot be used here");
        List<String> skipped = new ArrayList<>();
        CExits program = CExits.make(Checkout.root(), folder, skipped);
        assumeTrue(program != null, "there is no C compiler");
        if (program != null) {
            assertThat(program.run(loop, 1, 5).count()).isPositive();
        }
    }

    @Test
    void theCProgramGetsTheSameCode() {
        CExits program = new CExits(Path.of("/c"));
        assertThat(program.command(GuestLoop.MMIO_READ, 1, 2))
                .containsExactly(
                        "/c", "mmio_read", "protected", "0", "a1000000d0ebf9", "0", "-", "1", "2");
    }
}
