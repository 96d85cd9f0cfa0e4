package org.jvisor.benchmarks.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {
    @TempDir Path folder;

    private static final Block.Bars BARS =
            new Block.Bars(
                    "Bars <1>",
                    "ms",
                    List.of("a", "b"),
                    List.of(
                            new Block.Group("one & two", List.of(10.0, 20.0)),
                            new Block.Group("none", List.of(5.0, Double.NaN))),
                    15);

    private static final Block.Curves CURVES =
            new Block.Curves(
                    "Curves",
                    List.of(
                            new Block.Line(
                                    "Java",
                                    List.of(
                                            new Block.Point(50, 7_000),
                                            new Block.Point(99.9, 90_000)))));

    private static Report report() {
        Block table =
                new Block.Table("Numbers", List.of("what", "n"), List.of(List.of("x<y", "1")));
        Section section =
                new Section(
                        "exits",
                        "Exits",
                        List.of(table, BARS, CURVES, new Block.Note("Skipped: a & b")),
                        new ObjectMapper().createObjectNode().put("answer", 42));
        return new Report(Map.of("CPU", "fast <one>"), List.of(section));
    }

    private static void parses(String svg) throws Exception {
        DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void thePageNeedsNothingFromOutside() throws IOException {
        Path file = folder.resolve("page.html");
        report().writeHtml(file);
        assertThat(Files.readString(file))
                .contains("<svg", "<style>", "fast &lt;one&gt;", "x&lt;y", "Skipped: a &amp; b")
                .doesNotContain("http", "<script", "src=");
    }

    @Test
    void barsAreWellFormed() throws Exception {
        String svg = BarChart.svg(BARS);
        parses(svg);
        assertThat(svg).contains("one &amp; two", "stroke-dasharray");
    }

    @Test
    void theLongestBarHasTheWholeWidth() {
        assertThat(BarChart.svg(BARS)).contains("width=\"560.0\"").contains("width=\"280.0\"");
    }

    @Test
    void curvesAreWellFormed() throws Exception {
        String svg = CurveChart.svg(CURVES);
        parses(svg);
        assertThat(svg).contains("polyline", "99.9 %", "10 µs");
    }

    @Test
    void jsonHasTheHostAndEverySection() throws IOException {
        Path file = folder.resolve("r.json");
        report().writeJson(file);
        var root = new ObjectMapper().readTree(file.toFile());
        assertThat(root.at("/host/CPU").asText()).isEqualTo("fast <one>");
        assertThat(root.at("/sections/exits/answer").asInt()).isEqualTo(42);
    }

    @Test
    void theTerminalGetsTablesAndNotes() {
        assertThat(report().sections().getFirst().text())
                .contains("## Exits", "| x<y", "Skipped: a & b");
    }

    @Test
    void timesHaveTheirUnit() {
        assertThat(Numbers.time(100)).isEqualTo("100 ns");
        assertThat(Numbers.time(10_000)).isEqualTo("10 µs");
        assertThat(Numbers.time(1e6)).isEqualTo("1 ms");
        assertThat(Numbers.format(Double.NaN)).isEqualTo("-");
    }
}
