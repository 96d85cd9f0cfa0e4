package org.jvisor.benchmarks;

import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;

/** Which machines there are to measure. */
final class Machines {
    private Machines() {}

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
