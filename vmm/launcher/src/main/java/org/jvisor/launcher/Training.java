package org.jvisor.launcher;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jvisor.launcher.console.RawTerminal;

/**
 * Walks through what a start of jvisor does, for the JVM to record in the AOT cache made at package
 * time: the command line, a configuration file, and a machine whose small guest writes to its
 * serial line for a while and ends by the debug-exit port. Output goes nowhere.
 */
final class Training {
    /**
     * Real-mode code at 0x1000: sends 2,000 characters, each after waiting for LSR bit 5, with some
     * arithmetic on the stack and in memory between them; then writes 0 to port 0xf4.
     */
    private static final byte[] GUEST = {
        (byte) 0xbc,
        0x00,
        0x20, //             mov sp, 0x2000
        (byte) 0xb9,
        (byte) 0xd0,
        0x07, //      mov cx, 2000
        // next:
        (byte) 0xba,
        (byte) 0xfd,
        0x03, //      mov dx, 0x3fd
        // wait:
        (byte) 0xec, //                         in al, dx
        (byte) 0xa8,
        0x20, //                   test al, 0x20
        0x74,
        (byte) 0xfb, //                   jz wait
        (byte) 0x89,
        (byte) 0xc8, //            mov ax, cx
        0x50, //                                push ax
        0x30,
        (byte) 0xe0, //                   xor al, ah
        (byte) 0xa3,
        0x00,
        0x30, //             mov [0x3000], ax
        0x24,
        0x0f, //                          and al, 15
        0x04,
        0x41, //                          add al, 'A'
        (byte) 0xba,
        (byte) 0xf8,
        0x03, //      mov dx, 0x3f8
        (byte) 0xee, //                         out dx, al
        0x58, //                                pop ax
        (byte) 0xe2,
        (byte) 0xe3, //            loop next
        (byte) 0xb0,
        0x00, //                   mov al, 0
        (byte) 0xe6,
        (byte) 0xf4, //            out 0xf4, al
        (byte) 0xf4 //                          hlt
    };

    private Training() {}

    /** Runs the training. */
    public static void main(String[] args) throws IOException {
        Path folder = Files.createTempDirectory("jvisor-training");
        Path guest = Files.write(folder.resolve("guest.bin"), GUEST);
        Path config =
                Files.writeString(
                        folder.resolve("vm.json"),
                        "{\"memory\": \"64M\", \"kernel\": \"guest.bin\", \"flatAddress\": \"0x1000\"}");
        try {
            PrintWriter nowhere = new PrintWriter(Writer.nullWriter());
            RawTerminal.isTerminal(0);
            Main.execute(nowhere, nowhere, "--version");
            Main.execute(nowhere, nowhere, "--help");
            Main.execute(nowhere, nowhere, "run", "--help");
            Main.execute(nowhere, nowhere, "run", "--no-such-option");
            Main.execute(nowhere, nowhere, "image", "list");
            Main.execute(nowhere, nowhere, "cpu-check");
            String serial = "file=" + folder.resolve("serial.log");
            int status =
                    Main.execute(
                            nowhere,
                            new PrintWriter(System.err, true, StandardCharsets.UTF_8),
                            "run",
                            "--accel=software",
                            "--no-reboot",
                            "--config=" + config,
                            "--serial=" + serial);
            if (status != 1) {
                throw new IllegalStateException("the training guest ended with " + status);
            }
        } finally {
            Files.deleteIfExists(folder.resolve("serial.log"));
            Files.delete(config);
            Files.delete(guest);
            Files.delete(folder);
        }
    }
}
