package org.jvisor.emulator;

/** Words for a bug of the emulator itself. */
final class CrashText {
    private CrashText() {}

    /** What went wrong and where, in a few lines. */
    static String describe(Cpu c, Throwable e) {
        StringBuilder text =
                new StringBuilder("internal error of the software CPU in the block before rip ");
        text.append("%#x: %s".formatted(c.rip, e));
        StackTraceElement[] trace = e.getStackTrace();
        for (int i = 0; i < Math.min(trace.length, 6); i++) {
            text.append(" at ").append(trace[i]);
        }
        return text.toString();
    }
}
