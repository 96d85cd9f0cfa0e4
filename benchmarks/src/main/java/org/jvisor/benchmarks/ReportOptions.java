package org.jvisor.benchmarks;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.jvisor.benchmarks.report.Report;
import org.jvisor.benchmarks.report.Section;
import picocli.CommandLine.Option;

/** Where results go, and how much is measured. */
final class ReportOptions {
    @Option(names = "--json", paramLabel = "FILE", description = "Where to write all numbers.")
    @Nullable Path json;

    @Option(
            names = "--html",
            paramLabel = "FILE",
            description = "Where to write a page with plots, which needs no network.")
    @Nullable Path html;

    @Option(
            names = "--quick",
            description = "Measure a third as long: enough to see whether something is off.")
    boolean quick;

    @Option(
            names = "--prof",
            paramLabel = "KIND",
            description =
                    "Have JMH profile: gc (allocation) or perf (hardware counters per operation,"
                            + " where perf has them). May be repeated.")
    List<String> profilers = new ArrayList<>();

    /** Refuses values which mean nothing. */
    void check() {
        for (String profiler : profilers) {
            if (!List.of("gc", "perf").contains(profiler)) {
                throw new BenchException(
                        "--prof is %s: it has to be gc or perf".formatted(profiler));
            }
        }
    }

    /** Writes what is asked for, and tells so. */
    void write(HostDescription host, List<Section> sections, PrintWriter err) throws IOException {
        write(host, sections);
        tell(err);
    }

    /** Writes what is asked for. */
    void write(HostDescription host, List<Section> sections) throws IOException {
        write(new Report(host.properties(), sections), json, html);
    }

    /** Tells what was written. */
    void tell(PrintWriter err) {
        tell(json, html, err);
    }

    /** Writes a report to the files that are not null, and tells so. */
    static void write(Report report, @Nullable Path json, @Nullable Path html, PrintWriter err)
            throws IOException {
        write(report, json, html);
        tell(json, html, err);
    }

    private static void write(Report report, @Nullable Path json, @Nullable Path html)
            throws IOException {
        if (json != null) {
            report.writeJson(json);
        }
        if (html != null) {
            report.writeHtml(html);
        }
    }

    private static void tell(@Nullable Path json, @Nullable Path html, PrintWriter err) {
        if (json != null) {
            err.println("Numbers: " + json);
        }
        if (html != null) {
            err.println("Page: " + html);
        }
    }
}
