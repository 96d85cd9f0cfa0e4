package org.jvisor.machine.device;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.jvisor.vmm.api.Bus;
import org.jvisor.vmm.api.Device;

/**
 * Port 0x80, where firmware writes its progress and drivers write to pass about a microsecond, and
 * the unused DMA page registers around it, which are plain memory.
 */
public final class PostCodePort extends ByteRegion implements Device {
    private static final int BASE = 0x80;
    private static final int SIZE = 16;

    private final byte[] registers = new byte[SIZE];

    /** Maps ports 0x80 to 0x8f. */
    public void attach(Bus ports) {
        ports.map(BASE, SIZE, this);
    }

    /** The latest power-on self-test code, 0 to 255. */
    public synchronized int code() {
        return registers[0] & 0xff;
    }

    @Override
    synchronized int readByte(int offset) {
        return registers[offset];
    }

    @Override
    synchronized void writeByte(int offset, int value) {
        registers[offset] = (byte) value;
    }

    @Override
    public String name() {
        return "post-code";
    }

    @Override
    public synchronized void reset() {
        java.util.Arrays.fill(registers, (byte) 0);
    }

    @Override
    public synchronized void save(DataOutput out) throws IOException {
        SavedState.begin(out, 1);
        out.write(registers);
    }

    @Override
    public synchronized void restore(DataInput in) throws IOException {
        SavedState.expect(in, name(), 1);
        in.readFully(registers);
    }
}
