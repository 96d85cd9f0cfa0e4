package org.jvisor.machine.device;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.jvisor.vmm.api.Bus;
import org.jvisor.vmm.api.IoRegion;
import org.jvisor.vmm.api.IrqLine;

/**
 * One PCI function (PCI Local Bus 3.0 chapter 6, PCI Express 3.0 chapter 7): its configuration
 * space with write masks, BARs, capabilities and interrupt pin. Subclasses describe themselves in
 * their constructor and follow writes through {@link #configWritten}. The host bridge's monitor
 * guards it.
 */
public abstract class PciFunction {
    /** Offsets in configuration space. */
    protected static final int COMMAND = 0x04, STATUS = 0x06, HEADER_TYPE = 0x0e, BAR0 = 0x10;

    private static final int REVISION = 0x08, SUBSYSTEM = 0x2c, CAPABILITIES = 0x34;
    private static final int INTERRUPT_LINE = 0x3c, INTERRUPT_PIN = 0x3d;
    private static final int COMMAND_IO = 1, COMMAND_MEMORY = 2, COMMAND_MASTER = 4;
    private static final int COMMAND_INTX_DISABLE = 1 << 10;
    private static final int COMMAND_WRITABLE =
            COMMAND_IO
                    | COMMAND_MEMORY
                    | COMMAND_MASTER
                    | 1 << 6 // parity error response
                    | 1 << 8 // SERR# enable
                    | COMMAND_INTX_DISABLE;
    private static final int STATUS_INTX = 1 << 3, STATUS_CAPABILITIES = 1 << 4;

    private static final int CONFIG_SIZE = 4096;
    private static final int LEGACY_SIZE = 256;
    private static final int BARS = 6;

    private final byte[] config = new byte[CONFIG_SIZE];
    private final byte[] writable = new byte[CONFIG_SIZE];
    private final byte[] initial = new byte[CONFIG_SIZE];
    private final @Nullable PciBar[] bars = new PciBar[BARS];
    private int nextCapability = 0x40;
    private int lastCapability = CAPABILITIES;

    private IrqLine intx = IrqLine.NONE;
    private boolean interruptAsserted;
    private boolean plugged;

    /**
     * Describes a function of header type 0.
     *
     * @param classCode base class, sub-class and programming interface, 24 bits
     */
    protected PciFunction(int vendor, int device, int classCode, int revision) {
        put(0, 2, vendor);
        put(2, 2, device);
        put(REVISION, 4, classCode << 8 | revision & 0xff);
        allowWrites(COMMAND, 2, COMMAND_WRITABLE);
        allowWrites(0x0c, 1, 0xff); // cache line size
        allowWrites(INTERRUPT_LINE, 1, 0xff);
    }

    // ---- Description, for constructors

    /** Sets the subsystem IDs. */
    protected final void subsystem(int vendor, int device) {
        put(SUBSYSTEM, 4, device << 16 | vendor & 0xffff);
    }

    /** Says that the function uses an interrupt pin: 1 for INTA# to 4 for INTD#. */
    protected final void interruptPin(int pin) {
        put(INTERRUPT_PIN, 1, pin);
    }

    /**
     * Adds a memory BAR.
     *
     * @param index 0 to 5; a 64-bit BAR takes the next one as well
     * @param size bytes, a power of two of at least 16
     */
    protected final void memoryBar(
            int index, long size, boolean wide, boolean prefetchable, IoRegion region) {
        bars[index] = PciBar.memory(size, wide, prefetchable, region);
        initialiseBar(index);
    }

    /**
     * Adds an I/O BAR.
     *
     * @param index 0 to 5
     * @param size ports, a power of two from 4 to 256
     */
    protected final void ioBar(int index, int size, IoRegion region) {
        bars[index] = PciBar.io(size, region);
        initialiseBar(index);
    }

    private void initialiseBar(int index) {
        PciBar bar = bars[index];
        if (bar != null) {
            int size = bar.wide() ? 8 : 4;
            put(BAR0 + index * 4, size, bar.flags());
            allowWrites(BAR0 + index * 4, size, bar.addressMask());
        }
    }

    /**
     * Adds a capability at the end of the list.
     *
     * @param length bytes in all, the ID and the link included
     * @return its offset; the bytes after the first two are the caller's to {@link #put}
     */
    protected final int capability(int id, int length) {
        int offset = nextCapability;
        if (offset + length > LEGACY_SIZE) {
            throw new IllegalArgumentException(
                    "capability %#x of %d bytes does not fit at %#x".formatted(id, length, offset));
        }
        put(offset, 2, id);
        put(lastCapability == CAPABILITIES ? CAPABILITIES : lastCapability + 1, 1, offset);
        put(STATUS, 2, get(STATUS, 2) | STATUS_CAPABILITIES);
        lastCapability = offset;
        nextCapability = offset + length + 3 & ~3;
        return offset;
    }

