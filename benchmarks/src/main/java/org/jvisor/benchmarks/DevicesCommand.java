package org.jvisor.benchmarks;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jvisor.benchmarks.report.Section;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code jvisor bench devices}: fio and iperf3 in a guest, with virtio devices. */
@Command(
        name = "devices",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Runs fio and iperf3 in a guest of jvisor and of QEMU TCG, with the same virtio disk"
                        + " and user network.")
final class DevicesCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Mixin MachineOptions options = new MachineOptions();

    @Option(
            names = "--seconds",
            paramLabel = "N",
            description =
                    "How long each measurement takes, after half of that to warm up (default:"
                            + " ${DEFAULT-VALUE}).")
    int seconds = DevicesSuite.SECONDS;

    @Override
    public Integer call() throws IOException, InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        options.check();
        if (seconds < 2 || seconds > 600) {
            throw new BenchException("--seconds is %d: from 2 to 600".formatted(seconds));
        }
        HostDescription host = HostDescription.take();
        Section section = new DevicesSuite(options, seconds).measure(err);
        out.println(section.text());
        options.write(host, section, err);
        return 0;
    }
}
