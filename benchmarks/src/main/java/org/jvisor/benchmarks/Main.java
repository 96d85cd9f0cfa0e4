package org.jvisor.benchmarks;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The entry point of {@code jvisor bench}. */
@Command(
        name = "jvisor bench",
        mixinStandardHelpOptions = true,
        description =
                "Measures jvisor's exits and parts, and whole machines beside other monitors.",
        subcommands = {
            ExitsCommand.class,
            MemoryCommand.class,
            QueueCommand.class,
            StartCommand.class,
            BootCommand.class,
            DevicesCommand.class,
            GuestCommand.class,
            AllCommand.class,
            GuardCommand.class,
            UserlandCommand.class,
            TortureCommand.class,
            StressCommand.class
        })
public final class Main implements Runnable {
    private static final int USAGE = 64;
    private static final int FAILED = 70;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    /** Runs the command and ends the process with its status. */
    public static void main(String[] args) {
        PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
        System.exit(execute(out, err, args));
    }

    /**
     * Runs the command.
     *
     * @return the exit status
     */
    static int execute(PrintWriter out, PrintWriter err, String... args) {
        return new CommandLine(new Main())
                .setOut(out)
                .setErr(err)
                .setParameterExceptionHandler(
                        (e, given) -> {
                            err.println("jvisor bench: " + e.getMessage());
                            return USAGE;
                        })
                .setExecutionExceptionHandler(
                        (e, line, parsed) -> {
                            if (System.getenv("JVISOR_DEBUG") != null) {
                                e.printStackTrace(err);
                            }
                            err.println(
                                    "jvisor bench: "
                                            + (e instanceof BenchException
                                                    ? e.getMessage()
                                                    : e.toString()));
                            return e instanceof BenchException known ? known.status() : FAILED;
                        })
                .execute(args);
    }

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }
}
