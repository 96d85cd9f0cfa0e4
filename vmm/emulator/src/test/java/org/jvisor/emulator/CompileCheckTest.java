package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Whether HotSpot compiled a region is told from the times of runs that go nowhere. */
class CompileCheckTest {
    private int runs;

    /** Checks a region whose runs take {@code before}, one {@code during}, then {@code after}. */
    private boolean compiled(int at, long before, long during, long after) {
        runs = 0;
        return CompileCheck.compiled(
                () -> {
                    int run = runs++;
                    return run < at ? before : run == at ? during : after;
                });
    }

    @Test
    void aRegionThatGetsFasterAfterALongRunIsCompiled() {
        assertThat(compiled(34, 3000, 20_000_000, 100)).isTrue();
    }

    @Test
    void aRegionThatHotSpotGaveUpOnIsNot() {
        assertThat(compiled(34, 3000, 20_000_000, 2900)).isFalse();
    }

    @Test
    void aRegionThatNoCompilationWasAskedForIsNot() {
        assertThat(compiled(34, 3000, 3100, 3000)).isFalse();
    }

    @Test
    void itIsNeverRunSoOftenThatHotSpotTakesTheProfileForOne() {
        compiled(100, 3000, 3000, 3000);
        assertThat(runs).isEqualTo(CompileCheck.RUNS);
    }
}
