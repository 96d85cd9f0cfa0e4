package org.jvisor.virtio.transport;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.jvisor.virtio.VirtioDevice;
import org.jvisor.vmm.api.Device;
import org.jvisor.vmm.api.Doorbells;
import org.jvisor.vmm.api.GuestMemory;
import org.jvisor.vmm.api.IoRegion;
import org.jvisor.vmm.api.IrqLine;

/**
 * A virtio device behind a window of registers, with one interrupt line (virtio 1.2 §4.2, version
 * 2). Control registers answer aligned accesses of 32 bits only; configuration space answers any.
 */
public final class VirtioMmio implements IoRegion, Device {
    /** Bytes of the window: the control registers and up to 256 bytes of configuration space. */
    public static final int SIZE = 0x200;

    /** Offsets of the registers (§4.2.2). */
    private static final int MAGIC_VALUE = 0x00, VERSION = 0x04, DEVICE_ID = 0x08, VENDOR_ID = 0x0c;

    private static final int DEVICE_FEATURES = 0x10, DEVICE_FEATURES_SEL = 0x14;
    private static final int DRIVER_FEATURES = 0x20, DRIVER_FEATURES_SEL = 0x24;
    private static final int QUEUE_SEL = 0x30, QUEUE_NUM_MAX = 0x34, QUEUE_NUM = 0x38;
    private static final int QUEUE_READY = 0x44, QUEUE_NOTIFY = 0x50;
    private static final int INTERRUPT_STATUS = 0x60, INTERRUPT_ACK = 0x64, STATUS = 0x70;
    private static final int QUEUE_DESC_LOW = 0x80, QUEUE_DESC_HIGH = 0x84;
    private static final int QUEUE_DRIVER_LOW = 0x90, QUEUE_DRIVER_HIGH = 0x94;
    private static final int QUEUE_DEVICE_LOW = 0xa0, QUEUE_DEVICE_HIGH = 0xa4;
    private static final int SHM_LEN_LOW = 0xb0, SHM_BASE_HIGH = 0xbc;
    private static final int CONFIG_GENERATION = 0xfc, CONFIG = 0x100;
    private static final int MAGIC = 0x7472_6976, MMIO_VERSION = 2, VENDOR = 0x4d4d_564a;

    /** Bits of InterruptStatus. */
    private static final int USED_BUFFER = 1, CONFIG_CHANGE = 2;

    private final VirtioDevice device;
    private final VirtioCore core;
    private final IrqLine line;
    private final Object lineLock = new Object();
    private int interruptStatus;
    private final List<Doorbells.Registration> bells = new ArrayList<>();

    /**
     * Makes the window of a device, which it owns from then on.
     *
     * @param line level-triggered, active high
     * @param doorbells short cuts by offset in the window
     */
    public VirtioMmio(VirtioDevice device, GuestMemory memory, IrqLine line, Doorbells doorbells) {
        this.device = device;
        this.line = line;
        core =
                new VirtioCore(
                        device,
                        memory,
                        new Interrupts() {
                            @Override
                            public void queue(int queue) {
                                raise(USED_BUFFER);
                            }

                            @Override
                            public void config() {
                                raise(CONFIG_CHANGE);
                            }

                            @Override
                            public void forget() {
                                acknowledge(-1);
                            }
                        });
        for (int i = 0; i < core.queues(); i++) {
            int queue = i;
            bells.add(
                    doorbells.attach(
                            QUEUE_NOTIFY, 4, OptionalLong.of(i), () -> core.doorbell(queue)));
        }
    }

    /** The device behind the window. */
    public VirtioDevice device() {
        return device;
    }

    /** Why the device needs a reset; empty while it does not. */
    public String failure() {
        return core.failure();
    }

    private void raise(int bit) {
        synchronized (lineLock) {
            interruptStatus |= bit;
            line.set(true);
        }
    }

    private void acknowledge(int bits) {
        synchronized (lineLock) {
            interruptStatus &= ~bits;
            line.set(interruptStatus != 0);
        }
    }

    // ---- Registers

