package org.jvisor.machine;

/** How a machine ended. */
public sealed interface MachineExit {
    /** The guest switched its power off. */
    record PowerOff() implements MachineExit {}

    /** The guest asked for a reset, and the machine is configured to stop then. */
    record Reset() implements MachineExit {}

    /**
     * The guest wrote the debug-exit port.
     *
     * @param status the process exit status it asks for: {@code (value << 1) | 1}, 1 to 255 odd
     */
    record DebugExit(int status) implements MachineExit {}

    /** Every CPU is halted and nothing can wake one: how a guest without a board ends. */
    record Halted() implements MachineExit {}

    /**
     * The guest cannot go on: a triple fault, an instruction the accelerator cannot run, an error
     * inside KVM.
     *
     * @param report what is known of it
     */
    record Crashed(CrashReport report) implements MachineExit {}

    /** The host stopped it. */
    record Stopped() implements MachineExit {}
}
