package org.jvisor.virtio.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.jvisor.virtio.Features;
import org.jvisor.virtio.VirtioDevice;
import org.jvisor.virtio.queue.RingAddresses;

/**
 * A driver that runs a device through its registers, as a guest's does. Closing it closes the
 * device. Used by one thread at a time.
 *
 * <p>A test makes one on each {@link Transport} and in each ring format: see {@link Setup}.
 */
public final class GuestDriver implements AutoCloseable {
    /** Bits of the status register. */
    public static final int ACKNOWLEDGE = 1, DRIVER = 2, DRIVER_OK = 4, FEATURES_OK = 8;

    /** More bits of the status register. */
    public static final int NEEDS_RESET = 64, FAILED = 128;

    /** How long a test waits for what must come, before it fails. */
    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(30);

    private final GuestRam ram;
    private final VirtioDevice device;
    private final Transport transport;
    private final Registers registers;
    private final GuestQueue[] queues;
    private int configInterrupts;
    private boolean indirect;
    private long features;

    /** How a device is reached and interrupts. */
    public enum Transport {
        /** Registers and a line. */
        MMIO,
        /** PCI with a vector for each queue. */
        PCI,
        /** PCI with its interrupt pin. */
        PCI_INTX
    }

    /** The combinations every device is tested with. */
    public enum Setup {
        /** MMIO, split rings. */
        MMIO_SPLIT(Transport.MMIO, Features.RING_EVENT_IDX | Features.RING_INDIRECT_DESC),
        /** MMIO, packed rings without any option. */
        MMIO_PACKED(Transport.MMIO, Features.RING_PACKED),
        /** PCI, split rings without any option. */
        PCI_SPLIT(Transport.PCI, 0),
        /** PCI, packed rings. */
        PCI_PACKED(
                Transport.PCI,
                Features.RING_PACKED | Features.RING_EVENT_IDX | Features.RING_INDIRECT_DESC),
        /** PCI's pin, split rings with event index. */
        INTX_SPLIT(Transport.PCI_INTX, Features.RING_EVENT_IDX),
        /** PCI, split rings with indirect tables. */
        PCI_SPLIT_INDIRECT(Transport.PCI, Features.RING_EVENT_IDX | Features.RING_INDIRECT_DESC),
        /** MMIO, packed rings with indirect tables. */
        MMIO_PACKED_INDIRECT(
                Transport.MMIO,
                Features.RING_PACKED | Features.RING_EVENT_IDX | Features.RING_INDIRECT_DESC);

        /** The transport. */
        public final Transport transport;

        /** The features of the rings. */
        public final long rings;

        Setup(Transport transport, long rings) {
            this.transport = transport;
            this.rings = rings;
        }
    }

    /** Makes a driver of a device that is nowhere yet. */
    public GuestDriver(VirtioDevice device, GuestRam ram, Transport transport) {
        this.device = device;
        this.ram = ram;
        this.transport = transport;
        registers =
                transport == Transport.MMIO
                        ? new MmioRegisters(device, ram.memory())
                        : new PciRegisters(device, ram.memory(), transport == Transport.PCI);
        queues = new GuestQueue[device.queues()];
    }

    /**
     * Makes a driver and starts the device with all its queues.
     *
     * @param features those of the device that the driver takes
     */
    public static GuestDriver start(VirtioDevice device, GuestRam ram, Setup setup, long features) {
        GuestDriver driver = new GuestDriver(device, ram, setup.transport);
        driver.indirect = setup.name().endsWith("INDIRECT");
        driver.start(features | setup.rings);
        return driver;
    }

    /** Resets the device, negotiates and sets all queues up with at most 64 descriptors. */
    public void start(long features) {
        negotiate(features);
        for (int i = 0; i < queues.length; i++) {
            setUp(i, Math.min(64, queueSizeMax(i)));
        }
        driverOk();
    }

    /** Steps 1 to 6 of virtio 1.2 §3.1.1: up to and with FEATURES_OK. */
    public void negotiate(long features) {
        long chosen = features | Features.VERSION_1;
        reset();
        registers.setStatus(ACKNOWLEDGE);
        registers.setStatus(ACKNOWLEDGE | DRIVER);
        registers.setDriverFeatures(chosen);
        registers.setStatus(ACKNOWLEDGE | DRIVER | FEATURES_OK);
        assertThat(registers.status() & FEATURES_OK).isNotZero();
        this.features = chosen;
    }

    /** Resets the device and waits until that is complete. */
    public void reset() {
        registers.setStatus(0);
        long deadline = System.nanoTime() + PATIENCE;
        while (registers.status() != 0) {
            if (deadline - System.nanoTime() < 0) {
                throw new AssertionError(device.name() + " was not reset");
            }
            Thread.onSpinWait();
        }
    }

    /** Sets up one queue; step 7. */
    public GuestQueue setUp(int queue, int size) {
        return setUp(queue, size, features);
    }

    /** Sets up one queue in the format of {@code features}, whether they are negotiated or not. */
    public GuestQueue setUp(int queue, int size, long features) {
        GuestQueue made = GuestQueue.make(ram, size, features);
        made.useIndirect(indirect);
        registers.setUpQueue(queue, made.addresses());
        queues[queue] = made;
        return made;
    }

    /** Tells the device of a queue without making one. */
    public void setUpAt(int queue, RingAddresses addresses) {
        registers.setUpQueue(queue, addresses);
    }

