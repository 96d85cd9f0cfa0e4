package org.jvisor.launcher;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.jvisor.launcher.console.RawTerminal;
import org.jvisor.launcher.image.Progress;
import org.jvisor.machine.Sizes;
import org.jvisor.virtio.block.BlockBackend;
import org.jvisor.virtio.block.BlockException;
import org.jvisor.virtio.block.Disk;
import org.jvisor.virtio.block.DiskCopy;
import org.jvisor.virtio.block.DiskFormat;
import org.jvisor.virtio.block.DiskOptions;
import org.jvisor.virtio.block.HostFile;
import org.jvisor.virtio.block.qcow2.Qcow2Format;
import org.jvisor.virtio.block.qcow2.Qcow2Image;
import org.jvisor.virtio.block.qcow2.Qcow2Info;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code jvisor disk}: the disks that {@code jvisor run --disk} gives a machine. */
@Command(
        name = "disk",
        description = "Makes, examines and changes disks: raw files and qcow2 images.",
        mixinStandardHelpOptions = true,
        subcommands = {
            DiskCommand.Create.class,
            DiskCommand.Info.class,
            DiskCheckCommand.class,
            DiskCommand.Resize.class,
            DiskCommand.Commit.class,
            DiskCommand.Convert.class
        },
        synopsisSubcommandLabel = "COMMAND")
