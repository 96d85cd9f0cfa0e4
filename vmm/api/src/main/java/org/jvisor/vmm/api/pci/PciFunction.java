package org.jvisor.vmm.api.pci;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.jvisor.vmm.api.Doorbells;
import org.jvisor.vmm.api.IoRegion;

/**
 * One PCI function (PCI Local Bus 3.0 chapter 6, PCI Express 3.0 chapter 7): its configuration
 * space with write masks, BARs, capabilities and interrupts. Subclasses describe themselves in
 * their constructor and follow the guest through the hooks.
 *
 * <p>The host bridge calls it with a monitor held that guards configuration space, so one call at a
 * time; a subclass must not wait, in a hook, for a thread that may wait for that monitor.
 * Triggering interrupts and attaching doorbells takes monitors of their own and may be done from
 * any thread, whatever it holds.
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

    private final IntxPin intx = new IntxPin();
    private @Nullable Msix msix;
    private int msixControl;
    private @Nullable PciSlot slot;
    private boolean described;

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

    /** Gives the function an interrupt pin: 1 for INTA# to 4 for INTD#. */
    protected final void interruptPin(int pin) {
        put(INTERRUPT_PIN, 1, pin);
    }

    /**
     * Adds a memory BAR.
     *
     * @param index 0 to 5; a 64-bit BAR takes the next one as well
     * @param size bytes, a power of two of at least 16
     * @param region called on vCPU threads; a call may still be under way when the guest moves the
     *     BAR or the function is pulled out
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
            if (bar.wide() && (index == BARS - 1 || bars[index + 1] != null)) {
                throw new IllegalArgumentException(
                        "BAR %d has no room to be 64 bits wide".formatted(index));
            }
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

    /**
     * Adds MSI-X, whose table and pending bits take a memory BAR of their own.
     *
     * @param bar the BAR to take, 0 to 5
     * @param vectors 1 to {@link Msix#MAX_VECTORS}
     */
    protected final Msix msix(int bar, int vectors) {
        Msix made = new Msix(vectors);
        memoryBar(bar, made.barSize(), false, false, made.region);
        int at = capability(Msix.ID, Msix.LENGTH);
        msixControl = at + 2;
        put(msixControl, 2, vectors - 1);
        allowWrites(msixControl, 2, Msix.ENABLE | Msix.FUNCTION_MASK);
        put(at + 4, 4, bar);
        put(at + 8, 4, made.pendingOffset() | bar);
        msix = made;
        return made;
    }

    /**
     * Short cuts for doorbells in a memory BAR, by offset in it: they follow the BAR wherever the
     * guest moves it. Of any thread, before and after the function is plugged in.
     */
    protected final Doorbells doorbells(int index) {
        PciBar bar = bars[index];
        if (bar == null || bar.isIo()) {
            throw new IllegalArgumentException("there is no memory BAR " + index);
        }
        return bar.doorbells;
    }

    /** Sets read-only or initial bits; after construction, what the function itself changes. */
    protected final void put(int offset, int size, long value) {
        for (int i = 0; i < size; i++) {
            config[offset + i] = (byte) (value >>> i * 8);
            if (!described) {
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

    /**
     * Called before the guest reads {@code size} bytes at {@code offset}, for windows whose content
     * is made when asked for; does nothing here.
     */
    protected void configReading(int offset, int size) {}

    /** Called on reset, after configuration space went back to what was described. */
    protected void functionReset() {}

    /**
     * Called when the function has been pulled out: no BAR answers and no interrupt is delivered
     * any more. Here it lets go of guest memory; no monitor is held.
     */
    protected void functionRemoved() {}

    /** Writes what the subclass has to save beyond configuration space and MSI-X. */
    protected void functionSave(DataOutput out) throws IOException {}

    /** Reads back what {@link #functionSave} wrote; configuration space is restored already. */
    protected void functionRestore(DataInput in) throws IOException {}

    /** Whether the guest lets the function read and write memory. */
    public final boolean busMaster() {
        return (config[COMMAND] & COMMAND_MASTER) != 0;
    }

    /**
     * Drives the function's interrupt pin, which stays low while the guest has it disabled or uses
     * MSI-X. From any thread, whatever it holds.
     */
    protected final void interrupt(boolean asserted) {
        intx.set(asserted);
    }

    // ---- For the host bridge

    /** Plugs the function into a slot. */
    public final void plug(PciSlot into) {
        slot = into;
        described = true;
        int pin = config[INTERRUPT_PIN];
        if (pin != 0) {
            intx.connect(into.intx(pin));
        }
        if (msix != null) {
            msix.connect(into.interrupts());
        }
        for (PciBar bar : bars) {
            if (bar != null && !bar.isIo()) {
                bar.doorbells.connect(into.doorbells());
            }
        }
    }

    /** First half of pulling it out, with the monitor held: it vanishes from the guest's sight. */
    public final void unplug() {
        PciSlot from = slot;
        if (from == null) {
            return;
        }
        for (PciBar bar : bars) {
            if (bar != null) {
                bar.place(false, 0, bar.isIo() ? from.ports() : from.mmio());
            }
        }
        intx.disconnect();
        if (msix != null) {
            msix.disconnect();
        }
        slot = null;
    }

    /** Second half, without the monitor: returns once the function has let go of guest memory. */
    public final void removed() {
        functionRemoved();
    }

    /** Shows the device as one of several functions. */
    public final void setMultifunction() {
        config[HEADER_TYPE] |= (byte) 0x80;
        initial[HEADER_TYPE] |= (byte) 0x80;
    }

    /** Reads configuration space; all ones beyond its end. */
    public final long readConfig(int offset, int size) {
        if (offset < 0 || offset + size > CONFIG_SIZE) {
            return -1;
        }
        configReading(offset, size);
        long value = get(offset, size);
        if (offset <= STATUS && offset + size > STATUS && intx.asserted()) {
            value |= (long) STATUS_INTX << (STATUS - offset) * 8;
        }
        return value;
    }

    /**
     * Writes configuration space as far as it is writable.
     *
     * @return whether a BAR gave up an address, which another may now want
     */
    public final boolean writeConfig(int offset, int size, long value) {
        if (offset < 0 || offset + size > CONFIG_SIZE) {
            return false;
        }
        for (int i = 0; i < size; i++) {
            int at = offset + i;
            int bits = (int) (value >>> i * 8);
            config[at] = (byte) (config[at] & ~writable[at] | bits & writable[at]);
        }
        boolean freed = false;
        if (offset < BAR0 + 4 * BARS && offset + size > COMMAND) {
            freed = updateBars();
            updateInterrupts();
        } else if (msix != null && offset < msixControl + 2 && offset + size > msixControl) {
            updateInterrupts();
        }
        configWritten(offset, size);
        return freed;
    }

    /** Puts the function back to its state at power-on; no vCPU runs. */
    public final void reset() {
        System.arraycopy(initial, 0, config, 0, CONFIG_SIZE);
        updateBars();
        if (msix != null) {
            msix.reset();
        }
        interrupt(false);
        updateInterrupts();
        functionReset();
    }

    /**
     * Maps each BAR where the guest wants it, if nothing else is there.
     *
     * @return whether a BAR gave up an address
     */
    public final boolean updateBars() {
        PciSlot in = slot;
        if (in == null) {
            return false;
        }
        int command = (int) get(COMMAND, 2);
        boolean freed = false;
        for (int i = 0; i < BARS; i++) {
            PciBar bar = bars[i];
            if (bar != null) {
                boolean decodes = (command & (bar.isIo() ? COMMAND_IO : COMMAND_MEMORY)) != 0;
                long base = get(BAR0 + i * 4, bar.wide() ? 8 : 4) & bar.addressMask();
                freed |= bar.place(decodes, base, bar.isIo() ? in.ports() : in.mmio());
            }
        }
        return freed;
    }

    private void updateInterrupts() {
        boolean messages = false;
        if (msix != null) {
            msix.control((int) get(msixControl, 2));
            messages = msix.enabled();
        }
        intx.disable(messages || (get(COMMAND, 2) & COMMAND_INTX_DISABLE) != 0);
    }

    // ---- State

    /** Writes the function's state; no vCPU runs. */
    public final void save(DataOutput out) throws IOException {
        out.write(config);
        out.writeBoolean(intx.asserted());
        if (msix != null) {
            msix.save(out);
        }
        functionSave(out);
    }

    /**
     * Reads back what {@link #save} wrote; no vCPU runs.
     *
     * @throws IOException if it is damaged, or of another function
     */
    public final void restore(DataInput in) throws IOException {
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
        boolean asserted = in.readBoolean();
        if (msix != null) {
            msix.restore(in);
        }
        updateBars();
        interrupt(asserted);
        updateInterrupts();
        configWritten(0, CONFIG_SIZE);
        functionRestore(in);
    }
}
