package org.jvisor.machine.device;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.jvisor.vmm.api.Bus;
import org.jvisor.vmm.api.Clock;
import org.jvisor.vmm.api.Device;
import org.jvisor.vmm.api.IoRegion;
import org.jvisor.vmm.api.IrqLine;

/**
 * The ACPI fixed hardware (ACPI 6.5 §4.8): PM1a event and control blocks, the power-management
 * timer in 32 bits, and general-purpose event block 0. Always in ACPI mode: there is no SMI.
 */
public final class AcpiPm implements Device {
    /** The first port: PM1a events here, PM1a control at +4, the timer at +8, GPE0 at +0x20. */
    public static final int BASE = 0x600;

    /** The general-purpose events, 0 to 63. */
    public static final int EVENTS = 64;

    private static final int VERSION = 1;
    private static final int PM1_CONTROL = 4, PM_TIMER = 8, GPE0 = 0x20;

    static final long TIMER_HZ = 3_579_545;

    private static final int TIMER_CARRY = 1 << 0;
    private static final int GLOBAL_LOCK = 1 << 5;
    private static final int POWER_BUTTON = 1 << 8;
    private static final int SLEEP_BUTTON = 1 << 9;
    private static final int RTC_ALARM = 1 << 10;
    private static final int PCI_EXPRESS_WAKE = 1 << 14;
    private static final int WAKE = 1 << 15;
    private static final int STATUS_BITS =
            TIMER_CARRY
                    | 1 << 4
                    | GLOBAL_LOCK
                    | POWER_BUTTON
                    | SLEEP_BUTTON
                    | RTC_ALARM
                    | PCI_EXPRESS_WAKE
                    | WAKE;
    private static final int ENABLE_BITS =
            TIMER_CARRY | GLOBAL_LOCK | POWER_BUTTON | SLEEP_BUTTON | RTC_ALARM;

    private static final int SCI_ENABLE = 1;
    private static final int SLEEP_TYPE_SHIFT = 10;
    private static final int SLEEP_ENABLE = 1 << 13;
    private static final int CONTROL_BITS = 0x1c07;

    private final Clock clock;
    private final IrqLine sci;
    private final int sleepTypeS5;
    private final Runnable powerOff;
    private final Clock.Timer carryTimer;
    private int status;
    private int enable;
    private int control;
    private long gpeStatus;
    private long gpeEnable;

    /** The carries, each half a range of the timer, seen so far. */
    private long carries;

    /**
     * Makes the block in its power-on state.
     *
     * @param sci the system control interrupt, level-triggered
     * @param sleepTypeS5 the SLP_TYP that means soft-off, as the DSDT says, 0 to 7
     * @param powerOff called, with this object's monitor held and on the vCPU's thread, when the
     *     guest turns the machine off; it must not block
     */
    public AcpiPm(Clock clock, IrqLine sci, int sleepTypeS5, Runnable powerOff) {
        this.clock = clock;
        this.sci = sci;
        this.sleepTypeS5 = sleepTypeS5;
        this.powerOff = powerOff;
        this.carryTimer = clock.newTimer(this::onCarry);
        clear();
    }

    /** Maps ports 0x600 to 0x60b and 0x620 to 0x62f. */
    public void attach(Bus ports) {
        ports.map(BASE, PM_TIMER, new FixedPorts());
        ports.map(BASE + PM_TIMER, 4, new TimerPort());
        ports.map(BASE + GPE0, EVENTS / 4, new GpePorts());
    }

    @Override
    public String name() {
        return "acpi-pm";
    }

    @Override
    public synchronized void reset() {
        clear();
        update();
    }

    private void clear() {
        status = 0;
        enable = 0;
        control = SCI_ENABLE;
        gpeStatus = 0;
        gpeEnable = 0;
        carries = carriesNow();
    }

    // ---- The machine's side

    /** Presses the power button. */
    public synchronized void powerButton() {
        status |= POWER_BUTTON;
        update();
    }

    /**
     * Raises a general-purpose event.
     *
     * @param event 0 to 63
     */
    public synchronized void raiseEvent(int event) {
        gpeStatus |= 1L << event;
        update();
    }

