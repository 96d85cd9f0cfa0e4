package org.jvisor.machine.device;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/** One 8259A interrupt controller (Intel 231468). Its owner guards it and routes its output. */
final class Pic8259Chip {
    private static final int NO_REQUEST = 8;

    /** The input that carries the slave on a master, or -1: it follows the slave's output. */
    private final int cascadeInput;

    private final int elcrMask;

    private int irr;
    private int isr;
    private int imr;
    private int elcr;
    private int lines;
    private int vectorBase;

    /** The input of highest priority, 0 to 7. */
    private int rotation;

    /** The initialisation word expected next: 2, 3 or 4; 0 when initialised. */
    private int expectedIcw;

    private boolean icw4Needed;
    private boolean single;
    private boolean levelMode;
    private boolean autoEoi;
    private boolean rotateOnAutoEoi;
    private boolean specialFullyNested;
    private boolean specialMask;
    private boolean readIsr;
    private boolean poll;

    Pic8259Chip(int cascadeInput, int elcrMask) {
        this.cascadeInput = cascadeInput;
        this.elcrMask = elcrMask;
    }

    void reset() {
        imr = 0;
        isr = 0;
        elcr = 0;
        irr = 0;
        vectorBase = 0;
        expectedIcw = 0;
        icw4Needed = false;
        single = false;
        levelMode = false;
        initialise();
        autoEoi = false;
        specialFullyNested = false;
    }

    /** What ICW1 does at once (231468 "Initialization command words"). */
    private void initialise() {
        imr = 0;
        isr = 0;
        irr = lines & levelInputs();
        rotation = 0;
        specialMask = false;
        readIsr = false;
        poll = false;
        rotateOnAutoEoi = false;
    }

    private int levelInputs() {
        int level = levelMode ? 0xff : elcr;
        return cascadeInput < 0 ? level : level | 1 << cascadeInput;
    }

    /** Drives an input. */
    void setInput(int input, boolean high) {
        int bit = 1 << input;
        if ((levelInputs() & bit) != 0) {
            irr = high ? irr | bit : irr & ~bit;
        } else if (high && (lines & bit) == 0) {
            irr |= bit;
        }
        lines = high ? lines | bit : lines & ~bit;
    }

    /** The input that INT is asserted for, or -1. */
    int request() {
        int wanted = priority(irr & ~imr);
        if (wanted == NO_REQUEST) {
            return -1;
        }
        int serving = specialMask ? isr & ~imr : isr;
        if (specialFullyNested && cascadeInput >= 0) {
            serving &= ~(1 << cascadeInput);
        }
        return wanted < priority(serving) ? wanted + rotation & 7 : -1;
    }

    /** INTA for {@code input}: it goes from requested to in service. */
    void acknowledge(int input) {
        int bit = 1 << input;
        if (!autoEoi) {
            isr |= bit;
        } else if (rotateOnAutoEoi) {
            rotation = input + 1 & 7;
        }
        if ((levelInputs() & bit) == 0) {
            irr &= ~bit;
        }
    }

    /** The vector of an input. */
    int vector(int input) {
        return vectorBase | input;
    }

    private int priority(int set) {
        if (set == 0) {
            return NO_REQUEST;
        }
        int rotated = (set >>> rotation | set << (8 - rotation)) & 0xff;
        return Integer.numberOfTrailingZeros(rotated);
    }

    int read(int offset) {
        if (poll) {
            poll = false;
            int input = request();
            if (input < 0) {
                return 0;
            }
            acknowledge(input);
            return 0x80 | input;
        }
        if (offset != 0) {
            return imr;
        }
        return readIsr ? isr : irr;
    }

