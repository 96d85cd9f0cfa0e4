package org.jvisor.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.jvisor.benchmarks.guest.GuestCompiler;
import org.jvisor.benchmarks.guest.GuestException;
import org.jvisor.benchmarks.guest.Overlay;
import org.jvisor.launcher.image.Image;

/**
 * The guest suite made ready: a kernel and an initial RAM disk which runs a plan and switches off.
 *
 * @param kernel the image's
 * @param initrd the image's with the suite over it
 * @param guest the suite's binary, for runs on the host
 * @param busybox the image's, for runs on the host
 */
record SuiteImage(Path kernel, Path initrd, Path guest, Path busybox) {
    /** The status for something that the host lacks. */
    private static final int LACKING = 72;

    /** Of the kernel: quiet, and a panic ends the run instead of hanging it. */
    static final String COMMAND_LINE = "console=ttyS0,115200 quiet panic=-1";

    /**
     * Compiles the programs and packs them.
     *
     * @param folder to write in
     * @param image whose kernel boots
     * @param base the initial RAM disk under the suite: the image's, or another
     * @param plan a shell script for the guest's init
     */
    static SuiteImage make(Path root, Path folder, Image image, Path base, String plan)
            throws IOException, InterruptedException {
        Path sources = root.resolve("benchmarks/src/main/guest");
        Path guest = folder.resolve("guest");
        compile(sources, guest);
        Path busybox = folder.resolve("busybox");
        Files.write(busybox, Overlay.read(image.initrd(), "bin/busybox"));
        Files.setPosixFilePermissions(busybox, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path initrd = folder.resolve("initrd");
        Overlay overlay =
                new Overlay()
                        .folder("bench")
                        .program("bench/guest", Files.readAllBytes(guest))
                        .script("bench/plan", plan)
                        .script("init", Files.readString(sources.resolve("init")));
        if (plan.contains("$TORTURE")) {
            Path folderOfTorture = sources.resolve("torture");
            Path torture = folder.resolve("torture");
            compile(folderOfTorture, torture);
            overlay.program("bench/torture", Files.readAllBytes(torture));
            for (String name : List.of("plugins.c", "stress.sh")) {
                overlay.program("bench/" + name, Files.readAllBytes(folderOfTorture.resolve(name)));
            }
        }
        overlay.appendTo(base, initrd);
        return new SuiteImage(image.kernel(), initrd, guest, busybox);
    }

    private static void compile(Path sources, Path program)
            throws IOException, InterruptedException {
        List<Path> files =
                GuestCompiler.sources(sources).stream()
                        .filter(file -> !file.endsWith("plugins.c"))
                        .toList();
        try {
            GuestCompiler.ofHost().compile(files, program);
        } catch (GuestException e) {
            throw new BenchException(String.valueOf(e.getMessage()), e, LACKING);
        }
    }

    /** The plan which runs programs one after another. */
    static String plan(List<Program> programs, double scale, int passes) {
        StringBuilder plan = new StringBuilder();
        for (Program program : programs) {
            plan.append(program.command(scale, passes));
        }
        return plan.toString();
    }

    /** The command that runs the same plan on the host. */
    List<String> nativeCommand(Path folder, String plan) throws IOException {
        Path script = folder.resolve("native.sh");
        Files.writeString(
                script,
                "export LC_ALL=C GUEST=%s TORTURE=%s BUSYBOX=%s TMP=%s\nexport SH=\"$BUSYBOX sh\"\n%secho '@@ finished'\n"
                        .formatted(guest, folder.resolve("torture"), busybox, folder, plan));
        return List.of(busybox.toString(), "sh", script.toString());
    }
}
