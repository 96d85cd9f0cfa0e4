package org.jvisor.launcher;

import java.util.concurrent.Callable;
import org.jvisor.cpucheck.CpuCheck;
import org.jvisor.cpucheck.HostReport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code jvisor cpu-check}: what this host offers a virtual machine. */
@Command(
        name = "cpu-check",
        description = {
            "Tells what this host offers a virtual machine, and what to do about it.",
            "Runs a small guest on /dev/kvm, where there is one, to see how fast it is."
        },
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:hardware: KVM runs guests on the CPU's virtualization hardware",
            "1:kvm without VT: there is a KVM, but it interprets",
            "2:software only: there is no KVM that can be used"
        })
final class CpuCheckCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Option(names = "--json", description = "Report in JSON.")
    boolean json;

    @Override
    public Integer call() {
        HostReport report = CpuCheck.ofThisHost().report();
        String text = json ? CpuCheck.toJson(report) : CpuCheck.toText(report);
        spec.commandLine().getOut().println(text.stripTrailing());
        return report.exitStatus();
    }
}
