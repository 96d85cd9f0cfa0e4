package org.jvisor.machine.device;

import org.jvisor.vmm.api.CpuSignals;

/** A CPU that notes what its wires tell it. */
final class RecordingSignals implements CpuSignals {
    int interrupts;
    int nmis;
    int inits;
    int startupVector = -1;

    @Override
    public void interrupt() {
        interrupts++;
    }

    @Override
    public void nmi() {
        nmis++;
    }

    @Override
    public void init() {
        inits++;
    }

    @Override
    public void startup(int vector) {
        startupVector = vector;
    }
}
