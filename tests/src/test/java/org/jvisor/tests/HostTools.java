package org.jvisor.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Programs of the host that tests compare with, and how they are run. */
final class HostTools {
    private static final List<String> FOLDERS = List.of("/usr/bin", "/usr/sbin", "/bin", "/sbin");

    /** How a program ended, and what it wrote to standard output and error. */
    record Ended(int status, String output) {}

    private HostTools() {}

    /** Skips the test, and prints why, unless something is there. */
    static void require(boolean there, String what) {
        if (!there) {
            System.out.println("skipped: " + what);
        }
        assumeTrue(there, what);
    }

    /** Skips the test unless all these programs are installed. */
    static void requirePrograms(String... programs) {
        for (String program : programs) {
            require(
                    FOLDERS.stream().anyMatch(folder -> executable(folder, program)),
                    program + " is not installed");
        }
    }

    private static boolean executable(String folder, String program) {
        return Files.isExecutable(Path.of(folder, program));
    }

    /** Runs a program to its end. */
    static Ended run(Duration limit, Map<String, String> environment, List<String> command)
            throws IOException, InterruptedException {
        Path output = Files.createTempFile("jvisor-test", ".log");
        try {
            ProcessBuilder builder =
                    new ProcessBuilder(command)
                            .redirectInput(Path.of("/dev/null").toFile())
                            .redirectErrorStream(true)
                            .redirectOutput(output.toFile());
            builder.environment().putAll(environment);
            Process process = builder.start();
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly().waitFor();
                throw new AssertionError(
                        "%s did not end within %s: %s"
                                .formatted(command, limit, Files.readString(output)));
            }
            byte[] bytes = Files.readAllBytes(output);
            return new Ended(process.exitValue(), new String(bytes, StandardCharsets.UTF_8));
        } finally {
            Files.delete(output);
        }
    }

    /** Runs a program that has to end with status 0; returns what it wrote. */
    static String succeeds(Duration limit, String... command)
            throws IOException, InterruptedException {
        Ended ended = run(limit, Map.of(), List.of(command));
        assertThat(ended.status()).as("%s: %s", String.join(" ", command), ended.output()).isZero();
        return ended.output();
    }
}
