package org.jvisor.machine.device;

import org.jvisor.vmm.api.IrqLine;

/** An interrupt input that remembers its level and counts rising edges. */
final class RecordingLine implements IrqLine {
    boolean asserted;
    int edges;

    @Override
    public synchronized void set(boolean level) {
        if (level && !asserted) {
            edges++;
        }
        asserted = level;
    }
}
