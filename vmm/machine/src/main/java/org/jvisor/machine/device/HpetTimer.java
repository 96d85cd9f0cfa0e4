package org.jvisor.machine.device;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.jvisor.vmm.api.Clock;
import org.jvisor.vmm.api.IrqLine;
import org.jvisor.vmm.api.MsiSink;

/** One timer of a {@link Hpet}, guarded by it (IA-PC HPET 1.0a §2.3.8). */
final class HpetTimer {
    /** The I/O APIC inputs a timer can be routed to: 16 to 23. */
    static final int ROUTES = 0x00ff_0000;

    static final int LEGACY = 32;

    private static final int CONFIGURATION = 0x00, COMPARATOR = 0x08, FSB_ROUTE = 0x10;

    private static final long LEVEL = 1 << 1;
    private static final long INTERRUPT_ENABLE = 1 << 2;
    private static final long PERIODIC = 1 << 3;
    private static final long SET_VALUE = 1 << 6;
    private static final long MODE_32 = 1 << 8;
    private static final int ROUTE_SHIFT = 9;
    private static final long ROUTE = 0x1fL << ROUTE_SHIFT;
    private static final long FSB_ENABLE = 1 << 14;
    private static final long WRITABLE =
            LEVEL | INTERRUPT_ENABLE | PERIODIC | SET_VALUE | MODE_32 | ROUTE | FSB_ENABLE;

    /** Periodic, 64 bits, messages; and the routes in the upper half. */
    private static final long READ_ONLY = (long) ROUTES << 32 | 1 << 4 | 1 << 5 | 1 << 15;

    /** Interrupts closer together than this many nanoseconds are merged: no host can follow. */
    private static final long SHORTEST_PERIOD = 50_000;

    private final Hpet hpet;
    private final int index;
    private final Clock clock;
    private final Clock.Timer timer;
    private final IrqLine[] lines;
    private final MsiSink msi;

    private long configuration;
    private long comparator;

    /** What was last written to the comparator: a periodic timer's period. */
    private long period;

    private long fsbRoute;
    private int driven;
    private long deadline = Long.MAX_VALUE;

    /** Restored from a state whose deadline had passed. */
    private boolean overdue;

    /**
     * Makes a timer.
     *
     * @param lines by route, 0 to 31, and at {@link #LEGACY} the one of legacy replacement
     */
    HpetTimer(Hpet hpet, int index, Clock clock, IrqLine[] lines, MsiSink msi) {
        this.hpet = hpet;
        this.index = index;
        this.clock = clock;
        this.lines = lines;
        this.msi = msi;
        this.timer = clock.newTimer(this::onClock);
    }

    void reset() {
        disarm();
        lines[driven].set(false);
        overdue = false;
        configuration = 0;
        comparator = -1;
        period = 0;
        fsbRoute = 0;
    }

    void disarm() {
        deadline = Long.MAX_VALUE;
        timer.disarm();
    }

    private boolean narrow() {
        return (configuration & MODE_32) != 0;
    }

    private boolean periodic() {
        return (configuration & PERIODIC) != 0;
    }

    private long widthMask() {
        return narrow() ? 0xffff_ffffL : -1;
    }

    // ---- Registers

    long read(int register) {
        return switch (register) {
            case CONFIGURATION -> configuration | READ_ONLY;
            case COMPARATOR -> {
                catchUp();
                yield comparator;
            }
            case FSB_ROUTE -> fsbRoute;
            default -> 0;
        };
    }

    void write(int register, long value, long mask) {
        settle();
        switch (register) {
            case CONFIGURATION -> {
                configuration = (value & mask | configuration & ~mask) & WRITABLE;
                int route = (int) (configuration >>> ROUTE_SHIFT) & 0x1f;
                if ((ROUTES >>> route & 1) == 0) {
                    configuration &= ~ROUTE; // a route it does not have reads back as another
                }
                comparator &= widthMask();
                updateLine();
            }
            case COMPARATOR -> writeComparator(value, mask);
            case FSB_ROUTE -> fsbRoute = value & mask | fsbRoute & ~mask;
            default -> {
                return;
            }
        }
        schedule();
    }

