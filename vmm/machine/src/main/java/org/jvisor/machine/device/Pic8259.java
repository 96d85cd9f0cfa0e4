package org.jvisor.machine.device;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.jvisor.vmm.api.Bus;
import org.jvisor.vmm.api.Device;
import org.jvisor.vmm.api.IrqLine;

/**
 * The PC's pair of 8259A interrupt controllers, the slave on the master's input 2, with the
 * edge/level registers of the PCI era at 0x4d0.
 */
public final class Pic8259 implements Device {
    private static final int VERSION = 1;
    private static final int CASCADE = 2;

    private final Object lock;
    private final IrqLine intr;
    private final Pic8259Chip master = new Pic8259Chip(CASCADE, 0xf8);
    private final Pic8259Chip slave = new Pic8259Chip(-1, 0xde);

    /** The level of INTR; read without the lock by an APIC that decides whether to ask. */
    private volatile boolean output;

    /**
     * Makes the pair.
     *
     * @param lock the monitor that guards it, shared with the other interrupt controllers
     * @param intr its output, driven with {@code lock} held
     */
    Pic8259(Object lock, IrqLine intr) {
        this.lock = lock;
        this.intr = intr;
    }

    /** Maps ports 0x20, 0x21, 0xa0, 0xa1, 0x4d0 and 0x4d1. */
    void attach(Bus ports) {
        ports.map(0x20, 2, new ChipPorts(master));
        ports.map(0xa0, 2, new ChipPorts(slave));
        ports.map(0x4d0, 2, new ElcrPorts());
    }

    @Override
    public String name() {
        return "pic";
    }

    @Override
    public void reset() {
        synchronized (lock) {
            master.reset();
            slave.reset();
            update();
        }
    }

    /**
     * Drives an interrupt request input.
     *
     * @param irq 0 to 15, but not 2
     */
    void setInput(int irq, boolean high) {
        synchronized (lock) {
            (irq < 8 ? master : slave).setInput(irq & 7, high);
            update();
        }
    }

    /** Whether INTR is asserted. */
    boolean output() {
        return output;
    }

    /** Answers the CPU's INTA cycles: the vector; the spurious one when the request is gone. */
    int acknowledge() {
        synchronized (lock) {
            int vector;
            int input = master.request();
            if (input == CASCADE) {
                master.acknowledge(CASCADE);
                int second = slave.request();
                if (second >= 0) {
                    slave.acknowledge(second);
                    vector = slave.vector(second);
                } else {
                    vector = slave.vector(7);
                }
            } else if (input >= 0) {
                master.acknowledge(input);
                vector = master.vector(input);
            } else {
                vector = master.vector(7);
            }
            update();
            return vector;
        }
    }

    private void update() {
        master.setInput(CASCADE, slave.request() >= 0);
        boolean level = master.request() >= 0;
        if (level != output) {
            output = level;
            intr.set(level);
        }
    }

    private final class ChipPorts extends ByteRegion {
        private final Pic8259Chip chip;

        ChipPorts(Pic8259Chip chip) {
            this.chip = chip;
        }

        @Override
        int readByte(int offset) {
            synchronized (lock) {
                int value = chip.read(offset);
                update(); // a poll acknowledges
                return value;
            }
        }

        @Override
        void writeByte(int offset, int value) {
            synchronized (lock) {
                chip.write(offset, value);
                update();
            }
        }
    }

    private final class ElcrPorts extends ByteRegion {
        @Override
        int readByte(int offset) {
            synchronized (lock) {
                return (offset == 0 ? master : slave).readElcr();
            }
        }

        @Override
        void writeByte(int offset, int value) {
            synchronized (lock) {
                (offset == 0 ? master : slave).writeElcr(value);
                update();
            }
        }
    }

    @Override
    public void save(DataOutput out) throws IOException {
        synchronized (lock) {
            SavedState.begin(out, VERSION);
            master.save(out);
            slave.save(out);
        }
    }

    @Override
    public void restore(DataInput in) throws IOException {
        synchronized (lock) {
            SavedState.expect(in, name(), VERSION);
            master.restore(in);
            slave.restore(in);
            update();
        }
    }
}
