package org.jvisor.benchmarks.report;

import java.util.List;

/** A report as one file of HTML: styles and drawings are inside, nothing is fetched. */
final class HtmlPage {
    private static final String STYLE =
            """
            body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:64rem;padding:0 1rem;
            color:#1c2330;background:#fff}
            h1{font-size:1.7rem}h2{margin-top:2.6rem;border-bottom:1px solid #cdd3dd}
            h3{font-size:1rem;margin:1.6rem 0 .4rem}
            .wide{overflow-x:auto}
            table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.9rem}
            th,td{padding:.2rem .7rem;text-align:right;border-bottom:1px solid #e3e7ee;white-space:nowrap}
            th:first-child,td:first-child{text-align:left;padding-left:0}
            svg{display:block;max-width:100%;height:auto;margin:.4rem 0}
            svg text{font:12px system-ui,sans-serif;fill:#1c2330}
            nav a{margin-right:1rem}
            """;

    private final StringBuilder html = new StringBuilder();

    private HtmlPage() {}

    static String of(Report report) {
        HtmlPage page = new HtmlPage();
        page.head(report);
        report.sections().forEach(page::section);
        page.html.append("</body></html>\n");
        return page.html.toString();
    }

    private void head(Report report) {
        html.append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">")
                .append("<meta name=\"viewport\" content=\"width=device-width\">")
                .append("<title>jvisor benchmarks</title>\n<style>")
                .append(STYLE)
                .append("</style></head><body>\n<h1>jvisor benchmarks</h1>\n<nav>");
        for (Section section : report.sections()) {
            html.append("<a href=\"#%s\">%s</a>".formatted(section.id(), escape(section.title())));
        }
        html.append("</nav>\n<h3>Host</h3><table>");
        report.host()
                .forEach(
                        (name, value) ->
                                html.append("<tr><td>")
                                        .append(escape(name))
                                        .append("</td><td>")
                                        .append(escape(value))
                                        .append("</td></tr>\n"));
        html.append("</table>\n");
    }

    private void section(Section section) {
        html.append("<h2 id=\"%s\">%s</h2>\n".formatted(section.id(), escape(section.title())));
        for (Block block : section.blocks()) {
            switch (block) {
                case Block.Table table -> table(table);
                case Block.Bars bars -> drawing(bars.title(), BarChart.svg(bars));
                case Block.Curves curves -> drawing(curves.title(), CurveChart.svg(curves));
                case Block.Note note ->
                        html.append("<p>").append(escape(note.text())).append("</p>\n");
            }
        }
    }

    private void drawing(String title, String svg) {
        html.append("<h3>").append(escape(title)).append("</h3>\n").append(svg);
    }

    private void table(Block.Table table) {
        html.append("<h3>")
                .append(escape(table.title()))
                .append("</h3><div class=\"wide\"><table>");
        row("th", table.head());
        table.rows().forEach(cells -> row("td", cells));
        html.append("</table></div>\n");
    }

    private void row(String tag, List<String> cells) {
        html.append("<tr>");
        for (String cell : cells) {
            html.append("<%s>%s</%s>".formatted(tag, escape(cell), tag));
        }
        html.append("</tr>\n");
    }

    /** Text as it may stand in HTML and SVG. */
    static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
