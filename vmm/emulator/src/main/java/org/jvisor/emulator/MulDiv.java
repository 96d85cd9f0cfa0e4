package org.jvisor.emulator;

import static org.jvisor.emulator.Cpu.RAX;
import static org.jvisor.emulator.Cpu.RDX;

/** MUL, IMUL, DIV, IDIV. */
final class MulDiv {
    private MulDiv() {}

    /** CF and OF: the high half matters. The rest, undefined, follows the low half. */
    private static void flags(Cpu c, long low, int size, boolean overflow) {
        c.fRes = Alu.extend(low, size);
        c.fCarry = overflow ? 1L << 63 : 0; // OF equals CF, so bit 62 is clear
    }

    /** MUL and IMUL with one operand. */
    static final class Multiply extends Insn {
        private final boolean signed;
        private final int size;

        Multiply(Decoded d) {
            super(d);
            signed = d.theForm().mnemonic.equals("IMUL");
            size = d.size(0);
        }

        @Override
        void exec(Cpu c) {
            long b = readE(c, size);
            long a = c.reg(RAX, size);
            long low;
            long high;
            if (size == 8) {
                low = a * b;
                high = signed ? Math.multiplyHigh(a, b) : Math.unsignedMultiplyHigh(a, b);
                c.r[RAX] = low;
                c.r[RDX] = high;
            } else {
                low = signed ? Alu.extend(a, size) * Alu.extend(b, size) : a * b;
                high = low >>> 8 * size;
                if (size == 1) {
                    c.setReg(RAX, 2, low);
                } else {
                    c.setReg(RAX, size, low);
                    c.setReg(RDX, size, high);
                }
            }
            long expected = signed ? Alu.extend(low, size) >> 63 : 0;
            flags(c, low, size, Alu.truncate(high ^ expected, size) != 0);
        }
    }

    /** IMUL Gv,Ev and IMUL Gv,Ev,I. */
    static Insn into(Decoded d) {
        return d.opSize == 8 ? new MultiplyInto64(d) : new MultiplyInto(d);
    }

    private static final class MultiplyInto64 extends Insn {
        private final boolean immediate;

        MultiplyInto64(Decoded d) {
            super(d);
            immediate = d.theForm().operands.size() == 3;
        }

        @Override
        void exec(Cpu c) {
            long a = mod == 3 ? c.r[rm] : c.mem.read64(ea(c));
            long b = immediate ? imm : c.r[reg];
            long low = a * b;
            c.r[reg] = low;
            c.fRes = low;
            c.fCarry = Math.multiplyHigh(a, b) == low >> 63 ? 0 : 1L << 63;
        }
    }

    private static final class MultiplyInto extends Insn {
        private final boolean immediate;

        MultiplyInto(Decoded d) {
            super(d);
            immediate = d.theForm().operands.size() == 3;
        }

        @Override
        void exec(Cpu c) {
            long a = Alu.extend(readE(c, opSize), opSize);
            long b = immediate ? imm : Alu.extend(c.r[reg], opSize);
            long low = a * b;
            boolean overflow =
                    opSize == 8
                            ? Math.multiplyHigh(a, b) != low >> 63
                            : low != Alu.extend(low, opSize);
            c.setReg(reg, opSize, low);
            flags(c, low, opSize, overflow);
        }
    }

    /** DIV. */
    static final class Divide extends Insn {
        private final int size;

        Divide(Decoded d) {
            super(d);
            size = d.size(0);
        }

        @Override
        void exec(Cpu c) {
            long divisor = readE(c, size);
            if (divisor == 0) {
                throw c.fault(Cpu.DE);
            }
            if (size == 8) {
                long high = c.r[RDX];
                if (Long.compareUnsigned(high, divisor) >= 0) {
                    throw c.fault(Cpu.DE);
                }
                divide128(c, high, c.r[RAX], divisor);
                return;
            }
            long dividend = dividend(c, size);
            long quotient = Long.divideUnsigned(dividend, divisor);
            if (quotient != Alu.truncate(quotient, size)) {
                throw c.fault(Cpu.DE);
            }
            result(c, size, quotient, dividend - quotient * divisor);
        }
    }

    /** IDIV. */
    static final class DivideSigned extends Insn {
        private final int size;

        DivideSigned(Decoded d) {
            super(d);
            size = d.size(0);
        }

