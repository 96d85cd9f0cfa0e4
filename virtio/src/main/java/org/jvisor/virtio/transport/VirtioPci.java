package org.jvisor.virtio.transport;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import org.jvisor.virtio.VirtioDevice;
import org.jvisor.vmm.api.Doorbells;
import org.jvisor.vmm.api.GuestMemory;
import org.jvisor.vmm.api.IoRegion;
import org.jvisor.vmm.api.pci.Msix;
import org.jvisor.vmm.api.pci.PciFunction;

/**
 * A virtio device as a PCI function (virtio 1.2 §4.1), modern only: vendor capabilities describe
 * where in a memory BAR the common configuration, the doorbells, the interrupt status and the
 * device's configuration space lie, and MSI-X has a vector for each queue and one for changes.
 */
public final class VirtioPci extends PciFunction {
    /** The most queues a device can have. */
    public static final int MAX_QUEUES = 64;

    private static final int VENDOR = 0x1af4, FIRST_DEVICE = 0x1040;

    /** BARs: MSI-X's and the one the structures are in, 64 bits wide. */
    private static final int MSIX_BAR = 1, BAR = 4;

    /** Where the structures are in the BAR, a page each. */
    private static final int COMMON = 0x0000, ISR = 0x1000, DEVICE = 0x2000, NOTIFY = 0x3000;

    private static final int PAGE = 0x1000, BAR_SIZE = 0x4000;
    private static final int NOTIFY_MULTIPLIER = 4;

    /** The vendor capability and its types (§4.1.4). */
    private static final int CAPABILITY_VENDOR = 0x09;

    private static final int COMMON_CFG = 1, NOTIFY_CFG = 2, ISR_CFG = 3, DEVICE_CFG = 4;
    private static final int PCI_CFG = 5;

    /** Offsets in a capability. */
    private static final int CAP_LENGTH = 2, CAP_TYPE = 3, CAP_BAR = 4, CAP_OFFSET = 8;

    private static final int CAP_SIZE = 12, CAP_DATA = 16;

    /** Bits of the interrupt status. */
    private static final int ISR_QUEUE = 1, ISR_CONFIG = 2;

    /** No vector. */
    static final int NO_VECTOR = 0xffff;

    private final VirtioDevice device;
    private final VirtioCore core;
    private final PciCommonConfig common;
    private final Msix msix;
    private final int window;

    /** Vectors by queue, and that of configuration changes; written with the core's monitor. */
    private final int[] queueVectors;

    private volatile int configVector = NO_VECTOR;

    private final Object isrLock = new Object();
    private int isr;
    private final List<Doorbells.Registration> bells = new ArrayList<>();

    /**
     * Makes the function of a device, which it owns from then on.
     *
     * @param memory the machine's
     */
    public VirtioPci(VirtioDevice device, GuestMemory memory) {
        super(VENDOR, FIRST_DEVICE + device.type(), classCode(device.type()), 1);
        this.device = device;
        core =
                new VirtioCore(
                        device,
                        memory,
                        new Interrupts() {
                            @Override
                            public void queue(int queue) {
                                raise(ISR_QUEUE, queueVectors()[queue]);
                            }

                            @Override
                            public void config() {
                                raise(ISR_CONFIG, configVector);
                            }

                            @Override
                            public void forget() {
                                forgetInterrupts();
                            }
                        });
        queueVectors = new int[core.queues()];
        Arrays.fill(queueVectors, NO_VECTOR);
        subsystem(VENDOR, FIRST_DEVICE + device.type());
        interruptPin(1);
        memoryBar(
                BAR,
                BAR_SIZE,
                true,
                true,
                new IoRegion() {
                    @Override
                    public long read(long offset, int size) {
                        return readBar((int) offset, size);
                    }

                    @Override
                    public void write(long offset, int size, long value) {
                        writeBar((int) offset, size, value);
                    }
                });
        msix = msix(MSIX_BAR, core.queues() + 1);
        common = new PciCommonConfig(core, this);
        structure(COMMON_CFG, 16, COMMON, PciCommonConfig.SIZE);
        structure(ISR_CFG, 16, ISR, 1);
        if (device.configSize() > 0) {
            structure(DEVICE_CFG, 16, DEVICE, device.configSize());
        }
        int notify = structure(NOTIFY_CFG, 20, NOTIFY, NOTIFY_MULTIPLIER * MAX_QUEUES);
        put(notify + CAP_DATA, 4, NOTIFY_MULTIPLIER);
        window = structure(PCI_CFG, 20, 0, 0);
        put(window + CAP_BAR, 1, 0);
        allowWrites(window + CAP_BAR, 1, 0xff);
        allowWrites(window + CAP_OFFSET, 4, -1);
        allowWrites(window + CAP_SIZE, 4, -1);
        allowWrites(window + CAP_DATA, 4, -1);
        for (int i = 0; i < core.queues(); i++) {
            int queue = i;
            bells.add(
                    doorbells(BAR)
                            .attach(
                                    NOTIFY + (long) i * NOTIFY_MULTIPLIER,
                                    0,
                                    OptionalLong.empty(),
                                    () -> core.doorbell(queue)));
        }
    }

