package org.jvisor.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JmhTest {
    @TempDir Path folder;

    @Test
    void aSampledResultHasItsLatenciesAndParameters() throws IOException {
        Path file =
                Files.writeString(
                        folder.resolve("r.json"),
                        """
                        [{"benchmark": "org.jvisor.benchmarks.jmh.KvmExits.exit",
                          "params": {"loop": "OUT8"},
                          "primaryMetric": {"score": 12.5, "scoreError": "NaN",
                            "rawDataHistogram": [[[[10.0, 3], [20.0, 1]], [[20.0, 1]]]]},
                          "secondaryMetrics": {"gc.alloc.rate.norm": {"score": 0.25}}}]
                        """);
        JmhResult result = JmhResult.read(file).getFirst();
        assertThat(result.name()).isEqualTo("KvmExits.exit");
        assertThat(result.param("loop")).isEqualTo("OUT8");
        assertThat(result.nanos()).isEqualTo(12.5);
        assertThat(result.error()).isNaN();
        assertThat(result.samples().count()).isEqualTo(5);
        assertThat(result.samples().percentile(50)).isEqualTo(10);
        assertThat(result.secondary()).containsEntry("gc.alloc.rate.norm", 0.25);
    }

    @Test
    void aMeanHasNoLatencies() throws IOException {
        Path file =
                Files.writeString(
                        folder.resolve("r.json"),
                        """
                        [{"benchmark": "a.B.c", "primaryMetric": {"score": 3, "scoreError": 1,
                          "rawData": [[3.0]]}, "secondaryMetrics": {}}]
                        """);
        JmhResult result = JmhResult.read(file).getFirst();
        assertThat(result.samples().count()).isZero();
        assertThat(result.error()).isEqualTo(1);
    }

    @Test
    void thePlanAndTheProfilersBecomeArguments() {
        Jmh jmh =
                new Jmh(
                        folder,
                        folder,
                        new Jmh.Plan(2, 3, 4, 500),
                        List.of("gc", "perf"),
                        new PrintWriter(new StringWriter()));
        assertThat(jmh.arguments("X", Map.of("loop", "OUT8"), Path.of("f")))
                .startsWith("X")
                .containsSequence("-f", "2", "-wi", "3", "-w", "500ms", "-i", "4", "-r", "500ms")
                .containsSequence("-p", "loop=OUT8")
                .containsSequence("-prof", "gc", "-prof", "perfnorm");
    }
}
