package org.jvisor.launcher;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jvisor.launcher.console.RawTerminal;
import org.jvisor.launcher.image.DebianImage;
import org.jvisor.launcher.image.DiskImages;
import org.jvisor.launcher.image.Flavor;
import org.jvisor.launcher.image.Image;
import org.jvisor.launcher.image.ImageStore;
import org.jvisor.launcher.image.Progress;
import org.jvisor.linux.WindowSize;
import org.jvisor.machine.DiskConfig;
import org.jvisor.machine.MachineConfig;
import org.jvisor.virtio.block.BlockException;
import org.jvisor.virtio.block.DiskFormat;

/** What a machine boots where the user does not say. */
final class BootDefaults {
    /** The command line of a Linux kernel that has none: its messages go to the serial line. */
    static final String COMMAND_LINE = "console=ttyS0,115200";

    /** RAM for a system with services, in bytes; only what it touches is taken from the host. */
    static final long DISK_MEMORY = 1L << 30;

    private static final int MULTIBOOT_MAGIC = 0x1badb002;

    private BootDefaults() {}

    /**
     * Takes from an image what {@code config} does not name yet, and its disk, as the guest's
     * first; fetches the default images.
     */
    static void image(
            MachineConfig.Builder config, String name, PrintWriter err, boolean onTerminal)
            throws InterruptedException {
        Image image = find(name, err);
        if (!config.hasKernel()) {
            config.kernel(image.kernel());
        }
        if (!config.hasInitrd()) {
            config.initrd(image.initrd());
        }
        if (!config.hasCommandLine()) {
            config.commandLine(image.commandLine() + (onTerminal ? terminalSize() : ""));
        }
        Path disk = image.disk();
        if (disk != null) {
            config.firstDisk(root(disk));
            if (!config.hasMemory()) {
                config.memory(DISK_MEMORY);
            }
        }
    }

    private static DiskConfig root(Path disk) {
        try {
            DiskConfig.Format format =
                    DiskImages.format(disk) == DiskFormat.QCOW2
                            ? DiskConfig.Format.QCOW2
                            : DiskConfig.Format.RAW;
            return DiskConfig.of(disk)
                    .withFormat(format)
                    .withBacking(new DiskImages(ImageStore.ofUser()).backing(disk));
        } catch (BlockException e) {
            throw new UserError(ExitStatus.of(e.kind()), String.valueOf(e.getMessage()), e);
        }
    }

    private static Image find(String name, PrintWriter err) throws InterruptedException {
        ImageStore store = ImageStore.ofUser();
        for (Flavor flavor : Flavor.values()) {
            if (flavor.imageName().equals(name)) {
                return DebianImage.from(
                                store,
                                System.getenv(DebianImage.MIRROR_VARIABLE),
                                ImageCommand.DEFAULT_SUITE,
                                new Progress(err, RawTerminal.isTerminal(2)))
                        .ensure(flavor);
            }
        }
        return store.find(name)
                .orElseThrow(
                        () ->
                                new UserError(
                                        ExitStatus.FILE,
                                        "there is no image %s: jvisor image list shows what there is"
                                                .formatted(name)));
    }

    /** Tells the image's init the size of the terminal, which a serial line cannot. */
    private static String terminalSize() {
        WindowSize size = RawTerminal.size();
        return size.columns() == 0
                ? ""
                : " jvisor.size=%dx%d".formatted(size.rows(), size.columns());
    }

    /** The command line for a kernel of the user's own that is given none. */
    static String commandLine(MachineConfig config) {
        Path kernel = config.kernel();
        boolean linux = kernel != null && config.flatAddress() == null && !isMultiboot(kernel);
        return linux ? COMMAND_LINE : "";
    }

    /**
     * Whether a Multiboot header lies in the first 8 KiB, 4-byte aligned (Multiboot 0.6.96 §3.1).
     */
    private static boolean isMultiboot(Path kernel) {
        try (var in = Files.newInputStream(kernel)) {
            ByteBuffer head = ByteBuffer.wrap(in.readNBytes(8192)).order(ByteOrder.LITTLE_ENDIAN);
            while (head.remaining() >= 4) {
                if (head.getInt() == MULTIBOOT_MAGIC) {
                    return true;
                }
            }
        } catch (IOException e) {
            // Building the machine tells what is wrong with the file.
        }
        return false;
    }
}
