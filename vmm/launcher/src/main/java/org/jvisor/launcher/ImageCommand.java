package org.jvisor.launcher;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.jvisor.launcher.console.RawTerminal;
import org.jvisor.launcher.image.DebianImage;
import org.jvisor.launcher.image.DiskImages;
import org.jvisor.launcher.image.Flavor;
import org.jvisor.launcher.image.Image;
import org.jvisor.launcher.image.ImageStore;
import org.jvisor.launcher.image.Progress;
import org.jvisor.machine.Sizes;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code jvisor image}: the images {@code jvisor run} boots. */
@Command(
        name = "image",
        description =
                "Fetches, makes, lists, clones and removes guest images (kernel, initial RAM disk, command"
                        + " line, and a root disk where there is one).",
        mixinStandardHelpOptions = true,
        subcommands = {
            ImageCommand.Pull.class,
            ImageCreateCommand.class,
            ImageCommand.ListImages.class,
            ImageCommand.Info.class,
            ImageCommand.Clone.class,
            ImageCommand.Remove.class
        },
        synopsisSubcommandLabel = "COMMAND")
final class ImageCommand implements Runnable {
    /** The Debian suite a mirror is asked for. */
    static final String DEFAULT_SUITE = "stable";

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "jvisor image needs a command: pull, create, list, info, clone or rm");
    }

    /** {@code jvisor image pull}. */
    @Command(
            name = "pull",
            description = {
                "Fetches an image, or its latest version.",
                "debian is Debian's kernel with a busybox root shell. The packages come through the host's"
                        + " apt, which verifies them, without root; or from the mirror named by --mirror."
                        + " Without a network the host's own kernel and static busybox serve."
            },
            mixinStandardHelpOptions = true)
    static final class Pull implements Callable<Integer> {
        @Spec
        @SuppressWarnings("NullAway.Init")
        CommandSpec spec;

        @Parameters(paramLabel = "IMAGE", description = "debian")
        String image = "";

        @Option(
                names = "--kernel",
                paramLabel = "KIND",
                converter = Converters.Kernel.class,
                description =
                        "cloud (the default: made for virtual machines; the image is called debian) or"
                                + " generic (the image is called debian-generic).")
        Flavor flavor = Flavor.CLOUD;

        @Option(
                names = "--mirror",
                paramLabel = "URL",
                description =
                        "An https URL of a Debian mirror to use instead of apt; the environment variable"
                                + " JVISOR_DEBIAN_MIRROR does the same.")
        @Nullable String mirror;

        @Option(
                names = "--suite",
                paramLabel = "NAME",
                description = "The suite to use on the mirror (default: stable).")
        String suite = DEFAULT_SUITE;

        @Override
        public Integer call() throws InterruptedException {
            if (!image.equals("debian")) {
                throw new UserError(
                        ExitStatus.USAGE,
                        "there is no image %s to pull: only debian is known".formatted(image));
            }
            PrintWriter err = spec.commandLine().getErr();
            Image pulled =
                    DebianImage.from(
                                    ImageStore.ofUser(),
                                    mirror != null
                                            ? mirror
                                            : System.getenv(DebianImage.MIRROR_VARIABLE),
                                    suite,
                                    new Progress(err, RawTerminal.isTerminal(2)))
                            .pull(flavor);
            spec.commandLine()
                    .getOut()
                    .printf("%s: Linux %s, %s%n", pulled.name(), pulled.version(), pulled.origin());
            return ExitStatus.OK;
        }
    }

    /** {@code jvisor image list}. */
    @Command(name = "list", description = "Lists the images.", mixinStandardHelpOptions = true)
    static final class ListImages implements Callable<Integer> {
        private static final DateTimeFormatter DAY =
                DateTimeFormatter.ofPattern("yyyy-MM-dd").withZone(ZoneId.systemDefault());

        @Spec
        @SuppressWarnings("NullAway.Init")
        CommandSpec spec;

        @Override
        public Integer call() throws IOException {
            ImageStore store = ImageStore.ofUser();
            DiskImages disks = new DiskImages(store);
            PrintWriter out = spec.commandLine().getOut();
            List<Image> images = store.list();
            if (images.isEmpty()) {
                spec.commandLine()
                        .getErr()
                        .println(
                                "jvisor: no images in %s; jvisor image pull debian fetches one, jvisor image create debian makes one with a disk"
                                        .formatted(store.root()));
            }
            for (Image image : images) {
                out.printf(
                        "%-16s Linux %-16s %4d MiB  %s  %s%n",
                        image.name(),
                        image.version(),
                        mebibytes(store, disks, image),
                        DAY.format(image.created()),
                        image.base() == null
                                ? image.origin()
                                : image.origin() + ", clone of " + image.base());
            }
            return ExitStatus.OK;
        }
    }

    /** What an image takes on the host, without what it shares with a base. */
    private static long mebibytes(ImageStore store, DiskImages disks, Image image)
            throws IOException {
        Path disk = image.disk();
        long bytes = store.size(image) + (disk == null ? 0 : disks.used(disk));
        return (bytes + (1 << 20) - 1) >> 20;
    }

    /** {@code jvisor image info}. */
    @Command(
            name = "info",
            description = "Tells what an image is made of.",
            mixinStandardHelpOptions = true)
    static final class Info implements Callable<Integer> {
        @Spec
        @SuppressWarnings("NullAway.Init")
        CommandSpec spec;

        @Parameters(paramLabel = "IMAGE", description = "The image.")
        String name = "";

        @Override
        public Integer call() throws IOException {
            ImageStore store = ImageStore.ofUser();
            DiskImages disks = new DiskImages(store);
            Image image = store.find(name).orElseThrow(() -> absent(name));
            line("name", image.name());
            line("origin", image.origin());
            line("made", image.created().toString());
            line("Linux", image.version());
            line("kernel", image.kernel().toString());
            line("initrd", image.initrd().toString());
            line("command line", image.commandLine());
            Path disk = image.disk();
            if (disk != null) {
                line("disk", disk.toString());
                line("disk size", Sizes.format(disks.size(disk)));
                for (Path below : disks.backing(disk)) {
                    line("layered on", below.toString());
                }
            }
            String base = image.base();
            if (base != null) {
                line("clone of", base);
            }
            line("on the host", mebibytes(store, disks, image) + " MiB");
            return ExitStatus.OK;
        }

        private void line(String what, String value) {
            spec.commandLine().getOut().printf("%-14s%s%n", what + ":", value);
        }
    }

    /** {@code jvisor image clone}. */
    @Command(
            name = "clone",
            description = {
                "Makes a copy of an image with a disk, which takes no time and hardly any space.",
                "Both can be used and changed; what they have in common is kept once, so that the"
                        + " original cannot be removed before its clones. Shut its guest down first."
            },
            mixinStandardHelpOptions = true)
    static final class Clone implements Callable<Integer> {
        @Spec
        @SuppressWarnings("NullAway.Init")
        CommandSpec spec;

        @Parameters(index = "0", paramLabel = "IMAGE", description = "The image to copy.")
        String source = "";

        @Parameters(index = "1", paramLabel = "NEW", description = "What the copy is called.")
        String target = "";

        @Override
        public Integer call() {
            Image made = new DiskImages(ImageStore.ofUser()).clone(source, target);
            spec.commandLine()
                    .getOut()
                    .printf("%s: Linux %s, clone of %s%n", made.name(), made.version(), source);
            return ExitStatus.OK;
        }
    }

    private static UserError absent(String name) {
        return new UserError(
                ExitStatus.FILE,
                "there is no image %s: jvisor image list shows what there is".formatted(name));
    }

    /** {@code jvisor image rm}. */
    @Command(name = "rm", description = "Removes images.", mixinStandardHelpOptions = true)
    static final class Remove implements Callable<Integer> {
        @Spec
        @SuppressWarnings("NullAway.Init")
        CommandSpec spec;

        @Parameters(paramLabel = "IMAGE", arity = "1..*", description = "The images to remove.")
        List<String> images = List.of();

        @Override
        public Integer call() throws IOException {
            ImageStore store = ImageStore.ofUser();
            DiskImages disks = new DiskImages(store);
            try (ImageStore.Lock _ = store.lock(() -> {})) {
                for (String image : images) {
                    if (!disks.remove(image)) {
                        throw new UserError(
                                ExitStatus.FILE,
                                "there is no image %s to remove: jvisor image list shows what there is"
                                        .formatted(image));
                    }
                }
            }
            return ExitStatus.OK;
        }
    }
}
