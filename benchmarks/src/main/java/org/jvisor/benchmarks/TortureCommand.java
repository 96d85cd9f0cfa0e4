package org.jvisor.benchmarks;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jvisor.launcher.image.Image;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code jvisor bench torture}: programs whose outcome is known, hard on a translator. */
@Command(
        name = "torture",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Runs programs that are hard on a CPU that caches translations, and checks what they compute.",
            "Programs: selfmod (code that changes under itself), generated (what a just-in-time compiler"
                    + " does), alias (code patched from another CPU through another mapping), processes,"
                    + " threads. It fails on the first wrong result and on a warning of the kernel."
        })
final class TortureCommand implements Callable<Integer> {
    static final List<String> PROGRAMS =
            List.of("selfmod", "generated", "alias", "processes", "threads");

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Mixin MachineOptions options = new MachineOptions();

    @Option(
            names = "--programs",
            split = ",",
            paramLabel = "NAME",
            description = "Programs to run (default: all).")
    List<String> names = new ArrayList<>(PROGRAMS);

    @Option(
            names = "--rounds",
            paramLabel = "N",
            description = "How long each program runs (default: ${DEFAULT-VALUE}).")
    long rounds = 100;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "Of the random numbers of the first run (default: ${DEFAULT-VALUE}).")
    long seed = 1;

    @Override
    public Integer call() throws IOException, InterruptedException {
        PrintWriter err = spec.commandLine().getErr();
        options.check();
        for (String name : names) {
            if (!PROGRAMS.contains(name)) {
                throw new BenchException(
                        "there is no torture program %s; there are %s"
                                .formatted(name, String.join(", ", PROGRAMS)));
            }
        }
        Image image = Images.debian(err);
        TortureRun run = new TortureRun(options, spec.commandLine().getOut(), err);
        for (int i = 0; i < options.runs; i++) {
            String plan =
                    "$TORTURE %s --rounds %d --seed %d\n"
                            .formatted(String.join(" ", names), rounds, seed + i);
            run.of(image, image.initrd(), "256M", plan);
        }
        return 0;
    }
}