    private static int classCode(int type) {
        return switch (type) {
            case 1 -> 0x02_0000; // network: Ethernet
            case 2 -> 0x01_8000; // mass storage: other
            case 3 -> 0x07_8000; // communication: other
            case 19 -> 0x02_8000; // network: other
            default -> 0xff_0000; // in no class
        };
    }

    private int structure(int type, int length, int offset, int size) {
        int at = capability(CAPABILITY_VENDOR, length);
        put(at + CAP_LENGTH, 1, length);
        put(at + CAP_TYPE, 1, type);
        put(at + CAP_BAR, 1, BAR);
        put(at + CAP_OFFSET, 4, offset);
        put(at + CAP_SIZE, 4, size);
        return at;
    }

    /** The device behind the function. */
    public VirtioDevice device() {
        return device;
    }

    /** Why the device needs a reset; empty while it does not. */
    public String failure() {
        return core.failure();
    }

    // ---- Interrupts

    private int[] queueVectors() {
        return queueVectors;
    }

    private void raise(int bit, int vector) {
        if (msix.enabled()) {
            if (vector != NO_VECTOR) {
                msix.trigger(vector);
            }
            return;
        }
        synchronized (isrLock) {
            isr |= bit;
            interrupt(true);
        }
    }

    /** Reading takes the bits back and lowers the line (§4.1.4.5). */
    private int takeIsr() {
        synchronized (isrLock) {
            int bits = isr;
            isr = 0;
            interrupt(false);
            return bits;
        }
    }

    int queueVector(int queue) {
        return queueVectors[queue];
    }

    int configVector() {
        return configVector;
    }

    void setQueueVector(int queue, int vector) {
        queueVectors[queue] = vector < msix.vectors() ? vector : NO_VECTOR;
    }

    void setConfigVector(int vector) {
        configVector = vector < msix.vectors() ? vector : NO_VECTOR;
    }

    /** After a reset by the driver or the machine. */
    private void forgetInterrupts() {
        Arrays.fill(queueVectors, NO_VECTOR);
        configVector = NO_VECTOR;
        takeIsr();
    }

    // ---- The BAR

    private long readBar(int offset, int size) {
        int at = offset & PAGE - 1;
        return switch (offset & -PAGE) {
            case COMMON -> common.read(at, size);
            case ISR -> at == 0 ? takeIsr() : 0;
            case DEVICE -> core.readConfig(at, size);
            default -> 0;
        };
    }

    private void writeBar(int offset, int size, long value) {
        int at = offset & PAGE - 1;
        switch (offset & -PAGE) {
            case COMMON -> common.write(at, size, value);
            case DEVICE -> core.writeConfig(at, size, value);
            case NOTIFY -> core.doorbell(at / NOTIFY_MULTIPLIER);
            default -> {
                // Read-only.
            }
        }
    }

    // ---- The window in configuration space (§4.1.4.9), for firmware that cannot map BARs

    @Override
    protected void configReading(int offset, int size) {
        int length = windowLength(offset, size);
        if (length > 0) {
            put(window + CAP_DATA, length, readBar((int) get(window + CAP_OFFSET, 4), length));
        }
    }

    @Override
    protected void configWritten(int offset, int size) {
        int length = windowLength(offset, size);
        if (length > 0) {
            long value = get(window + CAP_DATA, length);
            writeBar((int) get(window + CAP_OFFSET, 4), length, value);
        }
    }

    /** Bytes the window passes on for an access, or 0 if it does not touch it or it is not set. */
    private int windowLength(int offset, int size) {
        int data = window + CAP_DATA;
        if (size > 8 || offset >= data + 4 || offset + size <= data) {
            return 0;
        }
        long length = get(window + CAP_SIZE, 4);
        long at = get(window + CAP_OFFSET, 4);
        boolean good =
                get(window + CAP_BAR, 1) == BAR
                        && (length == 1 || length == 2 || length == 4)
                        && at % length == 0
                        && at + length <= BAR_SIZE;
        return good ? (int) length : 0;
    }

    // ---- Life

    @Override
    protected void functionReset() {
        core.reset();
    }

    @Override
    protected void functionRemoved() {
        core.reset();
    }

    /** Quiesces the device, for a paused machine: see {@link VirtioDevice#pause}. */
    public void pause() {
        core.pause();
    }

    /** Goes on after {@link #pause}, or after the function was restored. */
    public void resume() {
        core.resume();
    }

    /** Lets go of the device, its back end and its threads. May be called twice. */
    public void close() {
        bells.forEach(Doorbells.Registration::close);
        core.close();
    }

    @Override
    protected void functionSave(DataOutput out) throws IOException {
        for (int vector : queueVectors) {
            out.writeShort(vector);
        }
        out.writeShort(configVector);
        synchronized (isrLock) {
            out.writeByte(isr);
        }
        core.save(out);
    }

    @Override
    protected void functionRestore(DataInput in) throws IOException {
        int[] vectors = new int[queueVectors.length];
        for (int i = 0; i < vectors.length; i++) {
            vectors[i] = in.readUnsignedShort();
        }
        int forConfig = in.readUnsignedShort();
        int bits = in.readUnsignedByte();
        core.restore(in);
        for (int i = 0; i < vectors.length; i++) {
            setQueueVector(i, vectors[i]);
        }
        setConfigVector(forConfig);
        synchronized (isrLock) {
            isr = bits & (ISR_QUEUE | ISR_CONFIG);
            interrupt(isr != 0);
        }
    }
}
