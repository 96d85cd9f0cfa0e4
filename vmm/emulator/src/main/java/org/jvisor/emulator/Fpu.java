package org.jvisor.emulator;

import org.jvisor.emulator.math.FloatCore;
import org.jvisor.emulator.math.X87Functions;

/**
 * The x87 state (SDM 1 §8.1), which MMX shares: eight registers R0 to R7 of 80 bits, of which ST(0)
 * is R[TOP]. Register numbers here are physical unless said otherwise.
 *
 * <p>An exception that is unmasked is only noted, in FSW.ES; the next waiting instruction raises it
 * as #MF. With CR0.NE clear the CPU would assert FERR# for the board to turn into IRQ 13; this
 * board has no such wire and behaves as if IGNNE# were asserted.
 */
final class Fpu {
    /** FSW bits beside the exception flags. */
    static final int SF = 0x40, ES = 0x80, C0 = 0x100, C1 = 0x200, C2 = 0x400, C3 = 0x4000;

    /** FSW's busy bit, a copy of ES. */
    static final int BUSY = 0x8000;

    /** All condition codes. */
    static final int CONDITIONS = C0 | C1 | C2 | C3;

    private static final long DEFAULT_NAN = 0xc000_0000_0000_0000L;
    private static final int STOPPING = FloatCore.IE | FloatCore.DE | FloatCore.ZE;

    /** Significands; the MMX registers. */
    final long[] sig = new long[8];

    /** Signs and exponents. */
    final int[] se = new int[8];

    /** FCW; change it through {@link #setControl}. */
    int fcw = 0x40;

    /** FSW but for TOP. */
    int fsw;

    /** TOP, 0 to 7. */
    int top;

    /** A bit for each register that is not empty: the tag word as FXSAVE has it. */
    int full = 0xff;

    /** Address of the last instruction that was not a control instruction, and its code segment. */
    long lastIp;

    /** See {@link #lastIp}. */
    int lastCs;

    /** Offset of its memory operand, if it had one, and the data segment. */
    long lastDp;

    /** See {@link #lastDp}. */
    int lastDs;

    /** The low three bits of its opcode, and its ModRM byte. */
    int lastOpcode;

    /** Does the arithmetic; holds what it derives from FCW. */
    final X87Functions math = new X87Functions();

    Fpu() {
        math.control(fcw);
    }

    // ---- control, status and tags ----

    /** FNINIT. */
    void init() {
        fsw = 0;
        top = 0;
        full = 0;
        setControl(0x37f);
        lastIp = 0;
        lastCs = 0;
        lastDp = 0;
        lastDs = 0;
        lastOpcode = 0;
    }

    /** Writes FCW: may make noted exceptions pending or not. */
    void setControl(int value) {
        fcw = value & 0x1f7f | 0x40;
        math.control(fcw);
        summarize();
    }

    /** FSW with TOP. */
    int status() {
        return fsw | top << 11;
    }

    /** Writes FSW with TOP. */
    void setStatus(int value) {
        top = value >> 11 & 7;
        fsw = value & 0x477f;
        summarize();
    }

    /** Derives ES and B. */
    void summarize() {
        boolean pending = (fsw & ~fcw & 0x3f) != 0;
        fsw = pending ? fsw | ES | BUSY : fsw & ~(ES | BUSY);
    }

    /** The full tag word: 0 valid, 1 zero, 2 special, 3 empty, for R0 in the lowest bits. */
    int tagWord() {
        int word = 0;
        for (int i = 0; i < 8; i++) {
            int exponent = se[i] & 0x7fff;
            int tag;
            if ((full & 1 << i) == 0) {
                tag = 3;
            } else if (exponent == 0x7fff || sig[i] >= 0) {
                tag = exponent == 0 && sig[i] == 0 ? 1 : 2;
            } else {
                tag = exponent == 0 ? 2 : 0;
            }
            word |= tag << 2 * i;
        }
        return word;
    }

    /** Takes over which registers are empty from a full tag word. */
    void setTagWord(int word) {
        full = 0;
        for (int i = 0; i < 8; i++) {
            full |= (word >> 2 * i & 3) != 3 ? 1 << i : 0;
        }
    }

    // ---- the stack; i counts from ST(0) ----

    /** The register that is ST(i). */
    int st(int i) {
        return top + i & 7;
    }

    boolean empty(int i) {
        return (full & 1 << st(i)) == 0;
    }

    void set(int i, int signExponent, long significand) {
        int n = st(i);
        se[n] = signExponent;
        sig[n] = significand;
        full |= 1 << n;
    }

    void pop() {
        full &= ~(1 << top);
        top = top + 1 & 7;
    }

    /** Pushes a value; the caller has seen that there is room. */
    void push(int signExponent, long significand) {
        top = top - 1 & 7;
        set(0, signExponent, significand);
    }

    // ---- exceptions ----

    /** Begins an operation: C1 and the exceptions it raises are not known yet. */
    void begin() {
        fsw &= ~C1;
        math.flags = 0;
        math.roundedUp = false;
    }

    /**
     * Ends an operation: takes over its exceptions and C1.
     *
     * @return whether its result counts: IE, DE and ZE unmasked leave everything as it was
     */
    boolean commit() {
        int flags = math.flags;
        fsw |= flags | (math.roundedUp ? C1 : 0);
        if ((flags & ~fcw & 0x3f) != 0) {
            fsw |= ES | BUSY;
        }
        return (flags & ~fcw & STOPPING) == 0;
    }

    /**
     * Notes a stack fault.
     *
     * @param overflow whether a register was not empty, rather than empty
     * @return whether it is masked: the result is then the default NaN
     */
    boolean stackFault(boolean overflow) {
        fsw |= FloatCore.IE | SF | (overflow ? C1 : 0);
        if ((fcw & FloatCore.IE) == 0) {
            fsw |= ES | BUSY;
            return false;
        }
        return true;
    }

    /** Whether ST(0) and ST(i) are there; notes an underflow otherwise. */
    boolean missing(int i) {
        return empty(0) || empty(i);
    }

    /** Puts the default NaN in ST(i). */
    void setDefaultNan(int i) {
        set(i, 0xffff, DEFAULT_NAN);
    }

    /** Pushes the default NaN. */
    void pushDefaultNan() {
        push(0xffff, DEFAULT_NAN);
    }

    // ---- MMX ----

    /** What every MMX instruction but EMMS does: TOP is 0 and no register is empty. */
    void enterMmx() {
        top = 0;
        full = 0xff;
    }

    /** Writes MM{@code n}: the exponent becomes all ones. */
    void setMmx(int n, long value) {
        sig[n] = value;
        se[n] = 0xffff;
    }
}
