package org.jvisor.machine.device;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.function.IntConsumer;
import org.jvisor.vmm.api.Bus;
import org.jvisor.vmm.api.Device;
import org.jvisor.vmm.api.IoRegion;

/**
 * A port by which a test guest ends its machine with an exit status: writing {@code v} asks for
 * {@code (v << 1) | 1}, which is never 0.
 */
public final class DebugExit implements Device, IoRegion {
    /** The port. */
    public static final int PORT = 0xf4;

    private final IntConsumer exit;

    /**
     * Makes the port.
     *
     * @param exit takes the status, 1 to 511; called on the vCPU's thread, must not block
     */
    public DebugExit(IntConsumer exit) {
        this.exit = exit;
    }

    /** Maps ports 0xf4 to 0xf7. */
    public void attach(Bus ports) {
        ports.map(PORT, 4, this);
    }

    @Override
    public String name() {
        return "debug-exit";
    }

    @Override
    public long read(long offset, int size) {
        return 0;
    }

    @Override
    public void write(long offset, int size, long value) {
        if (offset == 0) {
            exit.accept((int) (value & 0xff) << 1 | 1);
        }
    }

    @Override
    public void reset() {}

    @Override
    public void save(DataOutput out) throws IOException {
        SavedState.begin(out, 1);
    }

    @Override
    public void restore(DataInput in) throws IOException {
        SavedState.expect(in, name(), 1);
    }
}