    @Override
    public long read(long offset, int size) {
        if (offset >= CONFIG) {
            return core.readConfig(offset - CONFIG, size);
        }
        if (size != 4 || (offset & 3) != 0) {
            return 0;
        }
        return switch ((int) offset) {
            case MAGIC_VALUE -> MAGIC;
            case VERSION -> MMIO_VERSION;
            case DEVICE_ID -> device.type();
            case VENDOR_ID -> VENDOR;
            case DEVICE_FEATURES -> core.deviceFeatures();
            case QUEUE_NUM_MAX -> queueNumMax();
            case QUEUE_READY -> queueReady();
            case INTERRUPT_STATUS -> interruptStatus();
            case STATUS -> core.status();
            case CONFIG_GENERATION -> core.generation();
            // §4.2.2: a length of -1 says that there is no such shared memory region.
            default -> offset >= SHM_LEN_LOW && offset <= SHM_BASE_HIGH ? -1 : 0;
        };
    }

    private int queueNumMax() {
        synchronized (core) {
            QueueState queue = core.queueState();
            return queue == null ? 0 : queue.maxSize;
        }
    }

    private int queueReady() {
        synchronized (core) {
            QueueState queue = core.queueState();
            return queue != null && queue.enabled ? 1 : 0;
        }
    }

    private int interruptStatus() {
        synchronized (lineLock) {
            return interruptStatus;
        }
    }

    @Override
    public void write(long offset, int size, long value) {
        if (offset >= CONFIG) {
            core.writeConfig(offset - CONFIG, size, value);
            return;
        }
        if (size != 4 || (offset & 3) != 0) {
            return;
        }
        int word = (int) value;
        boolean harmless =
                offset == QUEUE_NOTIFY || offset == INTERRUPT_ACK || offset == STATUS && word == 0;
        if (!harmless) {
            // Linux goes on after a reset without asking whether it is complete: it waits here.
            core.awaitReset();
        }
        switch ((int) offset) {
            case DEVICE_FEATURES_SEL -> core.selectDeviceFeatures(word);
            case DRIVER_FEATURES -> core.setDriverFeatures(word);
            case DRIVER_FEATURES_SEL -> core.selectDriverFeatures(word);
            case QUEUE_SEL -> core.selectQueue(word);
            case QUEUE_NUM -> core.setQueueSize(word);
            case QUEUE_READY -> setReady(word);
            case QUEUE_NOTIFY -> core.doorbell(word);
            case INTERRUPT_ACK -> acknowledge(word);
            case STATUS -> core.writeStatus(word);
            case QUEUE_DESC_LOW,
                    QUEUE_DESC_HIGH,
                    QUEUE_DRIVER_LOW,
                    QUEUE_DRIVER_HIGH,
                    QUEUE_DEVICE_LOW,
                    QUEUE_DEVICE_HIGH ->
                    setAddress((int) offset, word);
            default -> {
                // Read-only, or not there.
            }
        }
    }

    private void setReady(int value) {
        if ((value & 1) != 0) {
            core.enableQueue();
        } else {
            core.disableQueue();
        }
    }

    private void setAddress(int offset, int word) {
        synchronized (core) {
            QueueState queue = core.mutableQueue();
            if (queue == null) {
                return;
            }
            boolean high = (offset & 4) != 0;
            switch (offset & ~4) {
                case QUEUE_DESC_LOW -> queue.descriptors = half(queue.descriptors, high, word);
                case QUEUE_DRIVER_LOW -> queue.driver = half(queue.driver, high, word);
                default -> queue.device = half(queue.device, high, word);
            }
        }
    }

    /** {@code whole} with one of its halves replaced. */
    static long half(long whole, boolean high, int word) {
        return high
                ? whole & 0xffff_ffffL | (long) word << 32
                : whole & ~0xffff_ffffL | word & 0xffff_ffffL;
    }

    // ---- Device

    @Override
    public String name() {
        return device.name();
    }

    @Override
    public void reset() {
        core.reset();
    }

    /** Quiesces the device, for a paused machine: see {@link VirtioDevice#pause}. */
    public void pause() {
        core.pause();
    }

    /** Goes on after {@link #pause} or {@link #restore}. */
    public void resume() {
        core.resume();
    }

    @Override
    public void save(DataOutput out) throws IOException {
        out.writeByte(interruptStatus());
        core.save(out);
    }

    /** {@inheritDoc} The device is left paused until {@link #resume}. */
    @Override
    public void restore(DataInput in) throws IOException {
        int status = in.readUnsignedByte();
        core.restore(in);
        synchronized (lineLock) {
            interruptStatus = status & (USED_BUFFER | CONFIG_CHANGE);
            line.set(interruptStatus != 0);
        }
    }

    @Override
    public void close() {
        bells.forEach(Doorbells.Registration::close);
        core.close();
    }
}
