package org.jvisor.launcher;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.jvisor.launcher.console.RawTerminal;
import org.jvisor.launcher.image.Image;
import org.jvisor.launcher.image.ImageStore;
import org.jvisor.launcher.image.Progress;
import org.jvisor.launcher.image.RootDisk;
import org.jvisor.launcher.image.RootDiskMaker;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code jvisor image create}. */
@Command(
        name = "create",
        description = {
            "Makes an image with a root disk: an installed Debian with an SSH server.",
            "It needs mmdebstrap (or, as root, debootstrap) and mke2fs; without root also fakeroot,"
                    + " and uidmap or fakechroot. Packages come from a mirror over the network. On its serial"
                    + " line root logs in without a password; over ssh, only keys do."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class ImageCreateCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Parameters(paramLabel = "SYSTEM", description = "debian")
    String system = "";

    @Option(
            names = "--name",
            paramLabel = "NAME",
            required = true,
            description = "What the image is called.")
    String name = "";

    @Option(
            names = "--size",
            paramLabel = "SIZE",
            converter = Converters.Size.class,
            description =
                    "The disk's size, as in 4G (the default); it takes up what is used of it.")
    long size = 4L << 30;

    @Option(
            names = "--package",
            paramLabel = "PACKAGE",
            description = "A Debian package to install too. May be repeated.")
    List<String> packages = List.of();

    @Option(
            names = "--ssh-key",
            paramLabel = "FILE",
            description =
                    "A public key (such as ~/.ssh/id_ed25519.pub) that may log in as root and as the"
                            + " user. May be repeated.")
    List<Path> keys = List.of();

    @Option(
            names = "--hostname",
            paramLabel = "NAME",
            description = "The guest's host name (default: the image's name).")
    @Nullable String hostname;

    @Option(
            names = "--user",
            paramLabel = "NAME",
            description = "An account to make, which may become root by sudo.")
    String user = "";

    @Option(
            names = "--suite",
            paramLabel = "NAME",
            description = "The Debian release (default: ${DEFAULT-VALUE}).")
    String suite = RootDisk.DEFAULT_SUITE;

    @Option(
            names = "--mirror",
            paramLabel = "URL",
            description = "The Debian mirror (default: ${DEFAULT-VALUE}).")
    String mirror = RootDisk.DEFAULT_MIRROR;

    @Override
    public Integer call() throws InterruptedException {
        if (!system.equals("debian")) {
            throw new UserError(
                    ExitStatus.USAGE,
                    "there is no system %s to make an image of: only debian is known"
                            .formatted(system));
        }
        RootDisk disk =
                new RootDisk(
                        name,
                        size,
                        suite,
                        mirror,
                        packages,
                        hostname != null ? hostname : RootDisk.hostnameOf(name),
                        user,
                        read(keys));
        PrintWriter err = spec.commandLine().getErr();
        Image made =
                RootDiskMaker.onHost(
                                ImageStore.ofUser(), new Progress(err, RawTerminal.isTerminal(2)))
                        .make(disk);
        spec.commandLine()
                .getOut()
                .printf("%s: Linux %s, %s%n", made.name(), made.version(), made.origin());
        if (keys.isEmpty()) {
            err.println(
                    "jvisor: no --ssh-key was given: log in as root on the serial line, without a"
                            + " password");
        }
        return ExitStatus.OK;
    }

    private static List<String> read(List<Path> files) {
        List<String> keys = new ArrayList<>();
        for (Path file : files) {
            try {
                Files.readAllLines(file).stream()
                        .map(String::strip)
                        .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                        .forEach(keys::add);
            } catch (IOException e) {
                throw new UserError(
                        ExitStatus.FILE,
                        "the SSH key %s cannot be read: give the file that ends in .pub"
                                .formatted(file),
                        e);
            }
        }
        return keys;
    }
}
