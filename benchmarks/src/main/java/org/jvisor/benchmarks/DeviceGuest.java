package org.jvisor.benchmarks;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.jvisor.benchmarks.guest.Overlay;
import org.jvisor.launcher.UserError;
import org.jvisor.launcher.image.Image;
import org.jvisor.launcher.image.ImageStore;
import org.jvisor.launcher.image.Progress;
import org.jvisor.launcher.image.RootDisk;
import org.jvisor.launcher.image.RootDiskMaker;

/**
 * The guest that measures devices: the default image's kernel, an initial RAM disk that runs the
 * plan, a Debian with fio and iperf3 as a disk that is only read, and a disk to work on.
 */
record DeviceGuest(Vmm.Machine machine, Path root, Path data) {
    private static final String IMAGE = "bench-devices";
    private static final long ROOT_SIZE = 2L << 30;
    private static final int DATA_SIZE = 512 << 20;
    private static final int PIECE = 1 << 20;

    /**
     * Makes it ready.
     *
     * @param folder for the files that are made
     * @param seconds of each measurement
     * @param port of the host's iperf3 server, or null
     */
    static DeviceGuest make(
            Path folder,
            MachineOptions options,
            int seconds,
            @Nullable Integer port,
            PrintWriter err)
            throws IOException, InterruptedException {
        Image image = Images.debian(err);
        Path disk = disk(err);
        Path initrd = folder.resolve("initrd");
        Path init = Checkout.root().resolve("benchmarks/src/main/guest/devices.sh");
        new Overlay()
                .folder("bench")
                .script("init", Files.readString(init))
                .script(
                        "bench/parameters",
                        "SECONDS_EACH=%d PORT=%s\n".formatted(seconds, port == null ? "''" : port))
                .appendTo(image.initrd(), initrd);
        Path data = folder.resolve("data.raw");
        fill(data);
        Vmm.Machine machine =
                new Vmm.Machine(
                        image.kernel(),
                        initrd,
                        SuiteImage.COMMAND_LINE,
                        options.memory("512M"),
                        options.cpus);
        return new DeviceGuest(machine, disk, data);
    }

    /** The Debian's disk, made when it is not there. */
    private static Path disk(PrintWriter err) throws InterruptedException {
        ImageStore store = ImageStore.ofUser();
        try {
            Image image =
                    store.has(IMAGE)
                            ? store.find(IMAGE).orElseThrow()
                            : RootDiskMaker.onHost(store, new Progress(err, false))
                                    .make(
                                            new RootDisk(
                                                    IMAGE,
                                                    ROOT_SIZE,
                                                    RootDisk.DEFAULT_SUITE,
                                                    RootDisk.DEFAULT_MIRROR,
                                                    List.of("fio", "iperf3"),
                                                    IMAGE,
                                                    "",
                                                    List.of()));
            Path disk = image.disk();
            if (disk == null || !disk.toString().endsWith(".raw")) {
                throw new BenchException(
                        "the image %s is not as it was made: remove it by jvisor image rm, for a new one"
                                .formatted(IMAGE));
            }
            return disk;
        } catch (UserError e) {
            throw new BenchException(String.valueOf(e.getMessage()), e, e.status());
        }
    }

    /** A file without holes, in the host's page cache: the devices are measured, not the host. */
    private static void fill(Path data) throws IOException {
        Random random = new Random(1);
        byte[] piece = new byte[PIECE];
        try (RandomAccessFile file = new RandomAccessFile(data.toFile(), "rw")) {
            for (int done = 0; done < DATA_SIZE; done += PIECE) {
                random.nextBytes(piece);
                file.write(piece);
            }
        }
    }

    /** The command that runs it in jvisor. */
    List<String> command(Vmm.Jvisor jvisor) {
        List<String> command = new ArrayList<>(jvisor.command(machine));
        command.addAll(List.of("--disk", root + ",ro", "--disk", data.toString()));
        command.addAll(List.of("--net", "user"));
        return command;
    }

    /** The command that runs it in QEMU, with the same devices. */
    List<String> command(Vmm.Qemu qemu) {
        List<String> command = new ArrayList<>(qemu.command(machine));
        command.addAll(List.of("-nodefaults", "-display", "none", "-serial", "stdio"));
        command.remove("-nographic");
        disk(command, "root", root + ",readonly=on");
        disk(command, "data", data.toString());
        command.addAll(List.of("-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net"));
        return command;
    }

    private static void disk(List<String> command, String id, String file) {
        command.addAll(List.of("-drive", "if=none,format=raw,id=" + id + ",file=" + file));
        command.addAll(List.of("-device", "virtio-blk-pci,drive=" + id));
    }
}
