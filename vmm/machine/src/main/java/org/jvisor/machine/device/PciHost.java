package org.jvisor.machine.device;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.jvisor.vmm.api.Bus;
import org.jvisor.vmm.api.Device;
import org.jvisor.vmm.api.Doorbells;
import org.jvisor.vmm.api.InterruptRoutes;
import org.jvisor.vmm.api.IoRegion;
import org.jvisor.vmm.api.IrqLine;
import org.jvisor.vmm.api.pci.PciFunction;
import org.jvisor.vmm.api.pci.PciSlot;

/**
 * The PCI host bridge with bus 0: configuration mechanism 1 at ports 0xcf8 and 0xcfc, ECAM, and the
 * reset control register at 0xcf9. Functions that are not there read as all ones. Its monitor
 * guards the configuration of all functions.
 */
public final class PciHost implements Device {
    private static final int VERSION = 2;
    private static final int FUNCTIONS = 256;
    private static final int ISA_BRIDGE = 0x1f;

    /** How many functions find room beside the host's own two, one to a slot. */
    public static final int SLOTS = ISA_BRIDGE - 1;

    private static final long ECAM_SIZE = 256L << 20;

    private static final int ADDRESS_ENABLE = 1 << 31;
    private static final int RESET_SYSTEM = 1 << 1, RESET_CPU = 1 << 2, RESET_FULL = 1 << 3;

    private final Bus ports;
    private final Bus mmio;
    private final Wiring wiring;
    private final Runnable resetRequested;
    private final @Nullable PciFunction[] functions = new PciFunction[FUNCTIONS];
    private final Ecam ecam = new Ecam();

    private int address;
    private int resetControl;

    /** Where ECAM is mapped, or -1. */
    private long ecamBase = -1;

    /** How slots are wired to the rest of the board. */
    public interface Wiring {
        /**
         * The interrupt line of a pin, a driver of its own.
         *
         * @param device 0 to 31
         * @param pin 0 for INTA# to 3 for INTD#
         */
        IrqLine line(int device, int pin);

        /** Where MSI-X vectors come from. */
        InterruptRoutes interrupts();

        /** Short cuts for doorbells, by guest-physical address. */
        Doorbells doorbells();
    }

    /**
     * Makes a host bridge with its own function at 00.0 and an ISA bridge at 1f.0.
     *
     * @param ports where it and I/O BARs are mapped
     * @param mmio where ECAM and memory BARs are mapped
     * @param ecam where ECAM is at power-on, guest-physical, a multiple of 256 MiB
     * @param resetRequested called, with this object's monitor held and on the vCPU's thread, when
     *     the guest writes the reset register; it must not block
     */
    public PciHost(Bus ports, Bus mmio, long ecam, Wiring wiring, Runnable resetRequested) {
        this.ports = ports;
        this.mmio = mmio;
        this.wiring = wiring;
        this.resetRequested = resetRequested;
        ports.map(0xcf8, 4, new AddressPort());
        ports.map(0xcfc, 4, new DataPort());
        plug(0, 0, new HostBridge(this, ecam));
        plug(ISA_BRIDGE, 0, new IsaBridge());
        mapEcam(ecam);
    }

    /**
     * Plugs in a function.
     *
     * @param device 0 to 31
     * @param number 0 to 7
     * @throws IllegalArgumentException if the place is taken
     */
    public synchronized void plug(int device, int number, PciFunction function) {
        int at = device << 3 | number;
        if (device < 0 || device > 31 || number < 0 || number > 7 || functions[at] != null) {
            throw new IllegalArgumentException(
                    "PCI function %02x.%d is taken or does not exist: choose another"
                            .formatted(device, number));
        }
        functions[at] = function;
        function.plug(new Slot(device));
        PciFunction first = functions[device << 3];
        if (first != null && (number != 0 || hasOthers(device))) {
            first.setMultifunction();
        }
    }

    /**
     * Plugs a function into the first free slot.
     *
     * @return the device number, 1 to 30
     * @throws IllegalArgumentException if all are taken
     */
    public synchronized int plug(PciFunction function) {
        for (int device = 1; device < ISA_BRIDGE; device++) {
            if (functions[device << 3] == null) {
                plug(device, 0, function);
                return device;
            }
        }
        throw new IllegalArgumentException(
                "all %d PCI slots are taken: use fewer devices, or put some on virtio-mmio"
                        .formatted(SLOTS));
    }

    /**
     * Takes a function out: its BARs and interrupts go, and once this returns it no longer touches
     * guest memory. Nothing happens when there is none. The guest may be in the middle of using it.
     */
    public void unplug(int device, int number) {
        PciFunction function;
        synchronized (this) {
            function = functions[device << 3 | number];
            if (function == null) {
                return;
            }
            function.unplug();
            functions[device << 3 | number] = null;
            mapWhatWaited();
        }
        // Without the monitor: the device waits for its threads, and vCPUs shall not wait for them.
        function.removed();
    }

    /** A slot of bus 0. */
    private final class Slot implements PciSlot {
        private final int device;

        Slot(int device) {
            this.device = device;
        }

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
            return wiring.line(device, pin - 1);
        }

        @Override
        public InterruptRoutes interrupts() {
            return wiring.interrupts();
        }

