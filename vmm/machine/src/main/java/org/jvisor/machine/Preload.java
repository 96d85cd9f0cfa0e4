package org.jvisor.machine;

/**
 * Loads, links and initializes ahead of time what making a machine needs: classes, native calls,
 * the table of instructions. For a program that has something else to do first, such as reading its
 * options, while another processor is idle; nothing depends on it.
 */
public final class Preload {
    /** The least memory a machine may have. */
    private static final long MEMORY = 1 << 20;

    /** Code that is never executed. */
    private static final byte[] HLT = {(byte) 0xf4};

    private Preload() {}

    /**
     * Makes a small machine with a software CPU and throws it away. On any thread, once or more.
     */
    public static void run() {
        try (Machine machine =
                Machine.builder()
                        .name("preload")
                        .memory(MEMORY)
                        .accelerator(AcceleratorKind.SOFTWARE)
                        .code(0, HLT)
                        .build()) {
            machine.state();
        } catch (MachineException e) {
            // The machine that is really wanted will tell what is wrong with this host.
        }
    }
}
