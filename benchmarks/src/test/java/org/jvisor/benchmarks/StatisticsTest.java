package org.jvisor.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class StatisticsTest {
    @Test
    void theMedianOfAnOddNumberIsTheMiddleValue() {
        assertThat(Statistics.median(9, 1, 2)).isEqualTo(2);
    }

    @Test
    void theMedianOfAnEvenNumberLiesBetweenTheMiddleTwo() {
        assertThat(Statistics.median(9, 1, 2, 4)).isEqualTo(3);
    }

    @Test
    void theMedianLeavesItsArgumentAsItWas() {
        double[] values = {3, 1, 2};
        assertThat(Statistics.median(values)).isEqualTo(2);
        assertThat(values).containsExactly(3, 1, 2);
    }

    @Test
    void aRatioAndItsInverseCancelInTheGeometricMean() {
        assertThat(Statistics.geometricMean(0.25, 4)).isCloseTo(1, within(1e-12));
    }

    @Test
    void theGeometricMeanRefusesWhatIsNotPositive() {
        assertThatThrownBy(() -> Statistics.geometricMean(1, 0))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Statistics.geometricMean(Double.NaN))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aRatioComparesRunByRun() {
        Ratio ratio = Ratio.of(List.of(1.0, 4.0, 9.0), List.of(2.0, 2.0, 3.0));
        assertThat(ratio).isEqualTo(new Ratio(2, 0.5, 3));
    }

    @Test
    void aRunWithoutAPartnerIsLeftOut() {
        assertThat(Ratio.of(List.of(1.0, 100.0), List.of(2.0))).isEqualTo(new Ratio(0.5, 0.5, 0.5));
    }
}
