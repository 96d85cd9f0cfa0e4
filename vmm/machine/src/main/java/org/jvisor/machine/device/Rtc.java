package org.jvisor.machine.device;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.jvisor.vmm.api.Bus;
import org.jvisor.vmm.api.Clock;
import org.jvisor.vmm.api.Device;
import org.jvisor.vmm.api.IrqLine;

/** The real-time clock and its non-volatile memory (MC146818A with a century byte, UTC). */
public final class Rtc implements Device {
    private static final int VERSION = 1;

    private static final int REGISTER_A = 0x0a;
    private static final int REGISTER_B = 0x0b;
    private static final int REGISTER_C = 0x0c;
    private static final int REGISTER_D = 0x0d;

    private static final int A_UIP = 0x80;
    private static final int B_SET = 0x80;
    private static final int B_PIE = 0x40;
    private static final int B_AIE = 0x20;
    private static final int B_UIE = 0x10;
    private static final int B_BINARY = 0x04;
    private static final int B_24H = 0x02;
    private static final int C_IRQF = 0x80;
    private static final int D_VALID = 0x80;

    /** Updates begin 2.2 ms before the second (t_BUC + t_UC); the clock shows milliseconds. */
    private static final int UPDATE_STARTS_AT = 998;

    private static final int DONT_CARE = -1;

    private final Clock clock;
    private final IrqLine irq;
    private final Clock.Timer timer;
    private final RtcTime time;
    private final byte[] nvram = new byte[256];
    private int index;
    private int extendedIndex = 128;
    private boolean nmiMasked;
    private int a;
    private int b;
    private int c;

    /** The second up to which updates and alarms were seen, and when periods began. */
    private long seenSecond;

    private long periodStart;
    private long periodsSeen;

    /**
     * Makes the clock, set to the clock's wall-clock time in UTC.
     *
     * @param irq ISA IRQ 8
     */
    public Rtc(Clock clock, IrqLine irq) {
        this.clock = clock;
        this.irq = irq;
        this.time = new RtcTime(clock);
        this.timer = clock.newTimer(this::onClock);
        nvram[0x14] = 0x06; // equipment: a coprocessor, and a pointing device per the BIOS
        powerOn();
    }

    /** Maps ports 0x70 to 0x73. */
    public void attach(Bus ports) {
        ports.map(0x70, 4, new Ports());
    }

    /**
     * Writes the memory sizes where a BIOS looks for them.
     *
     * @param below4g bytes of RAM from 0 to the PCI hole
     * @param above4g bytes of RAM from 4 GiB up
     */
    public synchronized void setMemorySize(long below4g, long above4g) {
        putWord(0x15, (int) Math.min(below4g >>> 10, 640));
        int extended = Math.clamp((below4g >>> 10) - 1024, 0, 63 * 1024);
        putWord(0x17, extended);
        putWord(0x30, extended);
        putWord(0x34, Math.clamp((below4g >>> 16) - 256, 0, 0xffff));
        long high = above4g >>> 16;
        putWord(0x5b, (int) high & 0xffff);
        nvram[0x5d] = (byte) (high >>> 16);
    }

    /**
     * Presets a byte of non-volatile memory.
     *
     * @param address 14 to 255
     */
    public synchronized void setNvram(int address, int value) {
        if (address < 0x0e || address > 0xff) {
            throw new IllegalArgumentException(
                    "CMOS address %#x is not in 0xe to 0xff".formatted(address));
        }
        nvram[address] = (byte) value;
    }

    private void putWord(int address, int value) {
        nvram[address] = (byte) value;
        nvram[address + 1] = (byte) (value >>> 8);
    }

    /** Whether the guest masks NMI, by bit 7 of port 0x70. */
    public synchronized boolean nmiMasked() {
        return nmiMasked;
    }

    @Override
    public String name() {
        return "rtc";
    }

    /** The time and the memory survive, as on a battery; the interrupt enables do not. */
    @Override
    public synchronized void reset() {
        time.go(-1);
        powerOn();
        irq.set(false);
    }

    private void powerOn() {
        index = 0;
        extendedIndex = 128;
        nmiMasked = false;
        a = 0x26; // 32.768 kHz, 1024 Hz
        b = B_24H;
        c = 0;
        seenSecond = second();
        restartPeriods();
        schedule();
    }

