package org.jvisor.benchmarks;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Which machines there are to measure. */
final class Machines {
    private Machines() {}

    /** The host's load average over a minute. */
    static String loadAverage() throws IOException {
        return Files.readString(Path.of("/proc/loadavg")).split(" ", 2)[0];
    }

    /** A sentence by which a reader can tell a quiet host from a busy one. */
    static String load(String before) throws IOException {
        return "The host has %d CPUs; its load average was %s before and %s after."
                .formatted(Runtime.getRuntime().availableProcessors(), before, loadAverage());
    }

    /** QEMU, or null with a message where it is not installed. */
    static Vmm.@Nullable Qemu qemu(PrintWriter err) {
        Vmm.Qemu qemu = Vmm.Qemu.find(System.getenv("PATH"));
        if (qemu == null) {
            err.printf(
                    "TCG is left out: there is no %s in the PATH (Debian: qemu-system-x86)%n",
                    Vmm.Qemu.PROGRAM);
        }
        return qemu;
    }
}