final class DiskCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "jvisor disk needs a command: create, info, check, resize, commit or convert");
    }

    private static Progress progress(CommandSpec spec, String step) {
        Progress progress = new Progress(spec.commandLine().getErr(), RawTerminal.isTerminal(2));
        progress.step(step);
        return progress;
    }

    private static LongConsumer percent(Progress progress, long whole) {
        return done -> progress.percent(whole == 0 ? 100 : (int) (done * 100.0 / whole));
    }

    /** {@code jvisor disk create}. */
    @Command(
            name = "create",
            description = {
                "Makes an empty disk, which takes up hardly any space until it is written.",
                "With --backing the disk begins as a copy of another that shares its data: the"
                        + " other must stay as it is."
            },
            mixinStandardHelpOptions = true)
    static final class Create implements Callable<Integer> {
        @Parameters(index = "0", paramLabel = "FILE", description = "The file to make.")
        Path file = Path.of("");

        @Parameters(
                index = "1",
                arity = "0..1",
                paramLabel = "SIZE",
                converter = Converters.Size.class,
                description =
                        "Bytes, or with K, M, G, T; with --backing, that disk's size if not given.")
        @Nullable Long size;

        @Mixin DiskMixins.Format format = new DiskMixins.Format();

        @Option(
                names = "--backing",
                paramLabel = "FILE",
                description = "The disk that a qcow2 image begins as a copy of.")
        @Nullable Path backing;

        @Option(
                names = "--backing-format",
                paramLabel = "FORMAT",
                converter = Converters.Format.class,
                description = "The backing disk's format (default: as its name says).")
        @Nullable DiskFormat backingFormat;

        @Option(
                names = "--cluster-size",
                paramLabel = "SIZE",
                converter = Converters.Size.class,
                description = "What a qcow2 image divides the disk into, 512 to 2M (default: 64K).")
        long clusterSize = Qcow2Format.CLUSTER;

        @Option(
                names = "--version-2",
                description = "Make an image that software of before 2012 reads.")
        boolean version2;

        @Override
        public Integer call() throws BlockException {
            Path base = backing;
            boolean qcow2 = format.of(file) == DiskFormat.QCOW2;
            if (base != null && !qcow2) {
                throw new UserError(
                        ExitStatus.USAGE,
                        "a raw disk has no backing file: use --format qcow2, or a name that ends"
                                + " in .qcow2");
            }
            if (!qcow2) {
                Disk.createRaw(file, size(size));
                return ExitStatus.OK;
            }
            Qcow2Format.Options options =
                    new Qcow2Format.Options(
                            0, version2 ? 2 : 3, (int) Math.min(clusterSize, 1 << 30), null, null);
            if (base == null) {
                options = options.withSize(size(size));
            } else {
                DiskFormat known = DiskMixins.format(backingFormat, base);
                long bytes = size != null ? size(size) : sizeOf(base, known);
                options = options.withSize(bytes).backedBy(name(base), known.text());
            }
            Disk.createQcow2(file, options);
            return ExitStatus.OK;
        }

        private static long size(@Nullable Long size) {
            if (size == null) {
                throw new UserError(
                        ExitStatus.USAGE, "the size is missing: jvisor disk create FILE SIZE");
            }
            return DiskCommand.sectors(size);
        }

        private static long sizeOf(Path disk, DiskFormat format) throws BlockException {
            try (HostFile there = Disk.openFile(disk, false)) {
                long bytes = format == DiskFormat.RAW ? there.size() : Qcow2Info.read(there).size();
                return (bytes + BlockBackend.SECTOR - 1)
                        / BlockBackend.SECTOR
                        * BlockBackend.SECTOR;
            }
        }

        /** How the image names the backing file: as short as it can be moved with it. */
        private String name(Path base) {
            Path folder = file.toAbsolutePath().normalize().getParent();
            Path absolute = base.toAbsolutePath().normalize();
            Path name = absolute.getFileName();
            return absolute.getParent() != null
                            && absolute.getParent().equals(folder)
                            && name != null
                    ? name.toString()
                    : absolute.toString();
        }
    }

    /** {@code jvisor disk info}. */
    @Command(
            name = "info",
            description = "Tells what a disk is. Nothing but the file itself is opened.",
            mixinStandardHelpOptions = true)
    static final class Info implements Callable<Integer> {
        @Spec
        @SuppressWarnings("NullAway.Init")
        CommandSpec spec;

        @Parameters(paramLabel = "FILE", description = "The disk.")
        Path file = Path.of("");

        @Mixin DiskMixins.Format format = new DiskMixins.Format();

        @Override
        public Integer call() throws BlockException {
            DiskFormat known = format.of(file);
            try (HostFile there = Disk.openFile(file, false)) {
                line("file", file.toString());
                line("format", known.text());
                if (known == DiskFormat.RAW) {
                    line("size", bytes(there.size()));
                } else {
                    tell(Qcow2Info.read(there));
                }
                line("on the host", bytes(used(there)));
            }
            return ExitStatus.OK;
        }

        private void tell(Qcow2Info info) {
            line("version", Integer.toString(info.version()));
            line("size", bytes(info.size()));
            line("clusters", bytes(info.clusterSize()));
            line("refcounts", info.refcountBits() + " bits");
            line("compression", info.compression());
            String backing = info.backingFile();
            if (backing != null) {
                String format = info.backingFormat();
                line("backing file", backing + (format == null ? "" : " (" + format + ")"));
            }
            if (!info.snapshots().isEmpty()) {
                line("snapshots", String.join(", ", info.snapshots()));
            }
            if (info.dirty()) {
                line("state", "not closed; it is checked when it is used next");
            }
            if (info.corrupt()) {
                line("state", "damaged; see jvisor disk check");
            }
        }

        private static long used(HostFile file) throws BlockException {
            long used = 0;
            long at = file.nextData(0);
            while (at >= 0) {
                long hole = file.nextHole(at);
                used += hole - at;
                at = file.nextData(hole);
            }
            return used;
        }

        private static String bytes(long bytes) {
            String text = Sizes.format(bytes);
            return text.endsWith("bytes") ? text : text + " (" + bytes + " bytes)";
        }

        private void line(String what, String value) {
            spec.commandLine().getOut().printf("%-14s%s%n", what + ":", value);
        }
    }

    /** {@code jvisor disk resize}. */
    @Command(
            name = "resize",
            description = "Changes the size of a disk that no machine uses.",
            mixinStandardHelpOptions = true)
    static final class Resize implements Callable<Integer> {
        @Parameters(index = "0", paramLabel = "FILE", description = "The disk.")
        Path file = Path.of("");

        @Parameters(
                index = "1",
                paramLabel = "SIZE",
                description = "The new size: bytes, or with K, M, G, T; +SIZE to add to the old.")
        String size = "";

        @Mixin DiskMixins.Format format = new DiskMixins.Format();

        @Mixin DiskMixins.Backing backing = new DiskMixins.Backing();

        @Option(names = "--shrink", description = "Allow a smaller size: what is cut off is lost.")
        boolean shrink;

        @Override
        public Integer call() throws BlockException {
            long given;
            try {
                given = Sizes.parse(size.startsWith("+") ? size.substring(1) : size);
            } catch (IllegalArgumentException e) {
                throw new UserError(ExitStatus.USAGE, String.valueOf(e.getMessage()), e);
            }
            DiskOptions options =
                    DiskOptions.of(file, format.of(file)).withBacking(backing.files());
            try (BlockBackend disk = Disk.open(options)) {
                long wanted =
                        DiskCommand.sectors(size.startsWith("+") ? disk.size() + given : given);
                if (wanted < disk.size() && !shrink) {
                    throw new UserError(
                            ExitStatus.USAGE,
                            "%s would lose what is behind its first %d of %d bytes: give --shrink if that is meant"
                                    .formatted(file, wanted, disk.size()));
                }
                disk.resize(wanted);
            }
            return ExitStatus.OK;
        }
    }

    /** {@code jvisor disk commit}. */
    @Command(
            name = "commit",
            description =
                    "Moves what a qcow2 image has of its own into its backing file and empties it.",
            mixinStandardHelpOptions = true)
    static final class Commit implements Callable<Integer> {
        @Spec
        @SuppressWarnings("NullAway.Init")
        CommandSpec spec;

        @Parameters(paramLabel = "FILE", description = "The image on top.")
        Path file = Path.of("");

        @Mixin DiskMixins.Backing backing = new DiskMixins.Backing();

        @Override
        public Integer call() throws BlockException {
            DiskOptions options =
                    DiskOptions.of(file, DiskFormat.QCOW2).withBacking(backing.files());
            try (Qcow2Image image = Disk.openForCommit(options);
                    Progress progress = progress(spec, "committing " + file)) {
                image.commit(percent(progress, image.size()));
            }
            return ExitStatus.OK;
        }
    }

    /** {@code jvisor disk convert}. */
    @Command(
            name = "convert",
            description = "Copies a disk to a new file in another format, without what is zero.",
            mixinStandardHelpOptions = true)
    static final class Convert implements Callable<Integer> {
        @Spec
        @SuppressWarnings("NullAway.Init")
        CommandSpec spec;

        @Parameters(index = "0", paramLabel = "SOURCE", description = "The disk to copy.")
        Path source = Path.of("");

        @Parameters(index = "1", paramLabel = "TARGET", description = "The file to make.")
        Path target = Path.of("");

        @Option(
                names = "--from",
                paramLabel = "FORMAT",
                converter = Converters.Format.class,
                description = "The source's format (default: as its name says).")
        @Nullable DiskFormat from;

        @Option(
                names = "--to",
                paramLabel = "FORMAT",
                converter = Converters.Format.class,
                description = "The target's format (default: as its name says).")
        @Nullable DiskFormat to;

        @Mixin DiskMixins.Backing backing = new DiskMixins.Backing();

        @Override
        public Integer call() throws BlockException {
            DiskOptions options =
                    DiskOptions.of(source, DiskMixins.format(from, source))
                            .asReadOnly()
                            .withBacking(backing.files());
            DiskFormat format = DiskMixins.format(to, target);
            try (BlockBackend disk = Disk.open(options)) {
                if (format == DiskFormat.RAW) {
                    Disk.createRaw(target, disk.size());
                } else {
                    Disk.createQcow2(target, Qcow2Format.Options.of(disk.size()));
                }
                try (BlockBackend copy = Disk.open(DiskOptions.of(target, format));
                        Progress progress = progress(spec, "copying " + source)) {
                    DiskCopy.copy(disk, copy, percent(progress, disk.size()));
                }
            }
            return ExitStatus.OK;
        }
    }

    static long sectors(long bytes) {
        if (bytes <= 0 || bytes % BlockBackend.SECTOR != 0) {
            throw new UserError(
                    ExitStatus.USAGE,
                    "a disk cannot have %d bytes: its size is a positive multiple of 512"
                            .formatted(bytes));
        }
        return bytes;
    }
}
