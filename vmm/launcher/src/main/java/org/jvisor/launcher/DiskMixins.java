package org.jvisor.launcher;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.jvisor.machine.DiskConfig;
import org.jvisor.virtio.block.DiskFormat;
import picocli.CommandLine.Option;

/** Options that several of the disk commands have. */
final class DiskMixins {
    private DiskMixins() {}

    /** The format a user tells, or else what the file's name says, as for {@code --disk}. */
    static DiskFormat format(@Nullable DiskFormat told, Path file) {
        if (told != null) {
            return told;
        }
        return DiskConfig.Format.ofName(file) == DiskConfig.Format.QCOW2
                ? DiskFormat.QCOW2
                : DiskFormat.RAW;
    }

    /** What the command's file is. */
    static final class Format {
        @Option(
                names = "--format",
                paramLabel = "FORMAT",
                converter = Converters.Format.class,
                description = "raw or qcow2 (default: qcow2 for a name that ends in .qcow2).")
        private @Nullable DiskFormat told;

        /** The format of the command's file. */
        DiskFormat of(Path file) {
            return format(told, file);
        }
    }

    /** What its image may be backed by. */
    static final class Backing {
        @Option(
                names = "--backing",
                paramLabel = "FILE",
                description = "A file the image may be backed by; may be given again.")
        private List<Path> files = List.of();

        /** The files, none unless they are given. */
        List<Path> files() {
            return files;
        }
    }
}
