package org.jvisor.virtio.testing;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jvisor.virtio.VirtioDevice;
import org.jvisor.virtio.queue.RingAddresses;
import org.jvisor.virtio.transport.VirtioPci;
import org.jvisor.vmm.api.Bus;
import org.jvisor.vmm.api.Doorbells;
import org.jvisor.vmm.api.GuestMemory;
import org.jvisor.vmm.api.InterruptRoutes;
import org.jvisor.vmm.api.IrqLine;
import org.jvisor.vmm.api.pci.PciSlot;

/**
 * A driver of virtio-pci, which finds the structures by the capabilities, and takes interrupts by
 * MSI-X, a vector for each queue and the last for changes, or by the pin.
 */
final class PciRegisters implements Registers, PciSlot {
    private static final int COMMAND = 4, BAR0 = 0x10, CAPABILITIES = 0x34;
    private static final long BAR4_AT = 0x3_4000_0000L, MSIX_AT = 0xc000_0000L;
    private static final int NO_VECTOR = 0xffff;

    private final Bus ports = new Bus("port I/O");
    private final Bus mmio = new Bus("MMIO");
    private final VirtioPci function;
    private final boolean messages;
    private final int queues;

    /** Where the structures are, by type: guest-physical. */
    private final long[] structures = new long[6];

    private int multiplier;
    private boolean level;
    private int arrived;

    PciRegisters(VirtioDevice device, GuestMemory memory, boolean messages) {
        this.messages = messages;
        queues = device.queues();
        function = new VirtioPci(device, memory);
        function.plug(this);
        recover();
    }

    @Override
    public void recover() {
        function.writeConfig(COMMAND, 2, 0);
        function.writeConfig(BAR0 + 16, 4, BAR4_AT);
        function.writeConfig(BAR0 + 20, 4, BAR4_AT >>> 32);
        function.writeConfig(BAR0 + 4, 4, MSIX_AT);
        function.writeConfig(COMMAND, 2, 7);
        findStructures();
    }

    private void findStructures() {
        int at = config(CAPABILITIES, 1);
        while (at != 0) {
            if (config(at, 1) == 9) {
                int type = config(at + 3, 1);
                int bar = config(at + 4, 1);
                if (bar == 4) {
                    structures[type] = BAR4_AT + config(at + 8, 4);
                }
                if (type == 2) {
                    multiplier = config(at + 16, 4);
                }
            } else if (config(at, 1) == 0x11 && !messages) {
                function.writeConfig(at + 2, 2, 0);
            } else if (config(at, 1) == 0x11) {
                for (int i = 0; i <= queues; i++) {
                    mmio.write(MSIX_AT + i * 16L, 4, 0xfee0_0000L);
                    mmio.write(MSIX_AT + i * 16L + 8, 4, i);
                    mmio.write(MSIX_AT + i * 16L + 12, 4, 0);
                }
                function.writeConfig(at + 2, 2, 0x8000);
            }
            at = config(at + 1, 1);
        }
    }

    int config(int offset, int size) {
        return (int) function.readConfig(offset, size);
    }

    private long common(int offset, int size) {
        return mmio.read(structures[1] + offset, size);
    }

    private void common(int offset, int size, long value) {
        mmio.write(structures[1] + offset, size, value);
    }

    // ---- The slot

    @Override
    public Bus ports() {
        return ports;
    }

    @Override
    public Bus mmio() {
        return mmio;
    }

    @Override
    public IrqLine intx(int pin) {
        return this::line;
    }

    private synchronized void line(boolean asserted) {
        level = asserted;
        notifyAll();
    }

    @Override
    public InterruptRoutes interrupts() {
        return InterruptRoutes.through(this::message);
    }

    private synchronized void message(long address, int data) {
        arrived |= data == queues ? 2 : 1;
        notifyAll();
    }

    @Override
    public Doorbells doorbells() {
        return Doorbells.NONE;
    }

    // ---- Registers

    @Override
    public int status() {
        return (int) common(20, 1);
    }

    @Override
    public void setStatus(int status) {
        common(20, 1, status);
        if ((status & GuestDriver.ACKNOWLEDGE) != 0 && messages) {
            common(16, 2, queues);
        }
    }

    @Override
    public long deviceFeatures() {
        common(0, 4, 0);
        long low = common(4, 4);
        common(0, 4, 1);
        return low | common(4, 4) << 32;
    }

    @Override
    public void setDriverFeatures(long features) {
        common(8, 4, 0);
        common(12, 4, features & 0xffff_ffffL);
        common(8, 4, 1);
        common(12, 4, features >>> 32);
    }

    @Override
    public int queueSizeMax(int queue) {
        common(22, 2, queue);
        return (int) common(24, 2);
    }

    @Override
    public void setUpQueue(int queue, RingAddresses addresses) {
        common(22, 2, queue);
        common(24, 2, addresses.size());
        common(26, 2, messages ? queue : NO_VECTOR);
        common(32, 4, addresses.descriptors() & 0xffff_ffffL);
        common(36, 4, addresses.descriptors() >>> 32);
        common(40, 8, addresses.driver());
        common(48, 8, addresses.device());
        common(28, 2, 1);
    }

    @Override
    public void kick(int queue) {
        common(22, 2, queue);
        mmio.write(structures[2] + common(30, 2) * multiplier, 2, queue);
    }

    @Override
    public long readConfig(int offset, int size) {
        return mmio.read(structures[4] + offset, size);
    }

    @Override
    public void writeConfig(int offset, int size, long value) {
        mmio.write(structures[4] + offset, size, value);
    }

    @Override
    public int generation() {
        return (int) common(21, 1);
    }

    @Override
    public int awaitInterrupt(long nanos) throws InterruptedException {
        long deadline = System.nanoTime() + nanos;
        synchronized (this) {
            while (!level && arrived == 0) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    return 0;
                }
                TimeUnit.NANOSECONDS.timedWait(this, left);
            }
            if (messages) {
                int bits = arrived;
                arrived = 0;
                return bits;
            }
        }
        return (int) mmio.read(structures[3], 1);
    }

    /** Where the structures are now. */
    private long bar() {
        return function.readConfig(BAR0 + 16, 8) & -16;
    }

    @Override
    public void poke(long offset, int size, long value) {
        mmio.write(bar() + offset, size, value);
    }

    @Override
    public long peek(long offset, int size) {
        return mmio.read(bar() + offset, size);
    }

    @Override
    public void pokeFunction(int offset, int size, long value) {
        function.writeConfig(offset, size, value);
    }

    @Override
    public long peekFunction(int offset, int size) {
        return function.readConfig(offset, size);
    }

    @Override
    public int window() {
        return 0x4000;
    }

    @Override
    public void pause() {
        function.pause();
    }

    @Override
    public void resume() {
        function.resume();
    }

    @Override
    public void save(DataOutput out) throws IOException {
        function.save(out);
    }

    @Override
    public void restore(DataInput in) throws IOException {
        function.restore(in);
    }

    @Override
    public String failure() {
        return function.failure();
    }

    @Override
    public void close() {
        function.unplug();
        function.removed();
        function.close();
    }
}
