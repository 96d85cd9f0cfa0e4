package org.jvisor.machine.device;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jvisor.vmm.api.Bus;
import org.jvisor.vmm.api.Device;
import org.jvisor.vmm.api.ManualClock;

/** Two buses and a clock to put a device under test on, and a guest's in and out. */
final class Board {
    static final long MILLISECOND = 1_000_000;
    static final long SECOND = 1_000_000_000;

    final Bus ports = new Bus("port I/O");
    final Bus mmio = new Bus("MMIO");
    final ManualClock clock;

    Board() {
        this(0);
    }

    Board(long epochMillis) {
        clock = new ManualClock(epochMillis);
    }

    int in(int port) {
        return (int) ports.read(port, 1);
    }

    void out(int port, int value) {
        ports.write(port, 1, value);
    }

    static byte[] save(Device device) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            device.save(new DataOutputStream(bytes));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    static void restore(Device device, byte[] state) throws IOException {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(state));
        device.restore(in);
        if (in.read() != -1) {
            throw new IOException(device.name() + " left part of its state unread");
        }
    }
}
