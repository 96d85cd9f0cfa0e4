package org.jvisor.emulator;

/** What the tests ask about the machine they run on, and their settings. */
final class Hosts {
    private static final long DEFAULT_SEED = 0x1e37_79b9;

    private Hosts() {}

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
