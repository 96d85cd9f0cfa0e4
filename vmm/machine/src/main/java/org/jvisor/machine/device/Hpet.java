package org.jvisor.machine.device;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.jvisor.vmm.api.Bus;
import org.jvisor.vmm.api.Clock;
import org.jvisor.vmm.api.Device;
import org.jvisor.vmm.api.IoRegion;
import org.jvisor.vmm.api.IrqLine;
import org.jvisor.vmm.api.MsiSink;

/**
 * The high precision event timer (IA-PC HPET 1.0a): a 64-bit counter at 100 MHz and three timers,
 * all of them periodic, 64 bits wide and able to deliver messages, with legacy replacement.
 */
public final class Hpet implements Device {
    /** Where it is mapped, guest-physical. */
    public static final long BASE = 0xfed0_0000L;

    private static final int VERSION = 1;
    static final long HZ = 100_000_000;

    private static final int TIMERS = 3;
    private static final long PERIOD_FEMTOSECONDS = 10_000_000;

    /** Vendor 8086, legacy replacement, 64-bit counter, three timers, revision 1. */
    private static final long CAPABILITIES = PERIOD_FEMTOSECONDS << 32 | 0x8086_a201L;

    private static final int GENERAL_CAPABILITIES = 0x000;
    private static final int GENERAL_CONFIGURATION = 0x010;
    private static final int INTERRUPT_STATUS = 0x020;
    private static final int MAIN_COUNTER = 0x0f0;
    private static final int TIMER_BASE = 0x100, TIMER_STRIDE = 0x20;
    private static final long ENABLE = 1, LEGACY = 2;

    private final Clock clock;
    private final HpetTimer[] timers = new HpetTimer[TIMERS];
    private final IrqLine pitTarget;
    private final IrqLine rtcTarget;
    private boolean pitLevel;
    private boolean rtcLevel;

    private long configuration;
    private int status;

    /** The counter while it stands, and when it was started at that value. */
    private long counter;

    private long start;

    /** Gives lines by their GSI. */
    @FunctionalInterface
    public interface Lines {
        /** A driver of {@code gsi}, for the HPET alone. */
        IrqLine gsi(int gsi);
    }

    /**
     * Makes the timer block in its power-on state.
     *
     * @param lines its interrupts: GSI 0 (the PIT's) and 8 (the RTC's) in legacy replacement mode,
     *     16 to 23 by routing; also what {@link #pitLine} and {@link #rtcLine} drive otherwise
     * @param msi where timers set to deliver messages send them
     */
    public Hpet(Clock clock, Lines lines, MsiSink msi) {
        this.clock = clock;
        this.pitTarget = lines.gsi(0);
        this.rtcTarget = lines.gsi(8);
        for (int i = 0; i < TIMERS; i++) {
            IrqLine[] own = new IrqLine[HpetTimer.LEGACY + 1];
            for (int gsi = 0; gsi < HpetTimer.LEGACY; gsi++) {
                own[gsi] = (HpetTimer.ROUTES >>> gsi & 1) != 0 ? lines.gsi(gsi) : IrqLine.NONE;
            }
            own[HpetTimer.LEGACY] = i < 2 ? lines.gsi(i == 0 ? 0 : 8) : IrqLine.NONE;
            timers[i] = new HpetTimer(this, i, clock, own, msi);
        }
        clear();
    }

    /** Maps its registers. */
    public void attach(Bus mmio) {
        mmio.map(BASE, 0x400, new Registers());
    }

    /** What the PIT drives in place of GSI 0: cut off in legacy replacement mode. */
    public IrqLine pitLine() {
        return level -> {
            synchronized (this) {
                pitLevel = level;
                pitTarget.set(level && !legacy());
            }
        };
    }

    /** What the RTC drives in place of GSI 8: cut off in legacy replacement mode. */
    public IrqLine rtcLine() {
        return level -> {
            synchronized (this) {
                rtcLevel = level;
                rtcTarget.set(level && !legacy());
            }
        };
    }

    @Override
    public String name() {
        return "hpet";
    }

    @Override
    public synchronized void reset() {
        clear();
        updateLegacyInputs();
    }

    private void clear() {
        configuration = 0;
        status = 0;
        counter = 0;
        for (HpetTimer timer : timers) {
            timer.reset();
        }
    }

    private void updateLegacyInputs() {
        pitTarget.set(pitLevel && !legacy());
        rtcTarget.set(rtcLevel && !legacy());
    }

    // ---- What a timer asks

    boolean enabled() {
        return (configuration & ENABLE) != 0;
    }

    boolean legacy() {
        return (configuration & LEGACY) != 0;
    }