    // ---- Ports

    private final class Ports extends ByteRegion {
        @Override
        int readByte(int offset) {
            synchronized (Rtc.this) {
                return switch (offset) {
                    case 1 -> readRegister(index);
                    case 2 -> extendedIndex;
                    case 3 -> nvram[extendedIndex];
                    default -> 0xff; // the index at 0x70 cannot be read
                };
            }
        }

        @Override
        void writeByte(int offset, int value) {
            synchronized (Rtc.this) {
                switch (offset) {
                    case 0 -> {
                        index = value & 0x7f;
                        nmiMasked = (value & 0x80) != 0;
                    }
                    case 1 -> writeRegister(index, value);
                    case 2 -> extendedIndex = value & 0x7f | 0x80;
                    default -> nvram[extendedIndex] = (byte) value;
                }
            }
        }
    }

    private int readRegister(int register) {
        switch (register) {
            case 0, 2, 6, 7, 8, 9, RtcTime.CENTURY:
                return encode(time.get(register));
            case RtcTime.HOURS:
                return encodeHours(time.get(register));
            case REGISTER_A:
                boolean updating =
                        !time.stopped() && Math.floorMod(time.millis(), 1000L) >= UPDATE_STARTS_AT;
                return a | (updating ? A_UIP : 0);
            case REGISTER_B:
                return b;
            case REGISTER_C:
                catchUp();
                int flags = c;
                c = 0;
                irq.set(false);
                schedule();
                return flags;
            case REGISTER_D:
                return D_VALID;
            default:
                return nvram[register]; // alarms included
        }
    }

    private void writeRegister(int register, int value) {
        switch (register) {
            case 0, 2, 6, 7, 8, 9, RtcTime.CENTURY:
                catchUp();
                time.set(register, decode(value));
                timeChanged();
                break;
            case RtcTime.HOURS:
                catchUp();
                time.set(register, decodeHours(value));
                timeChanged();
                break;
            case REGISTER_A:
                catchUp();
                a = value & 0x7f;
                followStop();
                restartPeriods();
                schedule();
                break;
            case REGISTER_B:
                catchUp();
                b = (value & B_SET) != 0 ? value & ~B_UIE : value;
                followStop();
                updateIrq();
                schedule();
                break;
            case REGISTER_C, REGISTER_D:
                break;
            default:
                if (register < REGISTER_A) {
                    catchUp();
                }
                nvram[register] = (byte) value;
                schedule();
                break;
        }
    }

    private boolean dividerReset() {
        return (a >>> 4 & 6) == 6;
    }

    /** Time stands still while SET is on or the divider is held in reset. */
    private void followStop() {
        boolean stop = (b & B_SET) != 0 || dividerReset();
        if (stop && !time.stopped()) {
            time.stop();
            dividerWasReset = false;
        }
        dividerWasReset |= dividerReset();
        if (!stop && time.stopped()) {
            // The first update comes half a second after the divider starts (146818A, "DV").
            time.go(dividerWasReset ? 500 : -1);
            dividerWasReset = false;
            timeChanged();
        }
    }

    private boolean dividerWasReset;

    private void timeChanged() {
        seenSecond = second();
        schedule();
    }

    private int encode(int value) {
        return (b & B_BINARY) != 0 ? value : value / 10 << 4 | value % 10;
    }

    private int decode(int value) {
        return (b & B_BINARY) != 0 ? value : (value >>> 4) * 10 + (value & 15);
    }

    private int encodeHours(int hours) {
        if ((b & B_24H) != 0) {
            return encode(hours);
        }
        int twelve = hours % 12 == 0 ? 12 : hours % 12;
        return encode(twelve) | (hours >= 12 ? 0x80 : 0);
    }

    private int decodeHours(int value) {
        if ((b & B_24H) != 0) {
            return decode(value);
        }
        return decode(value & 0x7f) % 12 + ((value & 0x80) != 0 ? 12 : 0);
    }

    // ---- Interrupts

    private long second() {
        return Math.floorDiv(time.millis(), 1000L);
    }

    private int alarm(int register) {
        int value = nvram[register] & 0xff;
        if (value >= 0xc0) {
            return DONT_CARE;
        }
        return register == 5 ? decodeHours(value) : decode(value);
    }

