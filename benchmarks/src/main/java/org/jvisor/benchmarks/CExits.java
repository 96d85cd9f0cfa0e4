package org.jvisor.benchmarks;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.jvisor.benchmarks.guest.GuestCompiler;
import org.jvisor.benchmarks.guest.GuestException;
import org.jvisor.benchmarks.jmh.GuestLoop;

/**
 * The C program with the loops of the exit benchmarks.
 *
 * @param program compiled
 */
record CExits(Path program) {
    private static final Duration LIMIT = Duration.ofMinutes(5);

    /**
     * Compiles it.
     *
     * @param skipped told why, where there is no compiler
     * @return null where it cannot be made
     */
    static @Nullable CExits make(Path root, Path work, List<String> skipped)
            throws InterruptedException {
        Path program = work.resolve("exits");
        Path source = root.resolve("benchmarks/src/main/c/exits.c");
        try {
            GuestCompiler.ofHost().compile(List.of(source), program);
        } catch (GuestException e) {
            skipped.add("The same loops in C: " + e.getMessage());
            return null;
        }
        return new CExits(program);
    }

    /** Runs a loop. */
    Histogram run(GuestLoop loop, int warmupMillis, int millis) throws InterruptedException {
        VmProcess process = VmProcess.run(command(loop, warmupMillis, millis), LIMIT);
        if (process.status() != 0) {
            throw new BenchException(
                    "the C program failed at %s (status %d):\n%s"
                            .formatted(loop.id(), process.status(), process.tail()));
        }
        return Histogram.parse(process.lines().stream().map(VmProcess.Line::text).toList());
    }

    /** The command of a loop. */
    List<String> command(GuestLoop loop, int warmupMillis, int millis) {
        return List.of(
                program.toString(),
                loop.id(),
                loop.protectedMode() ? "protected" : "real",
                loop.irqchip() ? "1" : "0",
                loop.code(),
                Integer.toString(loop.vector()),
                loop.handler().isEmpty() ? "-" : loop.handler(),
                Integer.toString(warmupMillis),
                Integer.toString(millis));
    }
}
