package org.jvisor.launcher;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.function.ToLongFunction;
import org.jvisor.machine.MachineStatistics;
import org.jvisor.machine.MachineStatistics.Cpu;
import org.jvisor.vmm.api.EventStatistics;
import org.jvisor.vmm.api.TlbFlush;
import org.jvisor.vmm.api.TranslationStatistics;
import org.jvisor.vmm.api.VcpuExit;
import org.jvisor.vmm.api.VcpuStatistics;

/** The statistics of a machine as text: a column for each vCPU and one for all. */
final class StatisticsTable {
    /** More columns than this would not be readable. */
    private static final int MOST_CPUS = 8;

    private static final int LABEL = 36, NUMBER = 16;

    private final MachineStatistics machine;
    private final StringBuilder text = new StringBuilder();

    private StatisticsTable(MachineStatistics machine) {
        this.machine = machine;
    }

    /**
     * Writes it.
     *
     * @param process CPU time of the whole process, the compiler's threads included
     */
    static String of(MachineStatistics machine, Duration process) {
        StatisticsTable table = new StatisticsTable(machine);
        table.times(process);
        table.cpus();
        if (!machine.translation().equals(TranslationStatistics.NONE)) {
            table.translator();
        }
        if (!machine.events().equals(EventStatistics.NONE)) {
            table.events();
        }
        return table.text.toString();
    }

    private void times(Duration process) {
        int count = machine.cpus().size();
        line(
                "statistics: %s, %d %s"
                        .formatted(machine.accelerator(), count, count == 1 ? "vCPU" : "vCPUs"));
        line(
                left("time")
                        + seconds(machine.wallTime())
                        + " wall, "
                        + seconds(machine.guestTime())
                        + " of guest time");
        line(left("host CPU time") + seconds(process) + " for the whole process");
        for (MachineStatistics.CpuThread thread : machine.threads()) {
            String cpu =
                    thread.cpuNanos() < 0
                            ? "unknown"
                            : seconds(Duration.ofNanos(thread.cpuNanos()));
            String idle = seconds(Duration.ofNanos(thread.idleNanos()));
            line(left("  thread " + thread.name()) + cpu + ", idle for " + idle);
        }
    }

    private static String seconds(Duration time) {
        return "%.3f s".formatted(time.toNanos() / 1e9);
    }

    private void events() {
        EventStatistics events = machine.events();
        line("");
        number("doorbells by event", events.doorbells());
        number("interrupts by event", events.interrupts());
        number("interrupts by system call", events.messages());
    }

    // ---- vCPUs ----

    private void cpus() {
        header();
        row("guest instructions", c -> c.counts().instructions().total());
        share("  translated", c -> c.counts().instructions().translated());
        share("  interpreted", c -> c.counts().instructions().interpreted());
        share("  single-stepped", c -> c.counts().instructions().stepped());
        row("  left translated code", c -> c.counts().instructions().missed());
        row("TLB fills, data", c -> c.counts().tlb().dataFills());
        row("TLB fills, code", c -> c.counts().tlb().codeFills());
        row("page walks", c -> c.counts().tlb().walks());
        for (TlbFlush kind : TlbFlush.values()) {
            some(
                    "TLB flushes, " + kind.label(),
                    c -> c.counts().tlb().flushes().getOrDefault(kind, 0L));
        }
        row("interrupts", c -> c.counts().events().interrupts());
        row("page faults", c -> c.counts().events().pageFaults());
        row("other exceptions", c -> c.counts().events().exceptions());
        row("port accesses", c -> c.counts().io().ports());
        row("MMIO accesses", c -> c.counts().io().mmio());
        for (VcpuExit exit : VcpuExit.values()) {
            some("exits, " + name(exit), c -> c.exits().getOrDefault(exit, 0L));
        }
        TreeSet<String> names = new TreeSet<>();
        machine.cpus().forEach(c -> names.addAll(c.counts().exits().keySet()));
        for (String exit : names) {
            some(
                    "exits of %s, %s".formatted(machine.accelerator(), exit),
                    c -> c.counts().exits().getOrDefault(exit, 0L));
        }
    }

