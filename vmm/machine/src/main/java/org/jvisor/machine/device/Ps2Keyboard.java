package org.jvisor.machine.device;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * A PS/2 keyboard, as much of it as drivers ask for: reset, identification, LEDs, typematic rate
 * and scan code set 2. Its owner guards it and takes its bytes.
 */
final class Ps2Keyboard {
    private static final int ACK = 0xfa;
    private static final int RESEND = 0xfe;
    private static final int SELF_TEST_PASSED = 0xaa;

    /** Bytes for the host; the keyboard's own buffer holds 16, answers to commands included. */
    private final byte[] queue = new byte[32];

    private int head;
    private int size;
    private boolean scanning = true;
    private int leds;
    private int typematic = 0x2b;
    private int set = 2;

    /** The command whose argument comes next, or 0. */
    private int command;

    private int lastSent;

    void reset() {
        size = 0;
        head = 0;
        command = 0;
        lastSent = 0;
        leds = 0;
        defaults();
        scanning = true;
    }

    private void defaults() {
        typematic = 0x2b;
        set = 2;
    }

    boolean hasByte() {
        return size > 0;
    }

    int nextByte() {
        int value = queue[head] & 0xff;
        head = head + 1 & queue.length - 1;
        size--;
        lastSent = value;
        return value;
    }

    private void put(int value) {
        if (size < queue.length) {
            queue[head + size & queue.length - 1] = (byte) value;
            size++;
        }
    }

    /** Bits 0 scroll lock, 1 num lock, 2 caps lock. */
    int leds() {
        return leds;
    }

    /**
     * A key goes down or up. Nothing is sent while the host has disabled scanning, or when the
     * whole code does not fit.
     *
     * @param code scan code in set 2
     * @param extended whether the code follows 0xe0
     */
    void key(int code, boolean extended, boolean down) {
        if (!scanning || size + 3 > queue.length / 2) {
            return;
        }
        if (extended) {
            put(0xe0);
        }
        if (!down) {
            put(0xf0);
        }
        put(code);
    }

    /** A byte from the host: a command, or the argument of one. */
    void receive(int value) {
        if (command != 0) {
            int pending = command;
            command = 0;
            if (argument(pending, value)) {
                return;
            }
        }
        switch (value) {
            case 0xed, 0xf0, 0xf3, 0xfb, 0xfc, 0xfd -> {
                command = value;
                put(ACK);
            }
            case 0xee -> put(0xee);
            case 0xf2 -> {
                put(ACK);
                put(0xab);
                put(0x83);
            }
            case 0xf4 -> {
                size = 0;
                scanning = true;
                put(ACK);
            }
            case 0xf5 -> {
                size = 0;
                defaults();
                scanning = false;
                put(ACK);
            }
            case 0xf6 -> {
                size = 0;
                defaults();
                put(ACK);
            }
            case 0xf7, 0xf8, 0xf9, 0xfa -> put(ACK); // key types of set 3
            case 0xfe -> put(lastSent);
            case 0xff -> {
                reset();
                put(ACK);
                put(SELF_TEST_PASSED);
            }
            default -> put(RESEND);
        }
    }

    /** Takes the argument of a command; false when it is a new command instead. */
    private boolean argument(int pending, int value) {
        switch (pending) {
            case 0xed -> {
                if (value >= 0x80) {
                    return false;
                }
                leds = value & 7;
            }
            case 0xf0 -> {
                if (value > 3) {
                    return false;
                }
                put(ACK);
                if (value == 0) {
                    put(set);
                } else {
                    set = value;
                }
                return true;
            }
            case 0xf3 -> {
                if (value >= 0x80) {
                    return false;
                }
                typematic = value;
            }
            default -> {
                // a key's type in set 3
            }
        }
        put(ACK);
        return true;
    }

    void save(DataOutput out) throws IOException {
        out.writeByte(size);
        for (int i = 0; i < size; i++) {
            out.writeByte(queue[head + i & queue.length - 1]);
        }
        out.writeBoolean(scanning);
        out.writeByte(leds);
        out.writeByte(typematic);
        out.writeByte(set);
        out.writeByte(command);
        out.writeByte(lastSent);
    }

    void restore(DataInput in) throws IOException {
        head = 0;
        size = SavedState.range(in.readUnsignedByte(), 0, queue.length, "the keyboard's bytes");
        in.readFully(queue, 0, size);
        scanning = in.readBoolean();
        leds = in.readUnsignedByte();
        typematic = in.readUnsignedByte();
        set = in.readUnsignedByte();
        command = in.readUnsignedByte();
        lastSent = in.readUnsignedByte();
    }
}
