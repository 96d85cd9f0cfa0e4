package org.jvisor.machine.device;

import org.jvisor.vmm.api.IrqLine;

/**
 * One interrupt input with several drivers, wired-OR: it is asserted while any of them asserts its
 * own. Thread-safe.
 */
public final class SharedLine {
    private final IrqLine target;
    private int asserted;

    /**
     * Makes an input that nothing drives yet.
     *
     * @param target what to drive, called with this object's monitor held
     */
    public SharedLine(IrqLine target) {
        this.target = target;
    }

    /** A new driver of the input, deasserted. */
    public IrqLine driver() {
        return new Driver();
    }

    private final class Driver implements IrqLine {
        private boolean on;

        @Override
        public void set(boolean level) {
            synchronized (SharedLine.this) {
                if (level == on) {
                    return;
                }
                on = level;
                asserted += level ? 1 : -1;
                if (asserted == (level ? 1 : 0)) {
                    target.set(level);
                }
            }
        }
    }
}