    private static String name(VcpuExit exit) {
        return exit.name().toLowerCase(Locale.ROOT);
    }

    private List<Cpu> columns() {
        List<Cpu> cpus = machine.cpus();
        return cpus.size() == 1 || cpus.size() > MOST_CPUS ? List.of() : cpus;
    }

    private void header() {
        List<Cpu> columns = columns();
        if (columns.isEmpty()) {
            return;
        }
        StringBuilder line = new StringBuilder(" ".repeat(LABEL));
        line.append(right("all"));
        for (int i = 0; i < columns.size(); i++) {
            line.append(right("vCPU " + i));
        }
        line(line.toString());
    }

    /** A row that is left out where nobody knows the number. */
    private void row(String label, ToLongFunction<Cpu> number) {
        if (total(number) >= 0) {
            numbers(label, number, "");
        }
    }

    /** A row that is left out when it is all zero. */
    private void some(String label, ToLongFunction<Cpu> number) {
        if (total(number) > 0) {
            numbers(label, number, "");
        }
    }

    /** A row of instructions, with what part of all they are. */
    private void share(String label, ToLongFunction<Cpu> number) {
        long all = total(c -> c.counts().instructions().total());
        long part = total(number);
        if (part >= 0) {
            numbers(label, number, all > 0 ? "  %.1f %%".formatted(100.0 * part / all) : "");
        }
    }

    private void numbers(String label, ToLongFunction<Cpu> number, String after) {
        List<String> cells = new ArrayList<>();
        cells.add(right("%,d".formatted(total(number))));
        for (Cpu cpu : columns()) {
            cells.add(right("%,d".formatted(number.applyAsLong(cpu))));
        }
        line(left(label) + String.join("", cells) + after);
    }

    private long total(ToLongFunction<Cpu> number) {
        long sum = 0;
        for (Cpu cpu : machine.cpus()) {
            long value = number.applyAsLong(cpu);
            if (value < 0) {
                return VcpuStatistics.UNKNOWN;
            }
            sum += value;
        }
        return sum;
    }

    // ---- translator ----

    private void translator() {
        TranslationStatistics t = machine.translation();
        TranslationStatistics.Regions regions = t.regions();
        line("translator");
        number("  regions made", regions.made());
        number("    in use", regions.inUse());
        number("    dropped", regions.dropped());
        number("    replaced", regions.replaced());
        number("  regions given up", givenUp(regions));
        notZero("    their code was gone", regions.late());
        notZero("    too long for HotSpot", regions.tooLong());
        notZero("    not compiled by HotSpot", regions.notCompiled());
        notZero("    failed", regions.failed());
        number("  blocks waiting", t.kept().waiting());
        number("  guest instructions kept", t.kept().instructions());
        number("  bytes of translations kept", t.kept().bytecode());
        number("  pages of code written by vCPUs", t.invalidations().byCpus());
        number("  pages of code written by devices", t.invalidations().byDevices());
        number("  all code forgotten", t.invalidations().emptied());
        line(left("  writing regions") + right(seconds(t.writing())));
        line(left("  HotSpot's time for them") + right(seconds(t.compiling())));
    }

    private static long givenUp(TranslationStatistics.Regions regions) {
        return regions.late() + regions.tooLong() + regions.notCompiled() + regions.failed();
    }

    private void number(String label, long value) {
        line(left(label) + right("%,d".formatted(value)));
    }

    private void notZero(String label, long value) {
        if (value != 0) {
            number(label, value);
        }
    }

    // ---- text ----

    private static String left(String label) {
        return label + " ".repeat(Math.max(1, LABEL - label.length()));
    }

    private static String right(String cell) {
        return " ".repeat(Math.max(1, NUMBER - cell.length())) + cell;
    }

    private void line(String line) {
        text.append(line).append(System.lineSeparator());
    }
}
