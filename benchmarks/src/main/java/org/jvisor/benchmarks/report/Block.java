package org.jvisor.benchmarks.report;

import java.util.List;

/** A part of a section. */
public sealed interface Block {
    /**
     * A table.
     *
     * @param title above it
     * @param head the columns' titles
     * @param rows as many cells each as there are columns
     */
    record Table(String title, List<String> head, List<List<String>> rows) implements Block {
        /** Makes one; the lists are copied. */
        public Table {
            head = List.copyOf(head);
            rows = rows.stream().map(List::copyOf).toList();
        }

        /** The table as text. */
        public String text() {
            TextTable table = new TextTable(head.toArray(String[]::new));
            rows.forEach(row -> table.row(row.toArray(String[]::new)));
            return table.toString();
        }
    }

    /**
     * Horizontal bars, for comparing.
     *
     * @param title above them
     * @param unit of their values
     * @param series the names of the bars in each group
     * @param groups in their order
     * @param mark where a line stands for a target; 0 for none
     */
    record Bars(String title, String unit, List<String> series, List<Group> groups, double mark)
            implements Block {
        /** Makes one; the lists are copied. */
        public Bars {
            series = List.copyOf(series);
            groups = List.copyOf(groups);
        }
    }

    /**
     * Bars beside one another.
     *
     * @param label their name
     * @param values by series; not a number where there is none
     */
    record Group(String label, List<Double> values) {
        /** Makes one; the list is copied. */
        public Group {
            values = List.copyOf(values);
        }
    }

    /**
     * Latencies over percentiles, both on logarithmic scales: how far the tail goes.
     *
     * @param title above it
     * @param lines at most five
     */
    record Curves(String title, List<Line> lines) implements Block {
        /** Makes one; the list is copied. */
        public Curves {
            lines = List.copyOf(lines);
        }
    }

    /**
     * A line of a distribution.
     *
     * @param name in the legend
     * @param points by ascending percentile
     */
    record Line(String name, List<Point> points) {
        /** Makes one; the list is copied. */
        public Line {
            points = List.copyOf(points);
        }
    }

    /**
     * A point of a distribution.
     *
     * @param percentile 0 to 100, without 100
     * @param nanos the latency that this part does not exceed
     */
    record Point(double percentile, double nanos) {}

    /** A paragraph. */
    record Note(String text) implements Block {}
}
