package org.jvisor.benchmarks.report;

import java.util.ArrayList;
import java.util.List;

/** A table in Markdown, aligned so that it reads as plain text too. */
public final class TextTable {
    private final List<List<String>> rows = new ArrayList<>();

    /** A table with these column titles; the first column is aligned left, the others right. */
    public TextTable(String... titles) {
        rows.add(List.of(titles));
    }

    /** Adds a row of as many cells as there are columns. */
    public void row(String... cells) {
        if (cells.length != rows.getFirst().size()) {
            throw new IllegalArgumentException(
                    "%d cells for %d columns".formatted(cells.length, rows.getFirst().size()));
        }
        rows.add(List.of(cells));
    }

    /** The same table as part of a section. */
    public Block.Table block(String title) {
        return new Block.Table(title, rows.getFirst(), rows.subList(1, rows.size()));
    }

    @Override
    public String toString() {
        int columns = rows.getFirst().size();
        int[] widths = new int[columns];
        for (List<String> row : rows) {
            for (int i = 0; i < columns; i++) {
                widths[i] = Math.max(widths[i], Math.max(3, row.get(i).length()));
            }
        }
        StringBuilder text = new StringBuilder();
        for (int r = 0; r < rows.size(); r++) {
            line(text, rows.get(r), widths);
            if (r == 0) {
                for (int i = 0; i < columns; i++) {
                    String dashes = "-".repeat(widths[i] + 1);
                    text.append('|').append(dashes).append(i == 0 ? '-' : ':');
                }
                text.append("|\n");
            }
        }
        return text.toString();
    }

    private static void line(StringBuilder text, List<String> row, int[] widths) {
        for (int i = 0; i < widths.length; i++) {
            String cell = row.get(i);
            String space = " ".repeat(widths[i] - cell.length());
            text.append(i == 0 ? "| " : " | ").append(i == 0 ? cell + space : space + cell);
        }
        text.append(" |\n");
    }
}
