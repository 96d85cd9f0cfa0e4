package org.jvisor.firmware.payload;

/** The checksum of Zstandard frames: xxHash, 64 bits, seed 0, fed piece by piece. */
final class XxHash64 {
    private static final long P1 = 0x9e37_79b1_85eb_ca87L;
    private static final long P2 = 0xc2b2_ae3d_27d4_eb4fL;
    private static final long P3 = 0x1656_67b1_9e37_79f9L;
    private static final long P4 = 0x85eb_ca77_c2b2_ae63L;
    private static final long P5 = 0x27d4_eb2f_1656_67c5L;
    private static final int STRIPE = 32;

    /** P1 + P2, P2, 0 and -P1, in 64 bits. */
    private long a = 0x60ea_27ee_adc0_b5d6L, b = P2, c, d = -P1;

    private long total;
    private final byte[] rest = new byte[STRIPE];
    private int kept;

    void update(byte[] bytes, int offset, int length) {
        total += length;
        int at = offset;
        int end = offset + length;
        if (kept > 0) {
            int taken = Math.min(STRIPE - kept, length);
            System.arraycopy(bytes, at, rest, kept, taken);
            kept += taken;
            at += taken;
            if (kept < STRIPE) {
                return;
            }
            stripes(rest, 0, STRIPE);
            kept = 0;
        }
        int whole = at + (end - at) / STRIPE * STRIPE;
        stripes(bytes, at, whole);
        kept = end - whole;
        System.arraycopy(bytes, whole, rest, 0, kept);
    }

    private void stripes(byte[] bytes, int from, int to) {
        long a = this.a;
        long b = this.b;
        long c = this.c;
        long d = this.d;
        for (int at = from; at < to; at += STRIPE) {
            a = round(a, Bytes.int64(bytes, at));
            b = round(b, Bytes.int64(bytes, at + 8));
            c = round(c, Bytes.int64(bytes, at + 16));
            d = round(d, Bytes.int64(bytes, at + 24));
        }
        this.a = a;
        this.b = b;
        this.c = c;
        this.d = d;
    }

    long value() {
        long hash;
        if (total >= STRIPE) {
            hash =
                    Long.rotateLeft(a, 1)
                            + Long.rotateLeft(b, 7)
                            + Long.rotateLeft(c, 12)
                            + Long.rotateLeft(d, 18);
            for (long lane : new long[] {a, b, c, d}) {
                hash = (hash ^ round(0, lane)) * P1 + P4;
            }
        } else {
            hash = P5;
        }
        hash += total;
        int at = 0;
        for (; at + 8 <= kept; at += 8) {
            hash = Long.rotateLeft(hash ^ round(0, Bytes.int64(rest, at)), 27) * P1 + P4;
        }
        if (at + 4 <= kept) {
            long word = Integer.toUnsignedLong(Bytes.int32(rest, at));
            hash = Long.rotateLeft(hash ^ word * P1, 23) * P2 + P3;
            at += 4;
        }
        for (; at < kept; at++) {
            hash = Long.rotateLeft(hash ^ (rest[at] & 0xff) * P5, 11) * P1;
        }
        hash = (hash ^ hash >>> 33) * P2;
        hash = (hash ^ hash >>> 29) * P3;
        return hash ^ hash >>> 32;
    }

    private static long round(long lane, long word) {
        return Long.rotateLeft(lane + word * P2, 31) * P1;
    }
}
