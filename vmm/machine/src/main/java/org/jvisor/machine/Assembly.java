package org.jvisor.machine;

import org.jvisor.vmm.api.Accelerator;
import org.jvisor.vmm.api.GuestMemory;

/** The parts of one machine, put together from its blueprint, and their common end. */
@SuppressWarnings({"UnusedMethod", "DoNotCallSuggester"})
final class Assembly implements AutoCloseable {
    private final Accelerator accelerator;
    private final GuestMemory memory;
    private final Board board;
    private final Lifecycle lifecycle;

    private Assembly(
            Accelerator accelerator, GuestMemory memory, Board board, Lifecycle lifecycle) {
        this.accelerator = accelerator;
        this.memory = memory;
        this.board = board;
        this.lifecycle = lifecycle;
    }

    static Assembly assemble(Machine.Blueprint blueprint) {
        throw new MachineException(
                MachineException.Kind.HOST, "no accelerator for " + blueprint.config().name());
    }

    Accelerator accelerator() {
        return accelerator;
    }

    GuestMemory memory() {
        return memory;
    }

    Board board() {
        return board;
    }

    Lifecycle lifecycle() {
        return lifecycle;
    }

    @Override
    public void close() {
        lifecycle.close();
        accelerator.close();
    }
}