    /** Sets read-only or initial bits; after construction, what the function itself changes. */
    protected final void put(int offset, int size, long value) {
        for (int i = 0; i < size; i++) {
            config[offset + i] = (byte) (value >>> i * 8);
            if (!plugged) {
                initial[offset + i] = config[offset + i];
            }
        }
    }

    /** Makes the bits set in {@code mask} writable by the guest. */
    protected final void allowWrites(int offset, int size, long mask) {
        for (int i = 0; i < size; i++) {
            writable[offset + i] = (byte) (mask >>> i * 8);
        }
    }

    /** A value from configuration space. */
    protected final long get(int offset, int size) {
        long value = 0;
        for (int i = 0; i < size; i++) {
            value |= (config[offset + i] & 0xffL) << i * 8;
        }
        return value;
    }

    // ---- For subclasses at run time

    /** Called after the guest wrote {@code size} bytes at {@code offset}; does nothing here. */
    protected void configWritten(int offset, int size) {}

    /** Called on reset, after configuration space went back to what was described. */
    protected void functionReset() {}

    /** Whether the guest lets the function read and write memory. */
    public final boolean busMaster() {
        return (config[COMMAND] & COMMAND_MASTER) != 0;
    }

    /** Drives the function's interrupt pin. Guarded as everything else here. */
    protected final void interrupt(boolean asserted) {
        interruptAsserted = asserted;
        updateInterrupt();
    }

    private void updateInterrupt() {
        config[STATUS] =
                (byte)
                        (interruptAsserted
                                ? config[STATUS] | STATUS_INTX
                                : config[STATUS] & ~STATUS_INTX);
        intx.set(interruptAsserted && (get(COMMAND, 2) & COMMAND_INTX_DISABLE) == 0);
    }

    // ---- For the host bridge

    final void plug(IrqLine line) {
        intx = line;
        plugged = true;
    }

    /** The interrupt pin, 0 for none. */
    final int pin() {
        return config[INTERRUPT_PIN];
    }

    final void setMultifunction() {
        config[HEADER_TYPE] |= (byte) 0x80;
        initial[HEADER_TYPE] |= (byte) 0x80;
    }

    final long readConfig(int offset, int size) {
        return offset + size <= CONFIG_SIZE ? get(offset, size) : -1;
    }

    final void writeConfig(int offset, int size, long value, Bus ports, Bus mmio) {
        if (offset + size > CONFIG_SIZE) {
            return;
        }
        for (int i = 0; i < size; i++) {
            int at = offset + i;
            int bits = (int) (value >>> i * 8);
            config[at] = (byte) (config[at] & ~writable[at] | bits & writable[at]);
        }
        if (offset < BAR0 + 4 * BARS && offset + size > COMMAND) {
            updateBars(ports, mmio);
            updateInterrupt();
        }
        configWritten(offset, size);
    }

    final void reset(Bus ports, Bus mmio) {
        System.arraycopy(initial, 0, config, 0, CONFIG_SIZE);
        updateBars(ports, mmio);
        interrupt(false);
        functionReset();
    }

    private void updateBars(Bus ports, Bus mmio) {
        int command = (int) get(COMMAND, 2);
        for (int i = 0; i < BARS; i++) {
            PciBar bar = bars[i];
            if (bar != null) {
                boolean decodes = (command & (bar.isIo() ? COMMAND_IO : COMMAND_MEMORY)) != 0;
                long base = get(BAR0 + i * 4, bar.wide() ? 8 : 4) & bar.addressMask();
                bar.place(decodes, base, bar.isIo() ? ports : mmio);
            }
        }
    }

    final void unplug(Bus ports, Bus mmio) {
        for (PciBar bar : bars) {
            if (bar != null) {
                bar.place(false, 0, bar.isIo() ? ports : mmio);
            }
        }
        intx.set(false);
    }

    // ---- State

    final void save(DataOutput out) throws IOException {
        out.write(config);
        out.writeBoolean(interruptAsserted);
    }

    final void restore(DataInput in, Bus ports, Bus mmio) throws IOException {
        byte[] saved = new byte[CONFIG_SIZE];
        in.readFully(saved);
        for (int i = 0; i < 4; i++) {
            if (saved[i] != config[i]) {
                throw new IOException(
                        "the saved state has another PCI function (%02x%02x:%02x%02x) where this machine has %04x:%04x: give it the same devices"
                                .formatted(
                                        saved[1], saved[0], saved[3], saved[2], get(0, 2),
                                        get(2, 2)));
            }
        }
        System.arraycopy(saved, 0, config, 0, CONFIG_SIZE);
        interruptAsserted = in.readBoolean();
        updateBars(ports, mmio);
        updateInterrupt();
        configWritten(0, CONFIG_SIZE);
    }
}
