package org.jvisor.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.jvisor.benchmarks.report.Block;
import org.jvisor.benchmarks.report.Numbers;
import org.jvisor.benchmarks.report.Section;
import org.jvisor.benchmarks.report.TextTable;

/**
 * The tables of a guest suite's runs.
 *
 * @param programs that ran
 * @param ours jvisor's runs, or null
 * @param tcg QEMU's, or null
 * @param host the host's, or null
 */
record Comparison(
        List<Program> programs,
        @Nullable Samples ours,
        @Nullable Samples tcg,
        @Nullable Samples host) {
    static final double STEADY_TARGET = 0.6;
    static final double SINGLE_TARGET = 1.2;

    /**
     * The table of programs, that of groups where there is something to compare, and remarks.
     *
     * @param load a sentence about the host's load
     */
    Section section(String id, String title, String load) {
        List<Block> blocks = new ArrayList<>();
        blocks.add(programTable().block("Programs, seconds of a pass"));
        if (ours != null && tcg != null) {
            blocks.add(groupTable().block("Groups, ours / TCG"));
            List<Block.Group> bars = new ArrayList<>();
            for (Program program : programs) {
                Ratio first = ratio(program.name(), false);
                Ratio last = ratio(program.name(), true);
                if (first != null && last != null) {
                    bars.add(
                            new Block.Group(
                                    program.name(), List.of(first.median(), last.median())));
                }
            }
            blocks.add(new Block.Bars("Ours / TCG", "ratio", List.of("cold", "warm"), bars, 1));
        }
        remarks().forEach(remark -> blocks.add(new Block.Note(remark)));
        blocks.add(new Block.Note(load));
        return new Section(id, title, blocks, Results.data(this));
    }

    private TextTable programTable() {
        TextTable table =
                new TextTable(
                        "program",
                        "group",
                        "cold ours s",
                        "TCG s",
                        "ratio",
                        "warm ours s",
                        "TCG s",
                        "ratio (min..max)",
                        "native s");
        for (Program program : programs) {
            String name = program.name();
            table.row(
                    name,
                    program.group().title() + (program.reference() ? " *" : ""),
                    seconds(ours, name, false),
                    seconds(tcg, name, false),
                    ratio(name, false, false),
                    seconds(ours, name, true),
                    seconds(tcg, name, true),
                    ratio(name, true, true),
                    seconds(host, name, true));
        }
        return table;
    }

    private static String seconds(@Nullable Samples samples, String program, boolean warm) {
        if (samples == null || !samples.has(program)) {
            return "-";
        }
        return format(Samples.median(warm ? samples.warm(program) : samples.cold(program)));
    }

    /** How a program compares, or null where one side did not run it. */
    @Nullable Ratio ratio(String program, boolean warm) {
        if (ours == null || tcg == null || !ours.has(program) || !tcg.has(program)) {
            return null;
        }
        return warm
                ? Ratio.of(ours.warm(program), tcg.warm(program))
                : Ratio.of(ours.cold(program), tcg.cold(program));
    }

    private String ratio(String program, boolean warm, boolean range) {
        Ratio ratio = ratio(program, warm);
        if (ratio == null) {
            return "-";
        }
        return range
                ? "%s (%s..%s)"
                        .formatted(
                                format(ratio.median()), format(ratio.least()), format(ratio.most()))
                : format(ratio.median());
    }

    private TextTable groupTable() {
        TextTable table =
                new TextTable("group", "programs", "ratio cold", "ratio warm", "target", "met");
        mean(table, "steady state (*)", Program::reference, STEADY_TARGET, false);
        worst(table);
        for (Group group : Group.values()) {
            // The target for doubles names the reference programs, which are all there are.
            mean(
                    table,
                    group.title(),
                    program -> program.group() == group,
                    group.target(),
                    group.cold());
        }
        mean(table, "all", program -> true, 0, false);
        return table;
    }

    private void mean(
            TextTable table, String title, Predicate<Program> which, double target, boolean cold) {
        List<Double> first = new ArrayList<>();
        List<Double> last = new ArrayList<>();
        for (Program program : programs) {
            Ratio ofFirst = ratio(program.name(), false);
            Ratio ofLast = ratio(program.name(), true);
            if (which.test(program) && ofFirst != null && ofLast != null) {
                first.add(ofFirst.median());
                last.add(ofLast.median());
            }
        }
        if (last.isEmpty()) {
            return;
        }
        boolean met = mean(cold ? first : last) <= target;
        table.row(
                title,
                Integer.toString(last.size()),
                format(mean(first)),
                format(mean(last)),
                target == 0 ? "-" : format(target) + (cold ? " cold" : ""),
                target == 0 ? "-" : met ? "yes" : "no");
    }

    private static double mean(List<Double> values) {
        return Statistics.geometricMean(values.stream().mapToDouble(Double::doubleValue).toArray());
    }

    private void worst(TextTable table) {
        String worst = "";
        double most = 0;
        for (Program program : programs) {
            Ratio ratio = ratio(program.name(), true);
            if (program.reference() && ratio != null && ratio.median() > most) {
                most = ratio.median();
                worst = program.name();
            }
        }
        if (most > 0) {
            table.row(
                    "slowest of (*): " + worst,
                    "1",
                    "-",
                    format(most),
                    format(SINGLE_TARGET),
                    most <= SINGLE_TARGET ? "yes" : "no");
        }
    }

    /** What is wrong with the measurements, one sentence each. */
    List<String> remarks() {
        List<String> remarks = new ArrayList<>();
        for (Program program : programs) {
            String name = program.name();
            List<String> sums = new ArrayList<>();
            for (Samples samples : new @Nullable Samples[] {ours, tcg, host}) {
                if (samples != null) {
                    samples.checksums(name).stream()
                            .filter(sum -> !sums.contains(sum))
                            .forEach(sums::add);
                }
            }
            if (sums.size() > 1) {
                remarks.add(
                        "WRONG: the checksums of %s differ: %s"
                                .formatted(name, String.join(", ", sums)));
            }
            if (ours != null && ours.clocksDiffer(name)) {
                remarks.add(
                        "The clock of our guest disagrees with the host's in %s.".formatted(name));
            }
            if (tcg != null && tcg.clocksDiffer(name)) {
                remarks.add(
                        "The clock of QEMU's guest disagrees with the host's in %s."
                                .formatted(name));
            }
        }
        return remarks;
    }

    /** A number with three significant digits or so, as tables have it. */
    static String format(double value) {
        return Numbers.format(value);
    }
}
