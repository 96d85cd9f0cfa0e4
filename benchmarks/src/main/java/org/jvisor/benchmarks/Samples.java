package org.jvisor.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the runs of one machine gave, by program. */
final class Samples {
    private final Map<String, List<List<GuestOutput.Pass>>> passes = new LinkedHashMap<>();
    private final List<Double> walls = new ArrayList<>();
    private final List<Double> cpus = new ArrayList<>();
    private final List<Double> peaks = new ArrayList<>();

    /** Adds a run. */
    void add(VmProcess process, GuestOutput output) {
        output.passes()
                .forEach(
                        (name, run) ->
                                passes.computeIfAbsent(name, key -> new ArrayList<>()).add(run));
        add(process);
    }

    /** Adds a run without programs. */
    void add(VmProcess process) {
        walls.add(process.wallNanos() / 1e9);
        cpus.add(process.cpuNanos() / 1e9);
        peaks.add((double) process.peakBytes());
    }

    /** Whether a program ran. */
    boolean has(String program) {
        return passes.containsKey(program);
    }

    /** The runs of a program, each with its passes. */
    List<List<GuestOutput.Pass>> runs(String program) {
        return passes.getOrDefault(program, List.of());
    }

    /** Seconds of the first pass, run by run. */
    List<Double> cold(String program) {
        return runs(program).stream().map(run -> run.getFirst().guestNanos() / 1e9).toList();
    }

    /** Seconds of the last pass, run by run. */
    List<Double> warm(String program) {
        return runs(program).stream().map(run -> run.getLast().guestNanos() / 1e9).toList();
    }

    /** The checksums that were seen of a program. */
    List<String> checksums(String program) {
        return runs(program).stream()
                .flatMap(List::stream)
                .map(GuestOutput.Pass::checksum)
                .distinct()
                .toList();
    }

    /** Whether the guest's clock disagreed with the host's in any pass of a program. */
    boolean clocksDiffer(String program) {
        return runs(program).stream()
                .flatMap(List::stream)
                .anyMatch(GuestOutput.Pass::clocksDiffer);
    }

    /** Seconds from start to end of the processes. */
    List<Double> walls() {
        return walls;
    }

    /** Seconds of processor time of the processes. */
    List<Double> cpus() {
        return cpus;
    }

    /** Bytes of peak resident memory of the processes. */
    List<Double> peaks() {
        return peaks;
    }

    static double median(List<Double> values) {
        return Statistics.median(values.stream().mapToDouble(Double::doubleValue).toArray());
    }
}