    /** Sets DRIVER_OK; step 8. */
    public void driverOk() {
        registers.setStatus(ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
    }

    /** The largest size of a queue; 0 if there is none. */
    public int queueSizeMax(int queue) {
        return registers.queueSizeMax(queue);
    }

    /** A queue that was set up. */
    public GuestQueue queue(int index) {
        return queues[index];
    }

    /** A queue, or null if it was never set up. */
    public @Nullable GuestQueue queueOrNull(int index) {
        return queues[index];
    }

    /** Makes a chain available and notifies the device if it wants that. */
    public int send(int queue, Buffer... buffers) {
        int id = queues[queue].add(buffers);
        kickIfWanted(queue);
        return id;
    }

    /** Makes a chain available and waits for it; the only one in flight in its queue. */
    public GuestQueue.Used request(int queue, Buffer... buffers) {
        int id = send(queue, buffers);
        GuestQueue.Used used = await(queue);
        assertThat(used.id()).isEqualTo(id);
        return used;
    }

    /** Notifies the device of a queue if it wants that. */
    public void kickIfWanted(int queue) {
        if (queues[queue].wantsKick()) {
            registers.kick(queue);
        }
    }

    /** Notifies the device of a queue. */
    public void kick(int queue) {
        registers.kick(queue);
    }

    /** Waits for the next used chain, by interrupt. */
    public GuestQueue.Used await(int queue) {
        long deadline = System.nanoTime() + PATIENCE;
        while (true) {
            GuestQueue.Used used = queues[queue].poll();
            if (used != null) {
                return used;
            }
            if (!queues[queue].enableInterrupts()) {
                takeInterrupt(deadline, "a used buffer in queue " + queue);
            }
        }
    }

    /** Waits for a configuration change interrupt that was not waited for yet. */
    public void awaitConfigChange() {
        long deadline = System.nanoTime() + PATIENCE;
        while (configInterrupts == 0) {
            takeInterrupt(deadline, "a configuration change");
        }
        configInterrupts = 0;
    }

    /** Waits until the device says that it needs a reset. */
    public void awaitNeedsReset() {
        while ((status() & NEEDS_RESET) == 0) {
            awaitConfigChange();
        }
    }

    private void takeInterrupt(long deadline, String what) {
        int bits;
        try {
            bits = registers.awaitInterrupt(deadline - System.nanoTime());
        } catch (InterruptedException e) {
            throw new AssertionError("interrupted", e);
        }
        if (bits == 0) {
            throw new AssertionError(
                    "no interrupt for %s from %s; status %#x, failure '%s'"
                            .formatted(what, device.name(), status(), failure()));
        }
        if ((bits & 2) != 0) {
            configInterrupts++;
        }
    }

    /** The status register. */
    public int status() {
        return registers.status();
    }

    /** Writes the status register. */
    public void setStatus(int status) {
        registers.setStatus(status);
    }

    /** What the device offers. */
    public long deviceFeatures() {
        return registers.deviceFeatures();
    }

    /** Writes the driver's features. */
    public void setDriverFeatures(long chosen) {
        registers.setDriverFeatures(chosen);
    }

    /** Reads configuration space. */
    public long readConfig(int offset, int size) {
        return registers.readConfig(offset, size);
    }

    /** Writes configuration space. */
    public void writeConfig(int offset, int size, long value) {
        registers.writeConfig(offset, size, value);
    }

    /** The configuration generation. */
    public int generation() {
        return registers.generation();
    }

    /** Why the device needs a reset. */
    public String failure() {
        return registers.failure();
    }

    /** Reads the transport's window anywhere. */
    public long peek(long offset, int size) {
        return registers.peek(offset, size);
    }

    /** Writes the transport's window anywhere. */
    public void poke(long offset, int size, long value) {
        registers.poke(offset, size, value);
    }

    /** Bytes of the transport's window. */
    public int window() {
        return registers.window();
    }

    /** Reads the configuration space of a PCI function anywhere; nothing on MMIO. */
    public long peekFunction(int offset, int size) {
        return registers.peekFunction(offset, size);
    }

    /** Writes the configuration space of a PCI function anywhere. */
    public void pokeFunction(int offset, int size, long value) {
        registers.pokeFunction(offset, size, value);
    }

    /** Has the registers of a PCI function be where a driver looks for them. */
    public void recover() {
        registers.recover();
    }

    /** Pauses the machine, as far as the device is concerned. */
    public void pause() {
        registers.pause();
    }

    /** Resumes the machine. */
    public void resume() {
        registers.resume();
    }

    /**
     * Saves the paused device, closes it, and restores it as another one, which is left paused.
     *
     * @param to a new device like this one; the driver that is returned owns it
     * @return a driver that goes on with the same queues
     */
    public GuestDriver migrate(VirtioDevice to) throws IOException {
        byte[] saved = save();
        GuestDriver moved = new GuestDriver(to, ram, transport);
        byte[] before = ram.snapshot();
        close();
        moved.registers.restore(new DataInputStream(new ByteArrayInputStream(saved)));
        assertThat(ram.snapshot()).isEqualTo(before);
        System.arraycopy(queues, 0, moved.queues, 0, queues.length);
        moved.features = features;
        moved.indirect = indirect;
        return moved;
    }

    /** The state of the paused device. */
    public byte[] save() throws IOException {
        ByteArrayOutputStream saved = new ByteArrayOutputStream();
        registers.save(new DataOutputStream(saved));
        return saved.toByteArray();
    }

    /** Pulls the device out and closes it. */
    @Override
    public void close() {
        registers.close();
    }
}
