package org.jvisor.launcher;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jvisor.launcher.console.RawTerminal;
import org.jvisor.launcher.image.Flavor;
import org.jvisor.launcher.image.ImageStore;

/**
 * Walks through what a start of jvisor does, for the JVM to record in the AOT cache made at package
 * time: the command line, a configuration file, a machine with a guest made for it, and if the user
 * has the default image already, a boot of that. Output goes nowhere.
 */
final class Training {
    /**
     * Some 120 million instructions: enough for the JVM's last tier to have seen all that is hot.
     */
    private static final int ROUNDS = 30_000;

    /** What a guest ends with that writes 0 to the debug-exit port. */
    private static final int DEBUG_EXIT = 1;

    /** mov al, 0; out 0f4h, al; hlt: ends by the debug-exit port. */
    private static final byte[] FLAT = {(byte) 0xb0, 0, (byte) 0xe6, (byte) 0xf4, (byte) 0xf4};

    private Training() {}

    /** Runs the training. */
    public static void main(String[] args) throws IOException {
        Path folder = Files.createTempDirectory("jvisor-training");
        Path guest = Files.write(folder.resolve("guest"), TrainingGuest.elf(ROUNDS));
        Path flat = Files.write(folder.resolve("flat"), FLAT);
        Path config =
                Files.writeString(
                        folder.resolve("vm.json"), "{\"memory\": \"64M\", \"kernel\": \"guest\"}");
        try {
            PrintWriter nowhere = new PrintWriter(Writer.nullWriter());
            Main.preload("run");
            RawTerminal.isTerminal(0);
            Main.execute(nowhere, nowhere, "--version");
            Main.execute(nowhere, nowhere, "--help");
            Main.execute(nowhere, nowhere, "run", "--help");
            Main.execute(nowhere, nowhere, "run", "--no-such-option");
            Main.execute(nowhere, nowhere, "image", "list");
            Main.execute(nowhere, nowhere, "cpu-check");
            String serial = "--serial=file=" + folder.resolve("serial.log");
            run(DEBUG_EXIT, "--no-reboot", "--config=" + config, serial);
            run(DEBUG_EXIT, "--flat=0x7c00", "--kernel=" + flat);
            if (ImageStore.ofUser().find(Flavor.CLOUD.imageName()).isPresent()) {
                // The best profile of a boot is that of a boot.
                String line = BootDefaults.COMMAND_LINE + " rdinit=/bin/busybox -- poweroff -f";
                run(0, "--memory=256M", "--cmdline=" + line);
            }
        } finally {
            Files.deleteIfExists(folder.resolve("serial.log"));
            Files.delete(config);
            Files.delete(guest);
            Files.delete(flat);
            Files.delete(folder);
        }
        System.exit(0); // as the command does: it makes the JVM ask for a logger
    }

    private static void run(int expected, String... options) {
        List<String> arguments = new ArrayList<>(List.of("run", "--accel=software"));
        arguments.addAll(List.of(options));
        PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
        int status =
                Main.execute(
                        new PrintWriter(Writer.nullWriter()),
                        err,
                        arguments.toArray(String[]::new));
        if (status != expected) {
            throw new IllegalStateException("a training guest ended with " + status);
        }
    }
}
