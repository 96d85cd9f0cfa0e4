package org.jvisor.emulator;

import java.util.Arrays;

/**
 * What a user-mode instruction reads and changes, memory aside: the state that the differential
 * tests load and compare.
 */
final class UserState {
    /** The general registers in the order of their encoding. */
    final long[] gpr = new long[16];

    /** RFLAGS. */
    long flags = 2;

    long rip;

    /** x87, MMX, XMM and MXCSR in the 64-bit FXSAVE layout. */
    final byte[] fx = new byte[512];

    /** Offsets in {@link #fx}. */
    static final int FCW = 0, FSW = 2, FTW = 4, FOP = 6, FIP = 8, FDP = 16, MXCSR = 24;

    /** Offsets in {@link #fx} of the first x87 and XMM registers; 16 bytes each. */
    static final int ST = 32, XMM = 160;

    /** The end of what FXSAVE writes in {@link #fx}. */
    static final int FX_END = 416;

    UserState() {
        setShort(FCW, 0x37f);
        setInt(MXCSR, 0x1f80);
    }

    void copyFrom(UserState other) {
        System.arraycopy(other.gpr, 0, gpr, 0, 16);
        flags = other.flags;
        rip = other.rip;
        System.arraycopy(other.fx, 0, fx, 0, 512);
    }

    UserState copy() {
        UserState made = new UserState();
        made.copyFrom(this);
        return made;
    }

    int getShort(int offset) {
        return fx[offset] & 0xff | (fx[offset + 1] & 0xff) << 8;
    }

    void setShort(int offset, int value) {
        fx[offset] = (byte) value;
        fx[offset + 1] = (byte) (value >> 8);
    }

    int getInt(int offset) {
        return getShort(offset) | getShort(offset + 2) << 16;
    }

    void setInt(int offset, int value) {
        setShort(offset, value);
        setShort(offset + 2, value >> 16);
    }

    long getLong(int offset) {
        return getInt(offset) & 0xffff_ffffL | (long) getInt(offset + 4) << 32;
    }

    void setLong(int offset, long value) {
        setInt(offset, (int) value);
        setInt(offset + 4, (int) (value >> 32));
    }

    /** Where the mantissa of the physical register that ST(i) names is kept: FXSAVE is by stack. */
    static int st(int i) {
        return ST + 16 * i;
    }

    static int xmm(int i) {
        return XMM + 16 * i;
    }

    @Override
    public String toString() {
        return "rip %#x flags %#x gpr %s".formatted(rip, flags, Arrays.toString(gpr));
    }
}
