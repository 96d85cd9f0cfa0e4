package org.jvisor.benchmarks;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jvisor.benchmarks.guest.GuestException;
import org.jvisor.benchmarks.guest.UserlandImage;
import org.jvisor.launcher.image.Image;
import org.jvisor.launcher.image.ImageStore;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code jvisor bench stress}: a Debian guest kept busy with everything at once. */
@Command(
        name = "stress",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Keeps a Debian guest busy for some minutes: forks, mappings, signals, threads, the torture"
                    + " programs, a C compiler, shared objects, interpreters, patches of the kernel's text.",
            "It fails on a wrong result and on a warning of the kernel, and tells the memory of the"
                    + " guest and of the process over time. It needs mmdebstrap, as bench userland does."
        })
final class StressCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Mixin MachineOptions options = new MachineOptions();

    @Option(
            names = "--minutes",
            paramLabel = "N",
            description = "How long it lasts (default: ${DEFAULT-VALUE}).")
    int minutes = 30;

    @Override
    public Integer call() throws IOException, InterruptedException {
        PrintWriter err = spec.commandLine().getErr();
        options.check();
        Image image = Images.debian(err);
        Path userland;
        try {
            userland = UserlandImage.ensure(ImageStore.ofUser().root(), err);
        } catch (GuestException e) {
            throw new BenchException(String.valueOf(e.getMessage()), e);
        }
        options.limit = Math.max(options.limit, 60L * minutes + 900);
        String plan = "MINUTES=%d\n: $TORTURE\n. /bench/stress.sh\n".formatted(minutes);
        new TortureRun(options, spec.commandLine().getOut(), err).of(image, userland, "1G", plan);
        return 0;
    }
}
