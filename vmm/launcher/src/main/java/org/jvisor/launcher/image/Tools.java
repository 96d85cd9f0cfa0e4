package org.jvisor.launcher.image;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/** Programs of the host, found in given folders and run to their ends. */
final class Tools {
    /** How much of what a program writes last is kept. */
    private static final int KEPT_LINES = 12;

    private final List<Path> path;

    /** Looks for programs in {@code path}, in order. */
    Tools(List<Path> path) {
        this.path = path;
    }

    /** Looks where the user's shell does, and where a user's shell may not: in sbin. */
    static Tools onPath() {
        String path = System.getenv("PATH");
        List<Path> folders = new ArrayList<>();
        Pattern.compile(":")
                .splitAsStream(path == null ? "/usr/bin:/bin" : path)
                .filter(folder -> folder.startsWith("/"))
                .map(Path::of)
                .forEach(folders::add);
        folders.add(Path.of("/usr/sbin"));
        folders.add(Path.of("/sbin"));
        return new Tools(folders);
    }

    /** The program of that name, if it is there. */
    Optional<Path> find(String program) {
        return path.stream()
                .map(folder -> folder.resolve(program))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /**
     * How a program ended.
     *
     * @param last the last lines it wrote
     */
    record Result(int status, List<String> last) {
        /** Whether it did what it was asked. */
        boolean good() {
            return status == 0;
        }

        /** Whether one of the last lines has {@code text} in it. */
        boolean says(String text) {
            return last.stream().anyMatch(line -> line.contains(text));
        }

        /** The first line marked as an error, else the last line. */
        String complaint() {
            return last.stream()
                    .filter(line -> line.startsWith("E: "))
                    .map(line -> line.substring("E: ".length()))
                    .findFirst()
                    .or(() -> last.isEmpty() ? Optional.empty() : Optional.of(last.getLast()))
                    .orElse("it ended with status " + status);
        }
    }

    /**
     * Runs a program, and ends it with this thread or process if need be.
     *
     * @param lines takes what it writes, on standard output and error alike
     */
    Result run(List<String> command, Consumer<String> lines)
            throws IOException, InterruptedException {
        ProcessBuilder builder =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
        builder.environment().put("LC_ALL", "C.UTF-8");
        builder.environment().put("DEBIAN_FRONTEND", "noninteractive");
        // A user's shell may leave out sbin, which mmdebstrap and dpkg need.
        builder.environment()
                .merge("PATH", "/usr/sbin:/sbin:/usr/bin:/bin", (old, more) -> old + ":" + more);
        Process process = builder.start();
        Thread end = Thread.ofPlatform().unstarted(() -> stop(process));
        Runtime.getRuntime().addShutdownHook(end);
        Deque<String> last = new ArrayDeque<>();
        try (BufferedReader output = process.inputReader()) {
            String line;
            while ((line = output.readLine()) != null) {
                lines.accept(line);
                last.addLast(line);
                if (last.size() > KEPT_LINES) {
                    last.removeFirst();
                }
            }
            return new Result(process.waitFor(), List.copyOf(last));
        } finally {
            process.destroy();
            release(end);
        }
    }

    /** SIGTERM, so that it can clean up, and a while to do so. */
    private static void stop(Process process) {
        process.destroy();
        try {
            if (!process.waitFor(5, java.util.concurrent.TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    static void release(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process is ending, and the hook does its work.
        }
    }
}
