package org.jvisor.emulator;

import java.nio.file.Files;
import org.jvisor.kvm.Kvm;

/** What the tests ask about the machine they run on, and their settings. */
final class Hosts {
    private static final long DEFAULT_SEED = 0x1e37_79b9;

    /** Why tests on KVM are skipped. */
    static final String NO_KVM = "skipped: no /dev/kvm here that this user may open";

    private Hosts() {}

    /** Whether KVM can be used. */
    static boolean hasKvm() {
        return isX86() && Files.isReadable(Kvm.DEVICE) && Files.isWritable(Kvm.DEVICE);
    }

    /** Whether machine code of the guest can run in this process. */
    static boolean isX86() {
        return System.getProperty("os.arch").equals("amd64")
                && System.getProperty("os.name").equals("Linux");
    }

    /** The seed of generated tests: fixed, a number given, or {@code random}. */
    static long seed() {
        String text = System.getProperty("jvisor.diff.seed", "");
        if (text.equals("random")) {
            return System.nanoTime() * 0x9e37_79b9_7f4a_7c15L;
        }
        return text.isEmpty() ? DEFAULT_SEED : Long.decode(text);
    }
}