    long counter() {
        return enabled() ? counter + Ticks.fromNanos(clock.nanoTime() - start, HZ) : counter;
    }

    /** The time at which the running counter will have advanced by {@code ticks}, unsigned. */
    long timeOf(long ticks) {
        long now = clock.nanoTime();
        // From the start of the count, so that no rounding adds up.
        long passed = Ticks.fromNanos(now - start, HZ);
        long total = passed + ticks;
        return Long.compareUnsigned(total, ticks) < 0
                ? now + Ticks.FOREVER
                : start + Ticks.toNanos(total, HZ);
    }

    void setStatus(int timer) {
        status |= 1 << timer;
    }

    boolean status(int timer) {
        return (status >>> timer & 1) != 0;
    }

    // ---- Registers

    private final class Registers implements IoRegion {
        @Override
        public long read(long offset, int size) {
            synchronized (Hpet.this) {
                int shift = (int) (offset & 7) * 8;
                return readRegister((int) offset & ~7) >>> shift;
            }
        }

        @Override
        public void write(long offset, int size, long value) {
            // Registers are 64 bits wide, written whole or by halves (1.0a §2.3.2).
            if (size < 4 || (offset & 3) != 0) {
                return;
            }
            synchronized (Hpet.this) {
                int register = (int) offset & ~7;
                if (size == 8) {
                    writeRegister(register, value, -1);
                } else if ((offset & 4) == 0) {
                    writeRegister(register, value & 0xffff_ffffL, 0xffff_ffffL);
                } else {
                    writeRegister(register, value << 32, 0xffff_ffffL << 32);
                }
            }
        }
    }

    private long readRegister(int register) {
        return switch (register) {
            case GENERAL_CAPABILITIES -> CAPABILITIES;
            case GENERAL_CONFIGURATION -> configuration;
            case INTERRUPT_STATUS -> status;
            case MAIN_COUNTER -> counter();
            default -> {
                int index = (register - TIMER_BASE) / TIMER_STRIDE;
                yield register >= TIMER_BASE && index < TIMERS
                        ? timers[index].read(register & TIMER_STRIDE - 1)
                        : 0;
            }
        };
    }

    /** Writes the bits of a register that are set in {@code mask}. */
    private void writeRegister(int register, long value, long mask) {
        switch (register) {
            case GENERAL_CONFIGURATION -> configure(value & mask | configuration & ~mask);
            case INTERRUPT_STATUS -> {
                int cleared = (int) (value & mask) & status;
                status &= ~cleared;
                for (int i = 0; i < TIMERS; i++) {
                    if ((cleared >>> i & 1) != 0) {
                        timers[i].updateLine();
                    }
                }
            }
            case MAIN_COUNTER -> {
                settleAll();
                counter = value & mask | counter() & ~mask;
                start = clock.nanoTime();
                scheduleAll();
            }
            default -> {
                int index = (register - TIMER_BASE) / TIMER_STRIDE;
                if (register >= TIMER_BASE && index < TIMERS) {
                    timers[index].write(register & TIMER_STRIDE - 1, value, mask);
                }
            }
        }
    }

    private void configure(long value) {
        settleAll();
        counter = counter();
        configuration = value & (ENABLE | LEGACY);
        start = clock.nanoTime();
        updateLegacyInputs();
        for (HpetTimer timer : timers) {
            timer.updateLine();
        }
        scheduleAll();
    }

    private void settleAll() {
        for (HpetTimer timer : timers) {
            timer.settle();
        }
    }

    private void scheduleAll() {
        for (HpetTimer timer : timers) {
            timer.schedule();
        }
    }

    // ---- State

    @Override
    public synchronized void save(DataOutput out) throws IOException {
        SavedState.begin(out, VERSION);
        out.writeByte((int) configuration);
        out.writeByte(status);
        out.writeLong(counter());
        for (HpetTimer timer : timers) {
            timer.save(out);
        }
    }

    @Override
    public synchronized void restore(DataInput in) throws IOException {
        SavedState.expect(in, name(), VERSION);
        configuration = in.readUnsignedByte() & (ENABLE | LEGACY);
        status = in.readUnsignedByte() & (1 << TIMERS) - 1;
        counter = in.readLong();
        start = clock.nanoTime();
        for (HpetTimer timer : timers) {
            timer.restore(in);
        }
        updateLegacyInputs();
        for (HpetTimer timer : timers) {
            timer.updateLine();
        }
        scheduleAll();
    }

    @Override
    public synchronized void close() {
        for (HpetTimer timer : timers) {
            timer.disarm();
        }
    }
}