    void write(int offset, int value) {
        if (offset == 0) {
            if ((value & 0x10) != 0) {
                writeIcw1(value);
            } else if ((value & 0x08) != 0) {
                writeOcw3(value);
            } else {
                writeOcw2(value);
            }
            return;
        }
        switch (expectedIcw) {
            case 2 -> {
                vectorBase = value & 0xf8;
                expectedIcw = single ? icw4Needed ? 4 : 0 : 3;
            }
            case 3 -> expectedIcw = icw4Needed ? 4 : 0;
            case 4 -> {
                specialFullyNested = (value & 0x10) != 0;
                autoEoi = (value & 0x02) != 0;
                expectedIcw = 0;
            }
            default -> imr = value;
        }
    }

    private void writeIcw1(int value) {
        levelMode = (value & 0x08) != 0;
        single = (value & 0x02) != 0;
        icw4Needed = (value & 0x01) != 0;
        initialise();
        if (!icw4Needed) {
            specialFullyNested = false;
            autoEoi = false;
        }
        expectedIcw = 2;
    }

    private void writeOcw3(int value) {
        if ((value & 0x40) != 0) {
            specialMask = (value & 0x20) != 0;
        }
        if ((value & 0x02) != 0) {
            readIsr = (value & 0x01) != 0;
        }
        poll = (value & 0x04) != 0;
    }

    private void writeOcw2(int value) {
        int level = value & 7;
        switch (value >>> 5) {
            case 0 -> rotateOnAutoEoi = false;
            case 4 -> rotateOnAutoEoi = true;
            case 1, 5 -> { // non-specific EOI, and with rotation
                int serving = priority(specialMask ? isr & ~imr : isr);
                if (serving != NO_REQUEST) {
                    int input = serving + rotation & 7;
                    isr &= ~(1 << input);
                    if (value >>> 5 == 5) {
                        rotation = input + 1 & 7;
                    }
                }
            }
            case 3 -> isr &= ~(1 << level);
            case 6 -> rotation = level + 1 & 7;
            case 7 -> {
                isr &= ~(1 << level);
                rotation = level + 1 & 7;
            }
            default -> {
                // 2: no operation
            }
        }
    }

    int readElcr() {
        return elcr;
    }

    void writeElcr(int value) {
        elcr = value & elcrMask;
        irr = irr & ~elcr | lines & levelInputs();
    }

    void save(DataOutput out) throws IOException {
        out.writeByte(irr);
        out.writeByte(isr);
        out.writeByte(imr);
        out.writeByte(elcr);
        out.writeByte(lines);
        out.writeByte(vectorBase);
        out.writeByte(rotation);
        out.writeByte(expectedIcw);
        out.writeShort(
                bit(icw4Needed, 0)
                        | bit(single, 1)
                        | bit(levelMode, 2)
                        | bit(autoEoi, 3)
                        | bit(rotateOnAutoEoi, 4)
                        | bit(specialFullyNested, 5)
                        | bit(specialMask, 6)
                        | bit(readIsr, 7)
                        | bit(poll, 8));
    }

    void restore(DataInput in) throws IOException {
        irr = in.readUnsignedByte();
        isr = in.readUnsignedByte();
        imr = in.readUnsignedByte();
        elcr = in.readUnsignedByte() & elcrMask;
        lines = in.readUnsignedByte();
        vectorBase = in.readUnsignedByte() & 0xf8;
        rotation = in.readUnsignedByte() & 7;
        expectedIcw = SavedState.range(in.readUnsignedByte(), 0, 4, "the 8259's next ICW");
        int flags = in.readUnsignedShort();
        icw4Needed = (flags & 1) != 0;
        single = (flags & 1 << 1) != 0;
        levelMode = (flags & 1 << 2) != 0;
        autoEoi = (flags & 1 << 3) != 0;
        rotateOnAutoEoi = (flags & 1 << 4) != 0;
        specialFullyNested = (flags & 1 << 5) != 0;
        specialMask = (flags & 1 << 6) != 0;
        readIsr = (flags & 1 << 7) != 0;
        poll = (flags & 1 << 8) != 0;
    }

    private static int bit(boolean flag, int at) {
        return flag ? 1 << at : 0;
    }
}
