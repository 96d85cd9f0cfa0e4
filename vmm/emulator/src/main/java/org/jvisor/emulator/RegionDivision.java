package org.jvisor.emulator;

/** Quotients for translated code. The remainder follows by multiplication, modulo 2^64. */
final class RegionDivision {
    private RegionDivision() {}

    /**
     * DIV of 64 by 32 bits.
     *
     * @throws GuestFault #DE
     */
    static long unsigned32(Cpu c, long dividend, long divisor) {
        if (divisor == 0) {
            throw c.fault(Cpu.DE);
        }
        long quotient = Long.divideUnsigned(dividend, divisor);
        if (quotient >>> 32 != 0) {
            throw c.fault(Cpu.DE);
        }
        return quotient;
    }

    /**
     * IDIV of 64 by 32 bits; the divisor is sign-extended.
     *
     * @throws GuestFault #DE
     */
    static long signed32(Cpu c, long dividend, long divisor) {
        if (divisor == 0) {
            throw c.fault(Cpu.DE);
        }
        long quotient = dividend / divisor;
        if (quotient != (int) quotient) {
            throw c.fault(Cpu.DE);
        }
        return quotient;
    }

    /**
     * DIV of 128 by 64 bits.
     *
     * @throws GuestFault #DE
     */
    static long unsigned64(Cpu c, long high, long low, long divisor) {
        if (high == 0 && divisor != 0) {
            return Long.divideUnsigned(low, divisor);
        }
        return MulDiv.unsignedQuotient(c, high, low, divisor);
    }

    /**
     * IDIV of 128 by 64 bits.
     *
     * @throws GuestFault #DE
     */
    static long signed64(Cpu c, long high, long low, long divisor) {
        if (high == low >> 63 && divisor != 0 && (low != Long.MIN_VALUE || divisor != -1)) {
            return low / divisor;
        }
        return MulDiv.signedQuotient(c, high, low, divisor);
    }
}
