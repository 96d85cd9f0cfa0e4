package org.jvisor.machine.device;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.jvisor.vmm.api.Bus;
import org.jvisor.vmm.api.Clock;
import org.jvisor.vmm.api.Device;
import org.jvisor.vmm.api.IrqLine;

/**
 * The PC's 8254 interval timer and system control port B (0x61): counter 0 interrupts, counter 1
 * once refreshed DRAM and shows as a toggling bit, counter 2 is gated by port 0x61.
 */
public final class Pit8254 implements Device {
    private static final int VERSION = 1;

    /** Interrupts closer together than this many nanoseconds are merged: no host can follow. */
    private static final long SHORTEST_PERIOD = 50_000;

    /** Half a cycle of the refresh request, in nanoseconds. */
    private static final long REFRESH_TOGGLE = 15_085;

    private final Clock clock;
    private final IrqLine irq;
    private final Clock.Timer timer;
    private final PitChannel[] channels = {
        new PitChannel(true), new PitChannel(true), new PitChannel(false)
    };
    private boolean speaker;
    private long deadline = Long.MAX_VALUE;

    /**
     * Makes the timer in its power-on state.
     *
     * @param irq ISA IRQ 0, edge-triggered: each rise of counter 0's output is one edge
     */
    public Pit8254(Clock clock, IrqLine irq) {
        this.clock = clock;
        this.irq = irq;
        this.timer = clock.newTimer(this::onClock);
    }

    /** Maps ports 0x40 to 0x43 and 0x61. */
    public void attach(Bus ports) {
        ports.map(0x40, 4, new CounterPorts());
        ports.map(0x61, 1, new ControlPort());
    }

    @Override
    public String name() {
        return "pit";
    }

    @Override
    public synchronized void reset() {
        for (int i = 0; i < channels.length; i++) {
            channels[i].reset(i != 2);
        }
        speaker = false;
        schedule(clock.nanoTime());
        irq.set(false);
    }

    private void schedule(long now) {
        long next = channels[0].nextRise(now);
        if (next >= Ticks.FOREVER) {
            if (deadline != Long.MAX_VALUE) {
                deadline = Long.MAX_VALUE;
                timer.disarm();
            }
            return;
        }
        deadline = next;
        timer.arm(next);
    }

    private synchronized void onClock() {
        long now = clock.nanoTime();
        if (now < deadline) {
            if (deadline != Long.MAX_VALUE) {
                timer.arm(deadline);
            }
            return;
        }
        irq.pulse();
        // Periods that passed unseen are lost, as when interrupts are off for too long.
        long next = channels[0].nextRise(now);
        deadline = Long.MAX_VALUE;
        if (next < Ticks.FOREVER) {
            deadline = Math.max(next, now + SHORTEST_PERIOD);
            timer.arm(deadline);
        }
    }

    private final class CounterPorts extends ByteRegion {
        @Override
        int readByte(int offset) {
            synchronized (Pit8254.this) {
                return offset == 3 ? 0xff : channels[offset].read(clock.nanoTime());
            }
        }

        @Override
        void writeByte(int offset, int value) {
            synchronized (Pit8254.this) {
                long now = clock.nanoTime();
                if (offset < 3) {
                    channels[offset].write(value, now);
                } else if (value >>> 6 == 3) {
                    readBack(value, now);
                } else {
                    channels[value >>> 6].control(value, now);
                }
                if (offset == 0 || offset == 3 && value >>> 6 == 0 && (value & 0x30) != 0) {
                    schedule(now);
                }
            }
        }

        /** The read-back command: bits 5 and 4, active low, latch count and status. */
        private void readBack(int value, long now) {
            for (int i = 0; i < channels.length; i++) {
                if ((value & 2 << i) != 0) {
                    if ((value & 0x20) == 0) {
                        channels[i].latchCount(now);
                    }
                    if ((value & 0x10) == 0) {
                        channels[i].latchStatus(now);
                    }
                }
            }
        }
    }

    private final class ControlPort extends ByteRegion {
        @Override
        int readByte(int offset) {
            synchronized (Pit8254.this) {
                long now = clock.nanoTime();
                return (channels[2].gate() ? 0x01 : 0)
                        | (speaker ? 0x02 : 0)
                        | (now / REFRESH_TOGGLE % 2 != 0 ? 0x10 : 0)
                        | (channels[2].output(now) ? 0x20 : 0);
            }
        }

        @Override
        void writeByte(int offset, int value) {
            synchronized (Pit8254.this) {
                channels[2].setGate((value & 0x01) != 0, clock.nanoTime());
                speaker = (value & 0x02) != 0;
            }
        }
    }

    @Override
    public synchronized void save(DataOutput out) throws IOException {
        SavedState.begin(out, VERSION);
        for (PitChannel channel : channels) {
            channel.save(out, clock.nanoTime());
        }
        out.writeBoolean(speaker);
    }

    @Override
    public synchronized void restore(DataInput in) throws IOException {
        SavedState.expect(in, name(), VERSION);
        long now = clock.nanoTime();
        for (PitChannel channel : channels) {
            channel.restore(in, now);
        }
        speaker = in.readBoolean();
        schedule(now);
    }

    @Override
    public synchronized void close() {
        deadline = Long.MAX_VALUE;
        timer.disarm();
    }
}