    // ---- The timer

    private long ticks() {
        return Ticks.fromNanos(clock.nanoTime(), TIMER_HZ);
    }

    /** How often bit 31 has changed, which sets TMR_STS (§4.8.3.3). */
    private long carriesNow() {
        return ticks() >>> 31;
    }

    private void catchUp() {
        long now = carriesNow();
        if (now != carries) {
            carries = now;
            status |= TIMER_CARRY;
        }
    }

    private synchronized void onCarry() {
        update();
    }

    private void update() {
        catchUp();
        sci.set((status & enable) != 0 || (gpeStatus & gpeEnable) != 0);
        if ((enable & ~status & TIMER_CARRY) != 0) {
            carryTimer.arm(Ticks.toNanos((carries + 1) << 31, TIMER_HZ));
        } else {
            carryTimer.disarm();
        }
    }

    // ---- Ports

    private final class FixedPorts extends ByteRegion {
        @Override
        int readByte(int offset) {
            synchronized (AcpiPm.this) {
                catchUp();
                int register =
                        switch (offset >> 1) {
                            case 0 -> status;
                            case 1 -> enable;
                            case 2 -> control;
                            default -> 0;
                        };
                return register >>> (offset & 1) * 8 & 0xff;
            }
        }

        @Override
        void writeByte(int offset, int value) {
            synchronized (AcpiPm.this) {
                int shift = (offset & 1) * 8;
                int bits = value << shift;
                int kept = ~(0xff << shift);
                switch (offset >> 1) {
                    case 0 -> {
                        catchUp();
                        status &= ~(bits & STATUS_BITS);
                    }
                    case 1 -> enable = (enable & kept | bits) & ENABLE_BITS;
                    case PM1_CONTROL >> 1 -> writeControl(control & kept | bits);
                    default -> {
                        // nothing between control and timer
                    }
                }
                update();
            }
        }
    }

    private final class TimerPort implements IoRegion {
        @Override
        public long read(long offset, int size) {
            return ticks() >>> ((int) offset * 8);
        }

        @Override
        public void write(long offset, int size, long value) {
            // read-only
        }
    }

    private void writeControl(int value) {
        control = value & CONTROL_BITS | SCI_ENABLE; // SLP_EN and GBL_RLS read as 0
        control &= ~(1 << 2);
        if ((value & SLEEP_ENABLE) != 0) {
            if ((value >>> SLEEP_TYPE_SHIFT & 7) == sleepTypeS5) {
                powerOff.run();
            } else {
                status |= WAKE; // no other state is supported: awake at once
            }
        }
    }

    private final class GpePorts extends ByteRegion {
        @Override
        int readByte(int offset) {
            synchronized (AcpiPm.this) {
                long register = offset < EVENTS / 8 ? gpeStatus : gpeEnable;
                return (int) (register >>> (offset & 7) * 8) & 0xff;
            }
        }

        @Override
        void writeByte(int offset, int value) {
            synchronized (AcpiPm.this) {
                int shift = (offset & 7) * 8;
                long bits = (long) value << shift;
                if (offset < EVENTS / 8) {
                    gpeStatus &= ~bits;
                } else {
                    gpeEnable = gpeEnable & ~(0xffL << shift) | bits;
                }
                update();
            }
        }
    }

    // ---- State

    @Override
    public synchronized void save(DataOutput out) throws IOException {
        catchUp();
        SavedState.begin(out, VERSION);
        out.writeShort(status);
        out.writeShort(enable);
        out.writeShort(control);
        out.writeLong(gpeStatus);
        out.writeLong(gpeEnable);
    }

    @Override
    public synchronized void restore(DataInput in) throws IOException {
        SavedState.expect(in, name(), VERSION);
        status = in.readUnsignedShort() & STATUS_BITS;
        enable = in.readUnsignedShort() & ENABLE_BITS;
        control = in.readUnsignedShort();
        gpeStatus = in.readLong();
        gpeEnable = in.readLong();
        carries = carriesNow();
        update();
    }

    @Override
    public synchronized void close() {
        carryTimer.disarm();
    }
}
