package org.jvisor.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.jvisor.benchmarks.report.Block;

class DevicesSuiteTest {
    private static Block.Table table(List<Block> blocks) {
        return (Block.Table) blocks.getFirst();
    }

    @Test
    void moreThroughputThanQemuMeetsTheTarget() {
        List<Block> blocks =
                DevicesSuite.blocks(
                        Map.of("net", List.of(30.0, 10.0, 20.0)),
                        Map.of("net", List.of(10.0, 10.0, 10.0)));
        assertThat(table(blocks).rows())
                .containsExactly(
                        List.of("net", "20.0", "10.0", "2.00 (1.00..3.00)", "1.00", "yes"));
        assertThat(blocks).hasAtLeastOneElementOfType(Block.Bars.class);
    }

    @Test
    void aMeasurementOfOneSideHasNoRatio() {
        List<Block> blocks = DevicesSuite.blocks(Map.of("net", List.of(30.0)), Map.of());
        assertThat(table(blocks).rows())
                .containsExactly(List.of("net", "30.0", "-", "-", "1.00", "-"));
        assertThat(blocks).hasSize(1);
    }
}
