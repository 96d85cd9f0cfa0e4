package org.jvisor.machine.device;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * One counter of an 8254 (Intel 231164). Nothing ticks: count and output are computed from the time
 * since the count was loaded. Its owner guards it and passes the time in.
 */
final class PitChannel {
    /** The input clock in Hz. */
    static final long HZ = 1_193_182;

    private static final int NULL_COUNT = 1 << 6;

    private int mode;
    private boolean bcd;

    /** 1 low byte, 2 high byte, 3 low then high. */
    private int access = 3;

    /** The count in use, 1 to 65536 (10000 in BCD), and the one that follows when it is over. */
    private int count = 65536;

    private int nextCount;

    /** Whether a count was loaded since the control word, and, in modes 1 and 5, triggered. */
    private boolean counting;

    /** Whether a count was written since the control word: what a trigger of modes 1, 5 needs. */
    private boolean written;

    private boolean gate;

    /** When counting began; the ticks done so far while the gate holds it. */
    private long start;

    private long heldTicks;

    private int lowByte;
    private boolean highByteNext;
    private boolean readHighNext;
    private int latched;
    private int latchedBytes;
    private int latchedStatus = -1;

    PitChannel(boolean gate) {
        this.gate = gate;
    }

    void reset(boolean gate) {
        this.gate = gate;
        mode = 0;
        bcd = false;
        access = 3;
        count = 65536;
        counting = false;
        written = false;
        start = 0;
        heldTicks = 0;
        endSequences();
    }

    private void endSequences() {
        nextCount = 0;
        lowByte = 0;
        highByteNext = false;
        readHighNext = false;
        latched = 0;
        latchedBytes = 0;
        latchedStatus = -1;
    }

    // ---- Time

    /** Whether the gate stops the count in this mode (231164 figure 21). */
    private boolean held() {
        return !gate && (mode == 0 || mode == 2 || mode == 3 || mode == 4);
    }

    private long ticks(long now) {
        return held() ? heldTicks : Ticks.fromNanos(now - start, HZ);
    }

    private boolean repeats() {
        return mode == 2 || mode == 3;
    }

    /** Loads the count that waits for the end of the period, if that has passed. */
    private void advance(long now) {
        if (nextCount != 0 && repeats() && counting && ticks(now) >= count) {
            start += Ticks.toNanos(count, HZ);
            count = nextCount;
            nextCount = 0;
        }
    }

    /** The level of OUT. */
    boolean output(long now) {
        advance(now);
        if (!counting) {
            return mode != 0;
        }
        long ticks = ticks(now);
        return switch (mode) {
            case 0 -> ticks >= count;
            case 1 -> ticks >= count;
            case 2 -> !gate || ticks % count != count - 1;
            case 3 -> !gate || ticks % count < (count + 1) / 2;
            default -> ticks != count;
        };
    }

    /**
     * When OUT next rises, in the clock's nanoseconds; {@link Ticks#FOREVER} or later when it will
     * not by itself.
     */
    long nextRise(long now) {
        advance(now);
        if (!counting || held()) {
            return Long.MAX_VALUE;
        }
        long ticks = ticks(now);
        if (repeats()) {
            long periods = ticks / count + 1;
            return start + Ticks.toNanos(periods * count, HZ);
        }
        long rise = mode >= 4 ? count + 1L : count;
        return ticks >= rise ? Long.MAX_VALUE : start + Ticks.toNanos(rise, HZ);
    }

    private int currentCount(long now) {
        advance(now);
        long modulus = bcd ? 10_000 : 65_536;
        long value;
        if (!counting) {
            value = count;
        } else if (mode == 2) {
            value = count - ticks(now) % count;
        } else if (mode == 3) {
            long half = (count + 1) / 2;
            long phase = ticks(now) % count;
            value = (count & ~1) - 2 * (phase < half ? phase : phase - half);
        } else {
            value = count - ticks(now);
        }
        int binary = (int) Math.floorMod(value, modulus);
        return bcd ? toBcd(binary) : binary;
    }

    // ---- Gate

    boolean gate() {
        return gate;
    }

    void setGate(boolean level, long now) {
        if (level == gate) {
            return;
        }
        advance(now);
        if (!level) {
            long ticks = ticks(now);
            gate = false;
            heldTicks = ticks;
            return;
        }
        boolean wasHeld = held();
        gate = true;
        switch (mode) {
            case 1, 5 -> {
                if (written) {
                    trigger(now);
                }
            }
            case 2, 3 -> {
                if (written) {
                    trigger(now); // a rising gate reloads
                }
            }
            default -> {
                if (wasHeld) {
                    start = now - Ticks.toNanos(heldTicks, HZ);
                }
            }
        }
    }

