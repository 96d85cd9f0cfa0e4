package org.jvisor.machine;

import org.jvisor.vmm.api.Bus;
import org.jvisor.vmm.api.IoRegion;

/** The ISA debug-exit port: a write ends the machine with an exit status made of the value. */
final class DebugExitPort implements IoRegion {
    private static final int PORT = 0xf4;

    private final Lifecycle lifecycle;

    private DebugExitPort(Lifecycle lifecycle) {
        this.lifecycle = lifecycle;
    }

    static void attach(Bus ports, Lifecycle lifecycle) {
        ports.map(PORT, 4, new DebugExitPort(lifecycle));
    }

    @Override
    public long read(long offset, int size) {
        return 0;
    }

    @Override
    public void write(long offset, int size, long value) {
        lifecycle.requestEnd(new MachineExit.DebugExit(((int) value << 1 | 1) & 0xff));
    }
}
