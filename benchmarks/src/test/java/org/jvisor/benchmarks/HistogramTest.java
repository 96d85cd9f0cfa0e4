package org.jvisor.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.junit.jupiter.api.Test;

class HistogramTest {
    private static Histogram hundred() {
        Histogram histogram = new Histogram();
        for (int i = 1; i <= 100; i++) {
            histogram.add(i, 1);
        }
        return histogram;
    }

    @Test
    void aPercentileIsTheLeastValueThatSoManyDoNotExceed() {
        assertThat(hundred().percentile(0)).isEqualTo(1);
        assertThat(hundred().percentile(50)).isEqualTo(50);
        assertThat(hundred().percentile(99)).isEqualTo(99);
        assertThat(hundred().percentile(99.9)).isEqualTo(100);
    }

    @Test
    void theMeanCountsEveryOccurrence() {
        Histogram histogram = new Histogram();
        histogram.add(10, 3);
        histogram.add(50, 1);
        assertThat(histogram.mean()).isEqualTo(20);
    }

    @Test
    void withoutOccurrencesThereAreNoNumbers() {
        assertThat(new Histogram().percentile(50)).isNaN();
        assertThat(new Histogram().mean()).isNaN();
        assertThat(new Histogram().max()).isNaN();
    }

    @Test
    void aCurveEndsWhereNothingIsBeyond() {
        assertThat(hundred().line("x").points().getLast().percentile()).isEqualTo(99);
    }

    @Test
    void linesOfTheCProgramAreRead() {
        Histogram histogram = Histogram.parse(List.of("count 3", "mean 2.5", "2 2", "4 1"));
        assertThat(histogram.count()).isEqualTo(3);
        assertThat(histogram.max()).isEqualTo(4);
    }

    @Test
    void addingAnotherAddsItsOccurrences() {
        Histogram sum = hundred();
        sum.addAll(hundred());
        assertThat(sum.count()).isEqualTo(200);
        assertThat(sum.percentile(50)).isEqualTo(50);
    }

    @Test
    void jsonHasThePercentilesByName() {
        ObjectNode json = new ObjectMapper().createObjectNode();
        hundred().describe(json);
        assertThat(json.get("p50Nanos").asDouble()).isEqualTo(50);
        assertThat(json.get("p99_99Nanos").asDouble()).isEqualTo(100);
        assertThat(json.get("count").asLong()).isEqualTo(100);
    }
}
