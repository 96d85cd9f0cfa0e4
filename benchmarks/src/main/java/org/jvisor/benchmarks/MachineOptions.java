package org.jvisor.benchmarks;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.jvisor.benchmarks.report.Report;
import org.jvisor.benchmarks.report.Section;
import picocli.CommandLine.Option;

/** The options of all commands: how often, with which machines, and where results go. */
final class MachineOptions {
    @Option(
            names = "--runs",
            paramLabel = "N",
            description = "How often each machine runs (default: ${DEFAULT-VALUE}).")
    int runs = 3;

    @Option(
            names = "--memory",
            paramLabel = "SIZE",
            description = "The guests' memory, such as 256M or 1G.")
    @Nullable String memory;

    @Option(names = "--cpus", paramLabel = "N", description = "The guests' CPUs (default: 1).")
    int cpus = 1;

    @Option(names = "--json", paramLabel = "FILE", description = "Where to write all samples.")
    @Nullable Path json;

    @Option(
            names = "--html",
            paramLabel = "FILE",
            description = "Where to write a page with plots, which needs no network.")
    @Nullable Path html;

    @Option(names = "--only", paramLabel = "WHICH", description = "Run only ours, tcg or native.")
    @Nullable String only;

    @Option(
            names = "--jvisor",
            paramLabel = "COMMAND",
            description = "The launcher to measure, words apart by spaces (default: ./jvisor).")
    @Nullable String launcher;

    @Option(
            names = "--option",
            paramLabel = "OPTION",
            description = "One more option for jvisor run; may be repeated.")
    List<String> options = new ArrayList<>();

    @Option(
            names = "--limit",
            paramLabel = "SECONDS",
            description = "When a run is given up (default: ${DEFAULT-VALUE}).")
    long limit = 1800;

    @Option(
            names = "--write-initrd",
            paramLabel = "FILE",
            description = "Only write the initial RAM disk, for runs by hand.")
    @Nullable Path initrd;

    /** Whether this kind of run is wanted. */
    boolean wants(String kind) {
        return only == null || only.equals(kind);
    }

    /** Refuses values which mean nothing. */
    void check() {
        if (runs < 1) {
            throw new BenchException("--runs is %d: it has to be 1 or more".formatted(runs));
        }
        if (only != null && !List.of("ours", "tcg", "native").contains(only)) {
            throw new BenchException(
                    "--only is %s: it has to be ours, tcg or native".formatted(only));
        }
    }

    /** Writes what is asked for. */
    void write(HostDescription host, Section section, PrintWriter err) throws IOException {
        ReportOptions.write(new Report(host.properties(), List.of(section)), json, html, err);
    }

    /** The guests' memory in bytes. */
    long memory(String otherwise) {
        return bytes(memory == null ? otherwise : memory);
    }

    /** The limit of a run. */
    Duration duration() {
        return Duration.ofSeconds(limit);
    }

    /** Our machine. */
    Vmm.Jvisor jvisor(Path root) {
        return new Vmm.Jvisor(
                launcher == null
                        ? List.of(root.resolve("jvisor").toString())
                        : List.of(launcher.strip().split(" +")),
                options);
    }

    /** Reads a size in bytes, or with K, M or G. */
    static long bytes(String text) {
        if (!text.matches("[0-9]{1,12}[KMG]?")) {
            throw new BenchException(
                    "%s is no memory size: give it like 256M or 1G".formatted(text));
        }
        String digits = text.replaceAll("[KMG]", "");
        int shift =
                switch (text.substring(digits.length()).toUpperCase(Locale.ROOT)) {
                    case "K" -> 10;
                    case "M" -> 20;
                    case "G" -> 30;
                    default -> 0;
                };
        return Long.parseLong(digits) << shift;
    }
}
