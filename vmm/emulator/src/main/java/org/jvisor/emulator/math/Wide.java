package org.jvisor.emulator.math;

/**
 * A floating-point number with a significand of 128 bits, for functions that need more than the 64
 * of the x87 format on the way to a correctly rounded result: {@code (-1)^sign * hi:lo * 2^(exp -
 * 127)}, bit 63 of {@code hi} set unless the number is zero. Operations replace the receiver and
 * are accurate to a few units in the last place; exponents never overflow here.
 */
final class Wide {
    int sign;
    int exp;
    long hi;
    long lo;

    Wide set(Wide other) {
        sign = other.sign;
        exp = other.exp;
        hi = other.hi;
        lo = other.lo;
        return this;
    }

    Wide set(int sign, int exp, long hi, long lo) {
        this.sign = sign;
        this.exp = exp;
        this.hi = hi;
        this.lo = lo;
        return this;
    }

    Wide set(long value) {
        if (value == 0) {
            return set(0, 0, 0, 0);
        }
        long m = Math.abs(value);
        int n = Long.numberOfLeadingZeros(m);
        return set(value < 0 ? 1 : 0, 63 - n, m << n, 0);
    }

    boolean isZero() {
        return hi == 0;
    }

    Wide negate() {
        sign ^= 1;
        return this;
    }

    /** Multiplies by {@code 2^n}. */
    Wide shift(int n) {
        exp += n;
        return this;
    }

    private void normalize() {
        if (hi == 0) {
            if (lo == 0) {
                set(0, 0, 0, 0);
                return;
            }
            hi = lo;
            lo = 0;
            exp -= 64;
        }
        int n = Long.numberOfLeadingZeros(hi);
        if (n > 0) {
            hi = hi << n | lo >>> (64 - n);
            lo <<= n;
            exp -= n;
        }
    }

    Wide subtract(Wide b) {
        return add(b.sign ^ 1, b.exp, b.hi, b.lo);
    }

    Wide add(Wide b) {
        return add(b.sign, b.exp, b.hi, b.lo);
    }

    private Wide add(int bs, int be, long bh, long bl) {
        if (bh == 0) {
            return this;
        }
        if (hi == 0) {
            return set(bs, be, bh, bl);
        }
        int as = sign;
        int ae = exp;
        long ah = hi;
        long al = lo;
        boolean swap =
                ae < be
                        || ae == be
                                && (Long.compareUnsigned(ah, bh) < 0
                                        || ah == bh && Long.compareUnsigned(al, bl) < 0);
        if (swap) {
            int s = as;
            as = bs;
            bs = s;
            int e = ae;
            ae = be;
            be = e;
            long h = ah;
            ah = bh;
            bh = h;
            long l = al;
            al = bl;
            bl = l;
        }
        int d = ae - be;
        if (d >= 128) {
            return set(as, ae, ah, al);
        }
        if (d >= 64) {
            bl = d == 64 ? bh : bh >>> (d - 64);
            bh = 0;
        } else if (d > 0) {
            bl = bl >>> d | bh << (64 - d);
            bh >>>= d;
        }
        sign = as;
        exp = ae;
        if (as == bs) {
            lo = al + bl;
            long carry = Long.compareUnsigned(lo, al) < 0 ? 1 : 0;
            hi = ah + bh + carry;
            int order = Long.compareUnsigned(hi, ah);
            if (order < 0 || order == 0 && carry != 0 && bh == -1) {
                lo = lo >>> 1 | hi << 63;
                hi = hi >>> 1 | Long.MIN_VALUE;
                exp++;
            }
        } else {
            lo = al - bl;
            hi = ah - bh - (Long.compareUnsigned(al, bl) < 0 ? 1 : 0);
            normalize();
        }
        return this;
    }

    Wide multiply(Wide b) {
        if (hi == 0 || b.hi == 0) {
            return set(0, 0, 0, 0);
        }
        long low = hi * b.hi;
        long high = Math.unsignedMultiplyHigh(hi, b.hi);
        long x = Math.unsignedMultiplyHigh(hi, b.lo);
        long y = Math.unsignedMultiplyHigh(lo, b.hi);
        long sum = low + x;
        high += Long.compareUnsigned(sum, x) < 0 ? 1 : 0;
        low = sum + y;
        high += Long.compareUnsigned(low, y) < 0 ? 1 : 0;
        return normalized(sign ^ b.sign, exp + b.exp + 1, high, low);
    }

    private Wide normalized(int s, int e, long h, long l) {
        if (h >= 0) {
            h = h << 1 | l >>> 63;
            l <<= 1;
            e--;
        }
        return set(s, e, h, l);
    }

    /** Divides by {@code b}, which is not zero, bit by bit. */
    Wide divide(Wide b) {
        if (hi == 0) {
            return this;
        }
        long rh = hi;
        long rl = lo;
        long qh = 0;
        long ql = 0;
        boolean carry = false;
        for (int i = 0; i < 129; i++) {
            qh = qh << 1 | ql >>> 63;
            ql <<= 1;
            boolean fits =
                    carry
                            || Long.compareUnsigned(rh, b.hi) > 0
                            || rh == b.hi && Long.compareUnsigned(rl, b.lo) >= 0;
            if (fits) {
                long borrow = Long.compareUnsigned(rl, b.lo) < 0 ? 1 : 0;
                rl -= b.lo;
                rh -= b.hi + borrow;
                ql |= 1;
            }
            if (i == 127 && qh < 0) {
                return set(sign ^ b.sign, exp - b.exp, qh, ql);
            }
            carry = rh < 0;
            rh = rh << 1 | rl >>> 63;
            rl <<= 1;
        }
        return set(sign ^ b.sign, exp - b.exp - 1, qh, ql);
    }

    /** Divides by a small positive integer. */
    Wide divide(int n, Wide scratch) {
        return divide(scratch.set(n));
    }

    /** Orders magnitudes. */
    int compareMagnitude(Wide b) {
        if (hi == 0 || b.hi == 0) {
            return Boolean.compare(hi != 0, b.hi != 0);
        }
        if (exp != b.exp) {
            return Integer.compare(exp, b.exp);
        }
        int order = Long.compareUnsigned(hi, b.hi);
        return order != 0 ? order : Long.compareUnsigned(lo, b.lo);
    }
}
