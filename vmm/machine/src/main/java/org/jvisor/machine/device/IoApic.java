package org.jvisor.machine.device;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.jvisor.vmm.api.Bus;
import org.jvisor.vmm.api.Device;
import org.jvisor.vmm.api.IoRegion;

/**
 * The I/O APIC (82093AA, with the EOI register of version 0x20): 24 inputs, each with a redirection
 * entry. Polarity is stored but not applied: the board's lines say "asserted", not high or low.
 */
public final class IoApic implements Device {
    /** Where it is mapped, guest-physical. */
    public static final long BASE = 0xfec0_0000L;

    /** Its number of inputs. */
    public static final int PINS = 24;

    private static final int VERSION = 1;

    private static final int IOREGSEL = 0x00;
    private static final int IOWIN = 0x10;
    private static final int EOIR = 0x40;

    private static final int IOAPICID = 0x00;
    private static final int IOAPICVER = 0x01;
    private static final int IOAPICARB = 0x02;
    private static final int IOREDTBL = 0x10;

    private static final int VERSION_REGISTER = (PINS - 1) << 16 | 0x20;

    private static final long REMOTE_IRR = 1L << 14;
    private static final long LEVEL = 1L << 15;
    private static final long MASKED = 1L << 16;
    private static final long LOGICAL = 1L << 11;
    private static final long READ_ONLY = 1L << 12 | REMOTE_IRR;
    private static final long WRITABLE = 0xff00_0000_0001_ffffL & ~READ_ONLY;

    private final InterruptFabric fabric;
    private final long[] redirection = new long[PINS];
    private int lines;
    private int select;
    private int id;

    IoApic(InterruptFabric fabric) {
        this.fabric = fabric;
        clear();
    }

    /** Maps its page. */
    void attach(Bus mmio) {
        mmio.map(BASE, 0x1000, new Registers());
    }

    @Override
    public String name() {
        return "ioapic";
    }

    @Override
    public void reset() {
        synchronized (fabric) {
            clear();
        }
    }

    private void clear() {
        java.util.Arrays.fill(redirection, MASKED);
        select = 0;
        id = 0;
    }

    /** Drives an input, 0 to 23. */
    void setInput(int pin, boolean asserted) {
        synchronized (fabric) {
            int bit = 1 << pin;
            boolean rising = asserted && (lines & bit) == 0;
            lines = asserted ? lines | bit : lines & ~bit;
            long entry = redirection[pin];
            if (!asserted) {
                return;
            }
            if ((entry & LEVEL) != 0) {
                serviceLevel(pin);
            } else if (rising && (entry & MASKED) == 0) {
                send(entry); // an edge while masked is lost (82093AA §3.2.4)
            }
        }
    }

    /** An EOI for {@code vector}, broadcast by a local APIC or written to the EOI register. */
    void endOfInterrupt(int vector) {
        for (int pin = 0; pin < PINS; pin++) {
            long entry = redirection[pin];
            if ((entry & 0xff) == vector && (entry & LEVEL) != 0 && (entry & REMOTE_IRR) != 0) {
                redirection[pin] = entry & ~REMOTE_IRR;
                serviceLevel(pin);
            }
        }
    }

    private void serviceLevel(int pin) {
        long entry = redirection[pin];
        if ((lines & 1 << pin) != 0 && (entry & (MASKED | REMOTE_IRR)) == 0) {
            // Only a vector that some local APIC holds will see an EOI.
            int mode = (int) (entry >>> 8) & 7;
            if (send(entry) && mode <= InterruptFabric.LOWEST_PRIORITY) {
                redirection[pin] |= REMOTE_IRR;
            }
        }
    }

    private boolean send(long entry) {
        int destination = (int) (entry >>> 56);
        return fabric.deliver(
                destination,
                (entry & LOGICAL) != 0,
                destination == 0xff,
                (int) (entry >>> 8) & 7,
                (int) entry & 0xff,
                (entry & LEVEL) != 0);
    }

    private int readRegister() {
        switch (select) {
            case IOAPICID, IOAPICARB:
                return id << 24;
            case IOAPICVER:
                return VERSION_REGISTER;
            default:
                int index = select - IOREDTBL;
                if (index < 0 || index >= 2 * PINS) {
                    return 0;
                }
                long entry = redirection[index >> 1];
                return (int) ((index & 1) == 0 ? entry : entry >>> 32);
        }
    }

    private void writeRegister(int value) {
        if (select == IOAPICID) {
            id = value >>> 24 & 0xf;
            return;
        }
        int index = select - IOREDTBL;
        if (index < 0 || index >= 2 * PINS) {
            return;
        }
        int pin = index >> 1;
        long old = redirection[pin];
        long mixed =
                (index & 1) == 0
                        ? old & 0xffff_ffff_0000_0000L | value & 0xffff_ffffL
                        : old & 0xffff_ffffL | (long) value << 32;
        long entry = mixed & WRITABLE | old & READ_ONLY;
        if ((entry & LEVEL) == 0) {
            entry &= ~REMOTE_IRR; // how software clears it where there is no EOI register
        }
        redirection[pin] = entry;
        if ((entry & LEVEL) != 0) {
            serviceLevel(pin);
        }
    }

    private final class Registers implements IoRegion {
        @Override
        public long read(long offset, int size) {
            int shift = (int) (offset & 3) * 8;
            synchronized (fabric) {
                return switch ((int) offset & ~3) {
                    case IOREGSEL -> (select & 0xffL) >>> shift;
                    case IOWIN -> (readRegister() & 0xffff_ffffL) >>> shift;
                    default -> 0;
                };
            }
        }

        @Override
        public void write(long offset, int size, long value) {
            synchronized (fabric) {
                switch ((int) offset) {
                    case IOREGSEL -> select = (int) value & 0xff;
                    case IOWIN -> {
                        if (size >= 4) {
                            writeRegister((int) value);
                        }
                    }
                    case EOIR -> endOfInterrupt((int) value & 0xff);
                    default -> {
                        // reserved
                    }
                }
            }
        }
    }

    @Override
    public void save(DataOutput out) throws IOException {
        synchronized (fabric) {
            SavedState.begin(out, VERSION);
            for (long entry : redirection) {
                out.writeLong(entry);
            }
            out.writeInt(lines);
            out.writeByte(select);
            out.writeByte(id);
        }
    }

    @Override
    public void restore(DataInput in) throws IOException {
        synchronized (fabric) {
            SavedState.expect(in, name(), VERSION);
            for (int i = 0; i < PINS; i++) {
                redirection[i] = in.readLong() & (WRITABLE | READ_ONLY);
            }
            lines = in.readInt() & (1 << PINS) - 1;
            select = in.readUnsignedByte();
            id = in.readUnsignedByte() & 0xf;
        }
    }
}
