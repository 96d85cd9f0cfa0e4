package org.jvisor.machine;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A virtio disk.
 *
 * @param file an image or a block device
 * @param format what the file is; nothing in the file itself decides that
 * @param readOnly whether the guest may not write
 * @param overlay whether what the guest writes is thrown away with the machine; the file is only
 *     read then
 * @param serial what the guest sees as the serial number, at most 20 ASCII characters; null for the
 *     device's name
 * @param direct whether the host's page cache is bypassed (O_DIRECT)
 * @param queues request queues, 1 to {@link #MAX_QUEUES}; 0 for one for each CPU
 * @param backing the files a qcow2 image may be backed by, besides those jvisor recorded when it
 *     made the image: what an image names is not opened on its word
 * @param limit how much it may do
 */
public record DiskConfig(
        Path file,
        Format format,
        boolean readOnly,
        boolean overlay,
        @Nullable String serial,
        boolean direct,
        int queues,
        List<Path> backing,
        RateConfig limit) {
    /** The most request queues. */
    public static final int MAX_QUEUES = 16;

    /** The longest serial number, in bytes (virtio 1.2 §5.2.6.3). */
    public static final int MAX_SERIAL = 20;

    /** What a disk's file is. */
    public enum Format {
        /** The disk's bytes as they are. */
        RAW,
        /** QEMU's copy-on-write format, version 2 or 3. */
        QCOW2;

        /** The name used on the command line and in configuration files. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** What a file's name says: qcow2 if it ends in {@code .qcow2}, else raw. */
        public static Format ofName(Path file) {
            return file.toString().toLowerCase(Locale.ROOT).endsWith(".qcow2") ? QCOW2 : RAW;
        }
    }

    static final DeviceSpec.Kind KIND =
            new DeviceSpec.Kind("a disk", "file", keys(), Set.of("ro", "overlay", "direct"));

    private static Set<String> keys() {
        Set<String> keys = new HashSet<>(RateConfig.KEYS);
        keys.addAll(Set.of("format", "serial", "queues", "backing"));
        return Set.copyOf(keys);
    }

    /** Checks what can be known without the file. */
    public DiskConfig {
        backing = List.copyOf(backing);
        if (!backing.isEmpty() && format != Format.QCOW2) {
            throw bad(file, "backing files belong to qcow2 images, and this one is raw");
        }
        if (readOnly && overlay) {
            throw bad(
                    file,
                    "ro and overlay exclude each other: an overlay is for writing without effect");
        }
        if (queues < 0 || queues > MAX_QUEUES) {
            throw bad(file, "a disk has 1 to %d queues, not %d".formatted(MAX_QUEUES, queues));
        }
        if (serial != null
                && (serial.length() > MAX_SERIAL
                        || !StandardCharsets.US_ASCII.newEncoder().canEncode(serial))) {
            throw bad(
                    file,
                    "the serial '%s' is not %d ASCII characters or fewer"
                            .formatted(serial, MAX_SERIAL));
        }
    }

    /** A disk in the format its name tells, for reading and writing. */
    public static DiskConfig of(Path file) {
        return new DiskConfig(
                file,
                Format.ofName(file),
                false,
                false,
                null,
                false,
                0,
                List.of(),
                RateConfig.UNLIMITED);
    }

    /** The same disk in another format. */
    public DiskConfig withFormat(Format other) {
        return new DiskConfig(
                file, other, readOnly, overlay, serial, direct, queues, backing, limit);
    }

    /** The same disk, read-only. */
    public DiskConfig asReadOnly() {
        return new DiskConfig(file, format, true, false, serial, direct, queues, backing, limit);
    }

    /** The same disk under a throw-away layer that takes the guest's writes. */
    public DiskConfig asOverlay() {
        return new DiskConfig(file, format, false, true, serial, direct, queues, backing, limit);
    }

    /** The same disk with a serial number. */
    public DiskConfig withSerial(String number) {
        return new DiskConfig(
                file, format, readOnly, overlay, number, direct, queues, backing, limit);
    }

    /** The same disk, which these files may back. */
    public DiskConfig withBacking(List<Path> files) {
        return new DiskConfig(
                file, format, readOnly, overlay, serial, direct, queues, files, limit);
    }

    /** The same disk under a limit. */
    public DiskConfig withLimit(RateConfig rates) {
        return new DiskConfig(
                file, format, readOnly, overlay, serial, direct, queues, backing, rates);
    }

    /**
     * Reads {@code FILE[,ro][,overlay][,direct][,format=raw|qcow2][,serial=TEXT][,queues=N]
     * [,backing=FILE]...[,bps=SIZE][,bps-burst=SIZE][,iops=N][,iops-burst=N]}.
     *
     * @throws MachineException if it is not of that form
     */
    public static DiskConfig parse(String text) {
        return of(DeviceSpec.parse(KIND, text), Path.of(""));
    }

    /** Reads a description whose file is relative to {@code base}. */
    static DiskConfig of(DeviceSpec spec, Path base) {
        Path file = base.resolve(spec.main());
        String named = spec.get("format");
        Format format = Format.ofName(file);
        if (named != null) {
            format =
                    switch (named) {
                        case "raw" -> Format.RAW;
                        case "qcow2" -> Format.QCOW2;
                        default ->
                                throw spec.bad(
                                        "the format is raw or qcow2, not '%s'".formatted(named));
                    };
        }
        return new DiskConfig(
                file,
                format,
                spec.flag("ro"),
                spec.flag("overlay"),
                spec.get("serial"),
                spec.flag("direct"),
                (int) spec.number("queues", 1, MAX_QUEUES, 0),
                spec.all("backing").stream().map(base::resolve).toList(),
                RateConfig.of(spec));
    }

    private static MachineException bad(Path file, String message) {
        return new MachineException(
                MachineException.Kind.CONFIGURATION, "the disk %s: %s".formatted(file, message));
    }
}
