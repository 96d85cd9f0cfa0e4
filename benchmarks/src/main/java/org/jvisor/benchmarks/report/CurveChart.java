package org.jvisor.benchmarks.report;

import java.util.Locale;

/**
 * Distributions of latencies as SVG: the percentile runs to the right by how much is left above it,
 * a tenth with each mark, and the latency upwards, ten times with each mark.
 */
final class CurveChart {
    /** Where the marks are, and the last one is the end. */
    private static final double[] MARKS = {0, 90, 99, 99.9, 99.99};

    private static final int LEFT = 70, WIDTH = 620, TOP = 26, HEIGHT = 240, BOTTOM = 34;

    private final StringBuilder svg = new StringBuilder();
    private double low = Double.MAX_VALUE;
    private double high;

    private CurveChart() {}

    static String svg(Block.Curves curves) {
        CurveChart chart = new CurveChart();
        chart.draw(curves);
        return chart.svg.toString();
    }

    private void draw(Block.Curves curves) {
        for (Block.Line line : curves.lines()) {
            for (Block.Point point : line.points()) {
                low = Math.min(low, Math.max(1, point.nanos()));
                high = Math.max(high, point.nanos());
            }
        }
        low = Math.pow(10, Math.floor(Math.log10(low)));
        high = Math.pow(10, Math.ceil(Math.log10(Math.max(high, low * 10))));
        svg.append(
                "<svg viewBox=\"0 0 %d %d\" width=\"%d\" role=\"img\">\n"
                        .formatted(LEFT + WIDTH + 30, TOP + HEIGHT + BOTTOM, LEFT + WIDTH + 30));
        axes();
        int legend = LEFT;
        for (int i = 0; i < curves.lines().size(); i++) {
            Block.Line line = curves.lines().get(i);
            String color = BarChart.COLORS[i % BarChart.COLORS.length];
            StringBuilder points = new StringBuilder();
            for (Block.Point point : line.points()) {
                points.append(
                        String.format(
                                Locale.ROOT,
                                "%.1f,%.1f ",
                                x(point.percentile()),
                                y(Math.max(1, point.nanos()))));
            }
            add(
                    String.format(
                            Locale.ROOT,
                            "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>",
                            points.toString().strip(),
                            color));
            add(
                    String.format(
                            Locale.ROOT,
                            "<rect x=\"%d\" y=\"4\" width=\"11\" height=\"11\" fill=\"%s\"/>",
                            legend,
                            color));
            text(legend + 16, 14, "start", line.name());
            legend += 36 + line.name().length() * 7;
        }
        svg.append("</svg>\n");
    }

    private void axes() {
        for (double mark : MARKS) {
            double x = x(mark);
            add(
                    String.format(
                            Locale.ROOT,
                            "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"#dde1e8\"/>",
                            x,
                            x,
                            TOP,
                            TOP + HEIGHT));
            text(x, TOP + HEIGHT + 16, "middle", Numbers.plain(mark) + " %");
        }
        for (double value = low; value <= high * 1.01; value *= 10) {
            double y = y(value);
            add(
                    String.format(
                            Locale.ROOT,
                            "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#dde1e8\"/>",
                            LEFT,
                            LEFT + WIDTH,
                            y,
                            y));
            text(LEFT - 8, y + 4, "end", Numbers.time(value));
        }
        text(LEFT + WIDTH / 2.0, TOP + HEIGHT + 31, "middle", "percentile");
    }

    private static double x(double percentile) {
        double decades = -Math.log10(Math.max(1e-9, 1 - percentile / 100));
        return LEFT + WIDTH * Math.min(1, decades / 4);
    }

    private double y(double nanos) {
        double span = Math.log10(high) - Math.log10(low);
        return TOP + HEIGHT - HEIGHT * (Math.log10(nanos) - Math.log10(low)) / span;
    }

    private void text(double x, double y, String anchor, String text) {
        add(
                String.format(
                        Locale.ROOT,
                        "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>",
                        x,
                        y,
                        anchor,
                        HtmlPage.escape(text)));
    }

    private void add(String element) {
        svg.append(element).append('\n');
    }
}
