package org.jvisor.vmm.api.pci;

import org.jvisor.vmm.api.IrqLine;

/**
 * A function's interrupt pin: what the function asks for, and what of it the guest lets through. It
 * has a monitor of its own, taken last of all, so that a device's threads can drive it whatever
 * they hold.
 */
final class IntxPin {
    private IrqLine line = IrqLine.NONE;
    private boolean asserted;
    private boolean disabled;

    synchronized void connect(IrqLine to) {
        line = to;
    }

    /** Takes the line back: it is low from now on, whatever is asked for. */
    synchronized void disconnect() {
        line.set(false);
        line = IrqLine.NONE;
    }

    synchronized void set(boolean level) {
        asserted = level;
        line.set(asserted && !disabled);
    }

    /** By the command register, or because MSI-X is in use. */
    synchronized void disable(boolean off) {
        disabled = off;
        line.set(asserted && !disabled);
    }

    /** The interrupt status bit: it shows the request even while it is disabled. */
    synchronized boolean asserted() {
        return asserted;
    }
}
