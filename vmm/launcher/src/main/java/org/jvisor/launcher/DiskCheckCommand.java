package org.jvisor.launcher;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jvisor.virtio.block.BlockException;
import org.jvisor.virtio.block.Disk;
import org.jvisor.virtio.block.HostFile;
import org.jvisor.virtio.block.qcow2.Qcow2Check;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code jvisor disk check}. */
@Command(
        name = "check",
        description = {
            "Looks for contradictions in a qcow2 image that no machine uses.",
            "Errors endanger data: the status is 66 unless --repair removed them. Leaked clusters"
                    + " only waste space: the status is 0."
        },
        mixinStandardHelpOptions = true)
final class DiskCheckCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "The image.")
    Path file = Path.of("");

    @Option(names = "--repair", description = "Correct the counts of references.")
    boolean repair;

    @Override
    public Integer call() throws BlockException {
        PrintWriter out = spec.commandLine().getOut();
        try (HostFile image = Disk.openFile(file, repair)) {
            Qcow2Check.Result found = repair ? Qcow2Check.repair(image) : Qcow2Check.check(image);
            found.messages().forEach(out::println);
            boolean bad = found.errors() > 0;
            if (repair && !found.clean()) {
                Qcow2Check.Result left = Qcow2Check.check(image);
                out.printf(
                        "%d errors and %d leaked clusters were found, %d and %d are left%n",
                        found.errors(), found.leaks(), left.errors(), left.leaks());
                bad = left.errors() > 0;
            } else if (found.clean()) {
                out.println("no errors were found");
            } else {
                out.printf(
                        "%d errors and %d leaked clusters were found%n",
                        found.errors(), found.leaks());
            }
            out.printf(
                    "%d of %d clusters are in use, %d of them compressed; the image ends at byte %d%n",
                    found.allocated(), found.clusters(), found.compressed(), found.end());
            return bad ? ExitStatus.FILE : ExitStatus.OK;
        }
    }
}
