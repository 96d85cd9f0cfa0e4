package org.jvisor.benchmarks;

import java.util.Locale;

/**
 * A program of the suite.
 *
 * @param name in tables and on the command line
 * @param group that it counts in
 * @param reference whether it counts in the steady state's geometric mean
 * @param amount of a script's work at scale 1, in its own unit; 0 for a program of our own
 * @param prepare shell commands to run before the clock, or an empty string
 * @param script the shell commands to time; empty for a program of our own. In both scripts {@code
 *     AMOUNT} stands for the scaled amount.
 */
record Program(
        String name, Group group, boolean reference, long amount, String prepare, String script) {

    /** One that is compiled into the guest binary. */
    static Program own(String name, Group group, boolean reference) {
        return new Program(name, group, reference, 0, "", "");
    }

    /** Whether it is a shell script. */
    boolean scripted() {
        return !script.isEmpty();
    }

    /**
     * The shell line that runs it; {@code $GUEST} is the suite's binary, {@code $BUSYBOX} busybox,
     * {@code $SH} a shell and {@code $TMP} a folder to write in.
     */
    String command(double scale, int passes) {
        if (!scripted()) {
            return "$GUEST %s --scale %s --passes %d\n".formatted(name, number(scale), passes);
        }
        String scaled = Long.toString(Math.max(1, (long) (amount * scale)));
        String before = prepare.isEmpty() ? "" : prepare.replace("AMOUNT", scaled) + "\n";
        return before
                + "cat >$TMP/%s.sh <<'END'\n%s\nEND\n"
                        .formatted(name, script.replace("AMOUNT", scaled))
                + "$GUEST command %s --passes %d -- $SH $TMP/%s.sh\n".formatted(name, passes, name);
    }

    private static String number(double scale) {
        return String.format(Locale.ROOT, "%.6f", scale);
    }
}