    /**
     * In periodic mode a write sets the period, and the comparator itself only after SET_VALUE
     * (1.0a §2.3.9.2.2).
     */
    private void writeComparator(long value, long mask) {
        boolean whole = narrow() || mask == -1;
        long high = narrow() ? 0 : mask;
        if (!periodic() || (configuration & SET_VALUE) != 0) {
            comparator = value & mask | comparator & ~(narrow() ? -1 : mask);
            comparator &= widthMask();
        }
        if (periodic()) {
            period = (value & mask | (whole ? 0 : period & ~high)) & widthMask();
        }
        // A 64-bit comparator written by halves keeps SET_VALUE for the upper one.
        if (whole || (mask & 1) == 0) {
            configuration &= ~SET_VALUE;
        }
    }

    // ---- Time

    /** Ticks until the counter meets the comparator, 1 or more, unsigned. */
    private long distance() {
        long distance = comparator - hpet.counter() & widthMask();
        if (distance == 0) {
            return narrow() ? 1L << 32 : -1;
        }
        return distance;
    }

    /** Moves a periodic comparator that was reached to its next multiple. */
    private void catchUp() {
        if (!periodic() || period == 0 || clock.nanoTime() < deadline) {
            return;
        }
        long passed = hpet.counter() - comparator & widthMask();
        // More than half the range means that the comparator was moved on already.
        if (passed >= 0 && passed <= widthMask() >>> 1) {
            comparator = comparator + (passed / period + 1) * period & widthMask();
        }
    }

    void schedule() {
        if (!hpet.enabled() || (configuration & INTERRUPT_ENABLE) == 0) {
            disarm();
            return;
        }
        deadline = overdue ? clock.nanoTime() : hpet.timeOf(distance());
        overdue = false;
        timer.arm(deadline);
    }

    private void onClock() {
        synchronized (hpet) {
            settle();
            if (deadline != Long.MAX_VALUE) {
                timer.arm(deadline);
            }
        }
    }

    /** Interrupts if that is due, before anything about the timer is changed. */
    void settle() {
        long now = clock.nanoTime();
        if (now < deadline) {
            return;
        }
        catchUp();
        deadline = hpet.timeOf(distance());
        if (periodic()) {
            deadline = Math.max(deadline, now + SHORTEST_PERIOD);
        }
        fire();
    }

    // ---- Interrupts

    private void fire() {
        if ((configuration & FSB_ENABLE) != 0) {
            msi.send(fsbRoute >>> 32, (int) fsbRoute);
        } else if ((configuration & LEVEL) != 0) {
            hpet.setStatus(index);
            updateLine();
        } else {
            lines[route()].pulse();
        }
    }

    /** Which of {@link #lines} it drives. */
    private int route() {
        return hpet.legacy() && index < 2 ? LEGACY : (int) (configuration >>> ROUTE_SHIFT) & 0x1f;
    }

    /** Follows routing and status with a level-triggered line. */
    void updateLine() {
        int route = route();
        if (route != driven) {
            lines[driven].set(false);
            driven = route;
        }
        lines[route].set(
                (configuration & (LEVEL | INTERRUPT_ENABLE | FSB_ENABLE))
                                == (LEVEL | INTERRUPT_ENABLE)
                        && hpet.status(index));
    }

    // ---- State

    void save(DataOutput out) throws IOException {
        out.writeBoolean(clock.nanoTime() >= deadline);
        out.writeLong(configuration);
        out.writeLong(comparator);
        out.writeLong(period);
        out.writeLong(fsbRoute);
    }

    void restore(DataInput in) throws IOException {
        overdue = in.readBoolean();
        configuration = in.readLong() & WRITABLE;
        comparator = in.readLong();
        period = in.readLong();
        fsbRoute = in.readLong();
    }
}