        @Override
        void exec(Cpu c) {
            long divisor = Alu.extend(readE(c, size), size);
            if (divisor == 0) {
                throw c.fault(Cpu.DE);
            }
            if (size == 8) {
                divideSigned128(c, c.r[RDX], c.r[RAX], divisor);
                return;
            }
            long dividend = Alu.extend(dividend(c, size), 2 * size);
            long quotient = dividend / divisor;
            if (quotient != Alu.extend(quotient, size)) {
                throw c.fault(Cpu.DE);
            }
            result(c, size, quotient, dividend - quotient * divisor);
        }
    }

    private static long dividend(Cpu c, int size) {
        return size == 1 ? c.reg(RAX, 2) : c.reg(RDX, size) << 8 * size | c.reg(RAX, size);
    }

    private static void result(Cpu c, int size, long quotient, long remainder) {
        if (size == 1) {
            c.setReg(RAX, 2, quotient & 0xff | (remainder & 0xff) << 8);
        } else {
            c.setReg(RAX, size, quotient);
            c.setReg(RDX, size, remainder);
        }
    }

    /** The quotient of DIV of 128 by 64 bits, for {@link RegionDivision}. */
    static long unsignedQuotient(Cpu c, long high, long low, long divisor) {
        if (divisor == 0 || Long.compareUnsigned(high, divisor) >= 0) {
            throw c.fault(Cpu.DE);
        }
        return quotient(c, high, low, divisor, false);
    }

    /** The quotient of IDIV of 128 by 64 bits, for {@link RegionDivision}. */
    static long signedQuotient(Cpu c, long high, long low, long divisor) {
        if (divisor == 0) {
            throw c.fault(Cpu.DE);
        }
        return quotient(c, high, low, divisor, true);
    }

    /** Leaves the registers as they are. */
    private static long quotient(Cpu c, long high, long low, long divisor, boolean signed) {
        long a = c.r[RAX];
        long d = c.r[RDX];
        try {
            if (signed) {
                divideSigned128(c, high, low, divisor);
            } else {
                divide128(c, high, low, divisor);
            }
            return c.r[RAX];
        } finally {
            c.r[RAX] = a;
            c.r[RDX] = d;
        }
    }

    /** Unsigned 128 by 64 bits; the quotient fits. */
    private static void divide128(Cpu c, long high, long low, long divisor) {
        if (high == 0) {
            c.r[RAX] = Long.divideUnsigned(low, divisor);
            c.r[RDX] = Long.remainderUnsigned(low, divisor);
            return;
        }
        // Knuth, The Art of Computer Programming 2, 4.3.1 algorithm D with 32-bit digits
        int s = Long.numberOfLeadingZeros(divisor);
        long v = divisor << s;
        long v1 = v >>> 32;
        long v0 = v & 0xffff_ffffL;
        long u32 = s == 0 ? high : high << s | low >>> 64 - s;
        long u10 = low << s;
        long q1 = digit(u32, u10 >>> 32, v1, v0);
        long u21 = (u32 << 32) + (u10 >>> 32) - q1 * v;
        long q0 = digit(u21, u10 & 0xffff_ffffL, v1, v0);
        c.r[RAX] = (q1 << 32) + q0;
        c.r[RDX] = (u21 << 32) + (u10 & 0xffff_ffffL) - q0 * v >>> s;
    }

    private static long digit(long u, long next, long v1, long v0) {
        long q = Long.divideUnsigned(u, v1);
        long rest = u - q * v1;
        while (q >>> 32 != 0 || Long.compareUnsigned(q * v0, (rest << 32) + next) > 0) {
            q--;
            rest += v1;
            if (rest >>> 32 != 0) {
                break;
            }
        }
        return q;
    }

    private static void divideSigned128(Cpu c, long high, long low, long divisor) {
        boolean negative = high < 0;
        long h = negative ? ~high + (low == 0 ? 1 : 0) : high;
        long l = negative ? -low : low;
        long v = Math.abs(divisor); // Long.MIN_VALUE stays: right as an unsigned value
        if (Long.compareUnsigned(h, v) >= 0) {
            throw c.fault(Cpu.DE);
        }
        boolean minus = negative != divisor < 0;
        long a = c.r[RAX];
        long d = c.r[RDX];
        divide128(c, h, l, v);
        long quotient = c.r[RAX];
        long remainder = c.r[RDX];
        if (minus ? Long.compareUnsigned(quotient, Long.MIN_VALUE) > 0 : quotient < 0) {
            c.r[RAX] = a;
            c.r[RDX] = d;
            throw c.fault(Cpu.DE);
        }
        c.r[RAX] = minus ? -quotient : quotient;
        c.r[RDX] = negative ? -remainder : remainder;
    }
}
