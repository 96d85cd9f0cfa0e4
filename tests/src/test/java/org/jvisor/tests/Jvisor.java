package org.jvisor.tests;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Starts the launcher the way a user does. */
final class Jvisor {
    /** How a run of the launcher ended, and what it wrote. */
    record Result(int status, String output, String errors) {
        /** The output with terminal line ends made plain. */
        String text() {
            return output.replace("\r", "");
        }
    }

    private Jvisor() {}

    /** The repository's root, found upwards from the working directory. */
    static Path root() {
        Path directory = Path.of("").toAbsolutePath();
        while (!Files.exists(directory.resolve("mvnw"))) {
            directory = directory.getParent();
            if (directory == null) {
                throw new IllegalStateException("the tests must run inside the repository");
            }
        }
        return directory;
    }

    /**
     * Runs the launcher to its end.
     *
     * @param input what it reads on its standard input
     * @param limit after which it is killed and the test fails
     */
    static Result run(String input, Duration limit, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(root().resolve("jvisor").toString());
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).start();
        CompletableFuture<String> output = drain(process.getInputStream());
        CompletableFuture<String> errors = drain(process.getErrorStream());
        try (OutputStream stdin = process.getOutputStream()) {
            stdin.write(input.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // The launcher has ended without reading: its exit status tells.
        }
        boolean ended = process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
        if (!ended) {
            process.destroyForcibly().waitFor();
            throw new AssertionError(
                    "%s did not end within %s; it wrote:\n%s\n%s"
                            .formatted(command, limit, output.join(), errors.join()));
        }
        return new Result(process.exitValue(), output.join(), errors.join());
    }

    private static CompletableFuture<String> drain(InputStream stream) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try (stream) {
                        return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
                    } catch (IOException e) {
                        return "(reading failed: " + e.getMessage() + ")";
                    }
                },
                task -> Thread.ofVirtual().start(task));
    }
}
