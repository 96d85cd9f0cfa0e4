package org.jvisor.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The memory of a monitor whose guest runs: what of it is the guest's own.
 *
 * @param resident bytes of the process
 * @param guest bytes of guest memory that were touched, which count in that; -1 where no mapping
 *     has the size of the guest's memory
 */
record MemoryProbe(long resident, long guest) {
    private static final long LIMIT_SECONDS = 120;

    /** What the monitor itself takes; -1 where that cannot be told. */
    long overhead() {
        return guest < 0 ? -1 : resident - guest;
    }

    /**
     * Starts a monitor, looks at it when its guest tells of itself, and ends it.
     *
     * @return null if the guest did not come so far
     */
    static @Nullable MemoryProbe of(List<String> command, long memory)
            throws IOException, InterruptedException {
        Process process =
                new ProcessBuilder(command)
                        .redirectInput(Path.of("/dev/null").toFile())
                        .redirectErrorStream(true)
                        .start();
        Thread watch =
                Thread.ofVirtual()
                        .start(
                                () -> {
                                    try {
                                        if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                                            process.destroyForcibly();
                                        }
                                    } catch (InterruptedException e) {
                                        process.destroyForcibly();
                                    }
                                });
        try (BufferedReader in =
                new BufferedReader(
                        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                if (line.strip().endsWith(StartGuests.MARK)) {
                    Path smaps = Path.of("/proc", Long.toString(process.pid()), "smaps");
                    return parse(Files.readAllLines(smaps), memory);
                }
            }
            return null;
        } finally {
            process.destroyForcibly().waitFor();
            watch.join();
        }
    }

    /** Reads a {@code /proc/PID/smaps}. */
    static MemoryProbe parse(List<String> lines, long memory) {
        long resident = 0;
        long guest = -1;
        long size = 0;
        for (String line : lines) {
            if (line.startsWith("Size:")) {
                size = bytes(line);
            } else if (line.startsWith("Rss:")) {
                resident += bytes(line);
                if (size == memory) {
                    guest = Math.max(guest, bytes(line));
                }
            }
        }
        return new MemoryProbe(resident, guest);
    }

    private static long bytes(String line) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
    }
}
