package org.jvisor.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A process run to its end, with what it wrote and used.
 *
 * @param lines of its standard output and error, each with the host's time of its arrival
 * @param status it ended with
 * @param start when it was started, by the host's {@link System#nanoTime}
 * @param wallNanos from before its start to its end
 * @param cpuNanos of processor time, of all its threads, to the last few milliseconds
 * @param peakBytes of resident memory, from the kernel's high-water mark ({@code VmHWM}), looked at
 *     every few milliseconds
 * @param memory what it held at every fifth second
 */
record VmProcess(
        List<Line> lines,
        int status,
        long start,
        long wallNanos,
        long cpuNanos,
        long peakBytes,
        List<MemoryProbe> memory) {
    private static final int SAMPLE_MILLIS = 10;
    private static final long PROBE_NANOS = 5_000_000_000L;

    /**
     * A line.
     *
     * @param nanos by the host's {@link System#nanoTime}
     * @param text without its end
     */
    record Line(long nanos, String text) {}

    /**
     * Runs a command with nothing on its standard input.
     *
     * @throws BenchException if it cannot be started or has not ended within {@code limit}
     */
    static VmProcess run(List<String> command, Duration limit) throws InterruptedException {
        return run(command, limit, 0);
    }

    /**
     * Runs a machine, as {@link #run(List, Duration)}, and looks at its memory.
     *
     * @param guestBytes of memory that its guest has, by which it is told from the process's own; 0
     *     if it is not to be looked at
     */
    static VmProcess run(List<String> command, Duration limit, long guestBytes)
            throws InterruptedException {
        long start = System.nanoTime();
        Process process;
        try {
            process =
                    new ProcessBuilder(command)
                            .redirectInput(Path.of("/dev/null").toFile())
                            .redirectErrorStream(true)
                            .start();
        } catch (IOException e) {
            throw new BenchException(
                    "%s cannot be run: %s".formatted(command.getFirst(), e.getMessage()), e);
        }
        try {
            List<Line> lines = new ArrayList<>();
            AtomicReference<IOException> failure = new AtomicReference<>();
            Thread reader = Thread.ofVirtual().start(() -> read(process, lines, failure));
            List<MemoryProbe> memory = new ArrayList<>();
            long peak = 0;
            long cpu = 0;
            long end = start + limit.toNanos();
            while (!process.waitFor(SAMPLE_MILLIS, TimeUnit.MILLISECONDS)) {
                String status = statusOf(process.pid());
                cpu = Math.max(cpu, cpuOf(process));
                peak = Math.max(peak, sizeIn(status, "VmHWM:"));
                if (guestBytes > 0
                        && System.nanoTime() > start + (memory.size() + 1) * PROBE_NANOS) {
                    memory.add(MemoryProbe.parse(smapsOf(process.pid()), guestBytes));
                }
                if (System.nanoTime() > end) {
                    process.descendants().forEach(ProcessHandle::destroyForcibly);
                    process.destroyForcibly().waitFor();
                    reader.join();
                    throw new BenchException(
                            "%s did not end within %d s; its last lines:\n%s"
                                    .formatted(command.getFirst(), limit.toSeconds(), tail(lines)));
                }
            }
            long wall = System.nanoTime() - start;
            reader.join();
            if (failure.get() != null) {
                throw new BenchException(
                        "reading from %s failed".formatted(command.getFirst()), failure.get());
            }
            return new VmProcess(lines, process.exitValue(), start, wall, cpu, peak, memory);
        } finally {
            process.destroyForcibly();
        }
    }

    private static void read(
            Process process, List<Line> lines, AtomicReference<IOException> failure) {
        try (BufferedReader in =
                new BufferedReader(
                        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                lines.add(new Line(System.nanoTime(), line));
            }
        } catch (IOException e) {
            failure.set(e);
        }
    }

    private static long cpuOf(Process process) {
        return process.info().totalCpuDuration().map(Duration::toNanos).orElse(0L);
    }

    /** A process's {@code /proc/PID/status}, empty where it has ended. */
    private static String statusOf(long pid) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(pid), "status"));
        } catch (IOException e) {
            return "";
        }
    }

    /** A process's {@code /proc/PID/smaps}, empty where it has ended. */
    private static List<String> smapsOf(long pid) {
        try {
            return Files.readAllLines(Path.of("/proc", Long.toString(pid), "smaps"));
        } catch (IOException e) {
            return List.of();
        }
    }

    /** A size of a {@code /proc/PID/status} in bytes, or 0 where it has none of that name. */
    static long sizeIn(String status, String name) {
        return status.lines()
                .filter(line -> line.startsWith(name))
                .map(line -> line.replaceAll("[^0-9]", ""))
                .filter(digits -> !digits.isEmpty())
                .mapToLong(digits -> Long.parseLong(digits) * 1024)
                .findFirst()
                .orElse(0);
    }

    /**
     * Nanoseconds from its start to the first line that ends so, or -1. A firmware's escape
     * sequences may come before.
     */
    long nanosTo(String text) {
        return lines.stream()
                .filter(line -> line.text().strip().endsWith(text))
                .mapToLong(line -> line.nanos() - start)
                .findFirst()
                .orElse(-1);
    }

    /** Its last lines, for an error message. */
    String tail() {
        return tail(lines);
    }

    private static String tail(List<Line> lines) {
        return String.join(
                "\n",
                lines.subList(Math.max(0, lines.size() - 15), lines.size()).stream()
                        .map(line -> "  | " + line.text())
                        .toList());
    }
}
