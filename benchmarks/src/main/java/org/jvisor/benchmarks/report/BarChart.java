package org.jvisor.benchmarks.report;

import java.util.Locale;

/** Horizontal bars as SVG, from zero on a linear scale. */
final class BarChart {
    /** Series are told apart by colour; chosen to differ for colour-blind readers too. */
    static final String[] COLORS = {"#2a6fbb", "#e08a1e", "#3a9a6d", "#b0429a", "#7a7f8a"};

    private static final int LABEL = 270, PLOT = 560, NUMBER = 90, BAR = 13, GAP = 9, TOP = 26;

    private final StringBuilder svg = new StringBuilder();

    private BarChart() {}

    static String svg(Block.Bars bars) {
        BarChart chart = new BarChart();
        chart.draw(bars);
        return chart.svg.toString();
    }

    private void draw(Block.Bars bars) {
        int series = bars.series().size();
        int group = series * BAR + GAP;
        int height = TOP + bars.groups().size() * group + 10;
        double most = bars.mark();
        for (Block.Group each : bars.groups()) {
            for (double value : each.values()) {
                most = Double.isNaN(value) ? most : Math.max(most, value);
            }
        }
        svg.append(
                "<svg viewBox=\"0 0 %d %d\" width=\"%d\" role=\"img\">\n"
                        .formatted(LABEL + PLOT + NUMBER, height, LABEL + PLOT + NUMBER));
        legend(bars);
        int y = TOP;
        for (Block.Group each : bars.groups()) {
            text(LABEL - 8, y + series * BAR / 2 + 4, "end", each.label());
            for (int i = 0; i < each.values().size(); i++) {
                bar(y + i * BAR, each.values().get(i), most, COLORS[i % COLORS.length]);
            }
            y += group;
        }
        if (bars.mark() > 0 && most > 0) {
            double x = LABEL + PLOT * bars.mark() / most;
            svg.append(
                    String.format(
                            Locale.ROOT,
                            "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"#c22\""
                                    + " stroke-dasharray=\"4 3\"/>\n",
                            x,
                            x,
                            TOP - 4,
                            height - 8));
        }
        svg.append("</svg>\n");
    }

    private void legend(Block.Bars bars) {
        int x = LABEL;
        for (int i = 0; i < bars.series().size(); i++) {
            String name = bars.series().get(i);
            rect(x, 4, 11, 11, COLORS[i % COLORS.length]);
            text(x + 16, 14, "start", name);
            x += 34 + name.length() * 7;
        }
        String unit = bars.unit() + (bars.mark() > 0 ? "; dashed: target" : "");
        text(x, 14, "start", unit.isEmpty() ? "" : "(" + unit + ")");
    }

    private void bar(int y, double value, double most, String color) {
        if (Double.isNaN(value) || most <= 0) {
            text(LABEL + 4, y + BAR - 3, "start", "-");
            return;
        }
        double width = Math.max(1, PLOT * value / most);
        rect(LABEL, y, width, BAR - 2, color);
        text(LABEL + width + 5, y + BAR - 3, "start", Numbers.format(value));
    }

    private void rect(double x, double y, double width, double height, String color) {
        svg.append(
                String.format(
                        Locale.ROOT,
                        "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>\n",
                        x,
                        y,
                        width,
                        height,
                        color));
    }

    private void text(double x, double y, String anchor, String text) {
        svg.append(
                String.format(
                        Locale.ROOT,
                        "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n",
                        x,
                        y,
                        anchor,
                        HtmlPage.escape(text)));
    }
}