        @Override
        public Doorbells doorbells() {
            return wiring.doorbells();
        }
    }

    /** Maps the BARs for which there was no room before. */
    private void mapWhatWaited() {
        boolean freed = false;
        for (PciFunction function : functions) {
            freed |= function != null && function.updateBars();
        }
        assert !freed : "a BAR moved though nobody wrote it";
    }

    private boolean hasOthers(int device) {
        for (int number = 1; number < 8; number++) {
            if (functions[device << 3 | number] != null) {
                return true;
            }
        }
        return false;
    }

    /** Moves ECAM; -1 takes it away. A place that is taken leaves it unmapped. */
    void mapEcam(long base) {
        if (base == ecamBase) {
            return;
        }
        if (ecamBase >= 0) {
            mmio.unmap(ecamBase);
        }
        ecamBase = -1;
        if (base > 0 && mmio.tryMap(base, ECAM_SIZE, ecam)) {
            ecamBase = base;
        }
    }

    @Override
    public String name() {
        return "pci";
    }

    @Override
    public synchronized void reset() {
        address = 0;
        resetControl = 0;
        for (PciFunction function : functions) {
            if (function != null) {
                function.reset();
            }
        }
    }

    // ---- Configuration accesses

    private synchronized long read(int bus, int function, int offset, int size) {
        PciFunction target = bus == 0 ? functions[function] : null;
        return target == null ? -1 : target.readConfig(offset, size);
    }

    private synchronized void write(int bus, int function, int offset, int size, long value) {
        PciFunction target = bus == 0 ? functions[function] : null;
        if (target != null) {
            // The host bridge's own registers move ECAM.
            if (target.writeConfig(offset, size, value) || function == 0) {
                mapWhatWaited();
            }
        }
    }

    /** CONFIG_ADDRESS, a dword; the byte at 0xcf9 inside it is the reset control register. */
    private final class AddressPort implements IoRegion {
        @Override
        public long read(long offset, int size) {
            synchronized (PciHost.this) {
                if (offset == 0 && size == 4) {
                    return address;
                }
                return offset == 1 && size == 1 ? resetControl : -1;
            }
        }

        @Override
        public void write(long offset, int size, long value) {
            synchronized (PciHost.this) {
                if (offset == 0 && size == 4) {
                    address = (int) value & 0x80ff_fffc;
                } else if (offset == 1 && size == 1) {
                    writeResetControl((int) value);
                }
            }
        }

        /** A soft reset (without bit 1) resets the devices too: nothing tells them apart. */
        private void writeResetControl(int value) {
            boolean rising = (value & ~resetControl & RESET_CPU) != 0;
            resetControl = value & (RESET_SYSTEM | RESET_CPU | RESET_FULL);
            if (rising) {
                resetRequested.run();
            }
        }
    }

    private final class DataPort implements IoRegion {
        @Override
        public long read(long offset, int size) {
            int at = latched();
            return (at & ADDRESS_ENABLE) == 0
                    ? -1
                    : PciHost.this.read(
                            at >>> 16 & 0xff, at >>> 8 & 0xff, (at & 0xfc) + (int) offset, size);
        }

        @Override
        public void write(long offset, int size, long value) {
            int at = latched();
            if ((at & ADDRESS_ENABLE) != 0) {
                PciHost.this.write(
                        at >>> 16 & 0xff, at >>> 8 & 0xff, (at & 0xfc) + (int) offset, size, value);
            }
        }

        private int latched() {
            synchronized (PciHost.this) {
                return address;
            }
        }
    }

    /** Enhanced configuration access (PCI Express 3.0 §7.2.2). */
    private final class Ecam implements IoRegion {
        @Override
        public long read(long offset, int size) {
            int at = (int) offset;
            return PciHost.this.read(at >>> 20, at >>> 12 & 0xff, at & 0xfff, size);
        }

        @Override
        public void write(long offset, int size, long value) {
            int at = (int) offset;
            PciHost.this.write(at >>> 20, at >>> 12 & 0xff, at & 0xfff, size, value);
        }
    }

    // ---- State

    @Override
    public synchronized void save(DataOutput out) throws IOException {
        SavedState.begin(out, VERSION);
        out.writeInt(address);
        out.writeByte(resetControl);
        for (int i = 0; i < FUNCTIONS; i++) {
            PciFunction function = functions[i];
            if (function != null) {
                out.writeShort(i);
                function.save(out);
            }
        }
        out.writeShort(FUNCTIONS);
    }

    @Override
    public synchronized void restore(DataInput in) throws IOException {
        SavedState.expect(in, name(), VERSION);
        address = in.readInt() & 0x80ff_fffc;
        resetControl = in.readUnsignedByte();
        for (int i = 0; i < FUNCTIONS; i++) {
            PciFunction function = functions[i];
            if (function != null) {
                int saved = in.readUnsignedShort();
                if (saved != i) {
                    throw new IOException(
                            "the saved state has no PCI function %02x.%d, or one more: give the machine the same devices"
                                    .formatted(i >>> 3, i & 7));
                }
                function.restore(in);
            }
        }
        if (in.readUnsignedShort() != FUNCTIONS) {
            throw new IOException(
                    "the saved state has more PCI functions than this machine: give it the same devices");
        }
    }
}
