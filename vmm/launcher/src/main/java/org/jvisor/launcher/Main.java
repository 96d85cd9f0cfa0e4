package org.jvisor.launcher;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import org.jvisor.machine.MachineException;
import org.jvisor.machine.Preload;
import org.jvisor.virtio.block.BlockException;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The entry point of the {@code jvisor} command. */
public final class Main {
    private Main() {}

    /** Runs the command and ends the process with its status. */
    public static void main(String[] args) {
        preload(args);
        PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
        System.exit(execute(out, err, args));
    }

    /** Has a second thread load what a machine needs, while this one reads the command line. */
    static void preload(String... args) {
        if (args.length > 0 && args[0].equals("run")) {
            Thread.ofPlatform().daemon().name("preload").start(Preload::run);
        }
    }

    /**
     * Runs the command.
     *
     * @param out where results go
     * @param err where messages go
     * @return the exit status, of {@link ExitStatus}
     */
    static int execute(PrintWriter out, PrintWriter err, String... args) {
        CommandLine command = JvisorCommand.line(args);
        command.setOut(out)
                .setErr(err)
                .setOverwrittenOptionsAllowed(true)
                .setParameterExceptionHandler((e, given) -> misuse(e))
                .setExecutionExceptionHandler((e, line, parsed) -> failure(line.getErr(), e));
        return command.execute(args);
    }

    private static int misuse(ParameterException e) {
        CommandLine line = e.getCommandLine();
        String message =
                e instanceof UnmatchedArgumentException unmatched
                        ? unmatched(unmatched)
                        : sentence(String.valueOf(e.getMessage()));
        report(
                line.getErr(),
                "%s (see %s --help)".formatted(message, line.getCommandSpec().qualifiedName()));
        return ExitStatus.USAGE;
    }

    /** picocli's own messages begin like a sentence, and some go on for lines. */
    private static String sentence(String message) {
        return message.lines()
                .findFirst()
                .filter(line -> !line.isEmpty())
                .map(line -> line.substring(0, 1).toLowerCase(Locale.ROOT) + line.substring(1))
                .orElse("the command line cannot be understood");
    }

    private static String unmatched(UnmatchedArgumentException e) {
        String first = e.getUnmatched().getFirst();
        String what =
                (first.startsWith("-") ? "unknown option '%s'" : "unexpected argument '%s'")
                        .formatted(first);
        List<String> near = e.getSuggestions();
        return near.isEmpty() ? what : what + "; did you mean " + near.getFirst() + "?";
    }

    private static int failure(PrintWriter err, Exception e) {
        if (System.getenv("JVISOR_DEBUG") != null) {
            e.printStackTrace(err);
        }
        return switch (e) {
            case UserError error -> {
                report(err, String.valueOf(error.getMessage()));
                yield error.status();
            }
            case MachineException error -> {
                report(err, String.valueOf(error.getMessage()));
                yield ExitStatus.of(error.kind());
            }
            case BlockException error -> {
                report(err, error.getMessage());
                yield ExitStatus.of(error.kind());
            }
            default -> {
                report(
                        err,
                        "an error inside jvisor (%s): this is a bug; JVISOR_DEBUG=1 in the environment shows where"
                                .formatted(e));
                yield ExitStatus.INTERNAL;
            }
        };
    }

    private static void report(PrintWriter err, String message) {
        err.println("jvisor: " + message);
    }
}
