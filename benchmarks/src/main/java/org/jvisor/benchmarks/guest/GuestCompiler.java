package org.jvisor.benchmarks.guest;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Makes static x86-64 programs of C sources with the host's compiler. */
public final class GuestCompiler {
    /** Names the compiler; {@code gcc} where it is not set. */
    public static final String COMPILER_VARIABLE = "CC";

    private static final int LIMIT_SECONDS = 300;

    private final String compiler;

    private GuestCompiler(String compiler) {
        this.compiler = compiler;
    }

    /** The compiler that {@code $CC} names, or gcc. */
    public static GuestCompiler ofHost() {
        String named = System.getenv(COMPILER_VARIABLE);
        return new GuestCompiler(named == null || named.isBlank() ? "gcc" : named);
    }

    /** The compiler of that name or path. */
    public static GuestCompiler named(String compiler) {
        return new GuestCompiler(compiler);
    }

    /** The C files directly in {@code folder}, by name. */
    public static List<Path> sources(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".c")).sorted().toList();
        }
    }

    /**
     * Compiles and links.
     *
     * @param sources the C files
     * @param program the file to make
     * @param options after {@code -O2 -static}
     */
    public void compile(List<Path> sources, Path program, String... options)
            throws GuestException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(compiler, "-O2", "-static", "-std=gnu17"));
        command.addAll(List.of(options));
        command.addAll(List.of("-o", program.toString()));
        sources.forEach(source -> command.add(source.toString()));
        command.addAll(List.of("-lm", "-lpthread"));
        run(command);
    }

    private void run(List<String> command) throws GuestException, InterruptedException {
        Path log;
        Process process;
        try {
            log = Files.createTempFile("jvisor-cc", ".log");
        } catch (IOException e) {
            throw new GuestException("no temporary file could be made: " + e.getMessage(), e);
        }
        try {
            process =
                    new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(log.toFile())
                            .start();
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new GuestException(
                        "%s did not end within %d s".formatted(compiler, LIMIT_SECONDS));
            }
            if (process.exitValue() != 0) {
                throw new GuestException(
                        "%s could not compile the guest programs (static linking needs libc6-dev):\n%s"
                                .formatted(
                                        compiler, Files.readString(log, StandardCharsets.UTF_8)));
            }
        } catch (IOException e) {
            throw new GuestException(
                    "the guest programs need a C compiler, and %s cannot be run (%s): install gcc and libc6-dev, or name one in CC"
                            .formatted(compiler, e.getMessage()),
                    e);
        } finally {
            deleteQuietly(log);
        }
    }

    private static void deleteQuietly(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            // A log in the temporary folder is nobody's loss.
        }
    }
}
