package org.jvisor.emulator.math;

/** 80-bit numbers as text: sign and exponent, underscore, significand, in hexadecimal. */
final class Extended {
    private Extended() {}

    static int se(String text) {
        return Integer.parseInt(text.substring(0, 4), 16);
    }

    static long sig(String text) {
        return Long.parseUnsignedLong(text.substring(5), 16);
    }

    /** The result an object holds. */
    static String text(X87Float f) {
        return "%04x_%016x".formatted(f.se, f.sig);
    }
}