    /** The first second after {@code after} that the alarm matches, or Long.MAX_VALUE. */
    private long nextAlarm(long after) {
        int second = alarm(1);
        int minute = alarm(3);
        int hour = alarm(5);
        long t = after + 1;
        long limit = after + CivilTime.SECONDS_PER_DAY;
        while (t <= limit) {
            int ofDay = (int) Math.floorMod(t, (long) CivilTime.SECONDS_PER_DAY);
            if (hour != DONT_CARE && ofDay / 3600 != hour) {
                t += 3600 - ofDay % 3600;
            } else if (minute != DONT_CARE && ofDay / 60 % 60 != minute) {
                t += 60 - ofDay % 60;
            } else if (second != DONT_CARE && ofDay % 60 != second) {
                t++;
            } else {
                return t;
            }
        }
        return Long.MAX_VALUE;
    }

    /** The periodic interrupt's period in cycles of 32.768 kHz, or 0. */
    private int period() {
        int rate = a & 0xf;
        if (rate == 0 || dividerReset()) {
            return 0;
        }
        return 1 << (rate <= 2 ? rate + 6 : rate - 1);
    }

    private void restartPeriods() {
        periodStart = clock.nanoTime();
        periodsSeen = 0;
    }

    private long periods() {
        int period = period();
        return period == 0 ? 0 : Ticks.fromNanos(clock.nanoTime() - periodStart, 32_768) / period;
    }

    /** Raises the flags of what has happened since the last look. */
    private void catchUp() {
        long now = second();
        if (!time.stopped() && now > seenSecond) {
            c |= B_UIE;
            if (nextAlarm(seenSecond) <= now) {
                c |= B_AIE;
            }
        }
        seenSecond = now;
        long periods = periods();
        if (periods > periodsSeen) {
            c |= B_PIE;
            periodsSeen = periods;
        }
        updateIrq();
    }

    /** The flags of register C lie at the bits of their enables in register B. */
    private void updateIrq() {
        boolean asserted = (b & c & (B_PIE | B_AIE | B_UIE)) != 0;
        c = asserted ? c | C_IRQF : c & ~C_IRQF;
        irq.set(asserted);
    }

    private void schedule() {
        long next = Long.MAX_VALUE;
        long now = clock.nanoTime();
        int wanted = b & ~c;
        if (!time.stopped() && (wanted & (B_UIE | B_AIE)) != 0) {
            long at = (wanted & B_UIE) != 0 ? seenSecond + 1 : nextAlarm(seenSecond);
            if (at != Long.MAX_VALUE) {
                next = now + Math.max(0, at * 1000 - time.millis()) * 1_000_000;
            }
        }
        int period = period();
        if ((wanted & B_PIE) != 0 && period != 0) {
            long due = periodStart + Ticks.toNanos((periodsSeen + 1) * period, 32_768);
            next = Math.min(next, due);
        }
        if (next == Long.MAX_VALUE) {
            timer.disarm();
        } else {
            timer.arm(next);
        }
    }

    private synchronized void onClock() {
        catchUp();
        schedule();
    }

    // ---- State

    @Override
    public synchronized void save(DataOutput out) throws IOException {
        catchUp();
        SavedState.begin(out, VERSION);
        time.save(out);
        out.write(nvram);
        out.writeByte(index);
        out.writeByte(extendedIndex);
        out.writeBoolean(nmiMasked);
        out.writeByte(a);
        out.writeByte(b);
        out.writeByte(c);
        out.writeBoolean(dividerWasReset);
        out.writeLong(clock.nanoTime() - periodStart);
    }

    @Override
    public synchronized void restore(DataInput in) throws IOException {
        SavedState.expect(in, name(), VERSION);
        time.restore(in);
        in.readFully(nvram);
        index = in.readUnsignedByte() & 0x7f;
        extendedIndex = in.readUnsignedByte() | 0x80;
        nmiMasked = in.readBoolean();
        a = in.readUnsignedByte() & 0x7f;
        b = in.readUnsignedByte();
        c = in.readUnsignedByte();
        dividerWasReset = in.readBoolean();
        periodStart = clock.nanoTime() - Math.max(0, in.readLong());
        periodsSeen = periods();
        seenSecond = second();
        updateIrq();
        schedule();
    }

    @Override
    public synchronized void close() {
        timer.disarm();
    }
}