    private void trigger(long now) {
        if (nextCount != 0) {
            count = nextCount;
            nextCount = 0;
        }
        counting = true;
        start = now;
        heldTicks = 0;
    }

    // ---- Ports

    /** A control word for this counter, other than a read-back command. */
    void control(int value, long now) {
        int wanted = value >>> 4 & 3;
        if (wanted == 0) {
            latchCount(now);
            return;
        }
        access = wanted;
        mode = value >>> 1 & 7;
        if (mode > 5) {
            mode -= 4;
        }
        bcd = (value & 1) != 0;
        counting = false;
        written = false;
        heldTicks = 0;
        endSequences();
    }

    void latchCount(long now) {
        if (latchedBytes == 0) {
            latched = currentCount(now);
            latchedBytes = access;
        }
    }

    void latchStatus(long now) {
        if (latchedStatus < 0) {
            boolean unloaded = !counting || nextCount != 0;
            latchedStatus =
                    (output(now) ? 0x80 : 0)
                            | (unloaded ? NULL_COUNT : 0)
                            | access << 4
                            | mode << 1
                            | (bcd ? 1 : 0);
        }
    }

    int read(long now) {
        if (latchedStatus >= 0) {
            int status = latchedStatus;
            latchedStatus = -1;
            return status;
        }
        if (latchedBytes != 0) {
            boolean low = (latchedBytes & 1) != 0;
            latchedBytes &= low ? 2 : 0;
            return low ? latched & 0xff : latched >>> 8;
        }
        int value = currentCount(now);
        boolean high = access == 2 || access == 3 && readHighNext;
        if (access == 3) {
            readHighNext = !readHighNext;
        }
        return high ? value >>> 8 : value & 0xff;
    }

    void write(int value, long now) {
        switch (access) {
            case 1 -> load(value, now);
            case 2 -> load(value << 8, now);
            default -> {
                if (highByteNext) {
                    load(value << 8 | lowByte, now);
                } else {
                    lowByte = value;
                    if (mode == 0) {
                        counting = false; // the first byte stops the count (231164 "Mode 0")
                    }
                }
                highByteNext = !highByteNext;
            }
        }
    }

    private void load(int raw, long now) {
        int value = bcd ? fromBcd(raw) : raw;
        if (value == 0) {
            value = bcd ? 10_000 : 65_536;
        }
        advance(now);
        written = true;
        switch (mode) {
            case 1, 5 -> {
                // A trigger loads it; until then a count in progress is unaffected.
                if (counting) {
                    nextCount = value;
                } else {
                    count = value;
                }
            }
            case 2, 3 -> {
                if (counting) {
                    nextCount = value;
                } else {
                    count = value;
                    trigger(now);
                }
            }
            default -> {
                count = value;
                trigger(now);
            }
        }
    }

    private static int toBcd(int value) {
        return value / 1000 % 10 << 12 | value / 100 % 10 << 8 | value / 10 % 10 << 4 | value % 10;
    }

    private static int fromBcd(int value) {
        int decimal =
                (value >>> 12) * 1000
                        + (value >>> 8 & 15) * 100
                        + (value >>> 4 & 15) * 10
                        + (value & 15);
        return Math.min(decimal, 9999); // digits above 9 mean nothing
    }

    // ---- State

    void save(DataOutput out, long now) throws IOException {
        out.writeByte(mode);
        out.writeBoolean(bcd);
        out.writeByte(access);
        out.writeInt(count);
        out.writeInt(nextCount);
        out.writeBoolean(counting);
        out.writeBoolean(written);
        out.writeBoolean(gate);
        out.writeLong(now - start);
        out.writeLong(heldTicks);
        out.writeByte(lowByte);
        out.writeBoolean(highByteNext);
        out.writeBoolean(readHighNext);
        out.writeShort(latched);
        out.writeByte(latchedBytes);
        out.writeShort(latchedStatus);
    }

    void restore(DataInput in, long now) throws IOException {
        mode = SavedState.range(in.readUnsignedByte(), 0, 5, "a PIT counter's mode");
        bcd = in.readBoolean();
        access = SavedState.range(in.readUnsignedByte(), 1, 3, "a PIT counter's access");
        count = SavedState.range(in.readInt(), 1, 65_536, "a PIT count");
        nextCount = SavedState.range(in.readInt(), 0, 65_536, "a PIT count");
        counting = in.readBoolean();
        written = in.readBoolean();
        gate = in.readBoolean();
        start = now - Math.max(0, in.readLong());
        heldTicks = Math.max(0, in.readLong());
        lowByte = in.readUnsignedByte();
        highByteNext = in.readBoolean();
        readHighNext = in.readBoolean();
        latched = in.readUnsignedShort();
        latchedBytes = in.readUnsignedByte() & 3;
        latchedStatus = SavedState.range(in.readShort(), -1, 255, "a PIT status");
    }
}
