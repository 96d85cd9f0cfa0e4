package org.jvisor.emulator.math;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StringCompareTest {
    private static long half(String text, int which) {
        byte[] bytes = new byte[16];
        byte[] given = text.getBytes(StandardCharsets.ISO_8859_1);
        System.arraycopy(given, 0, bytes, 0, given.length);
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(8 * which);
    }

    private static int compare(String a, String b, int control) {
        long a0 = half(a, 0);
        long a1 = half(a, 1);
        long b0 = half(b, 0);
        long b1 = half(b, 1);
        return StringCompare.compare(
                a0,
                a1,
                StringCompare.implicitLength(a0, a1, control),
                b0,
                b1,
                StringCompare.implicitLength(b0, b1, control),
                control);
    }

    /** The positions are those at which the bits of IntRes2 are set (SDM 2B §4.1). */
    @ParameterizedTest
    @CsvSource({
        "aeiou, hello world, 0x00, '1 4 7'", // equal any
        "az09,  x-7,         0x04, '0 2'", // ranges
        "hello, help me,     0x08, '0 1 2 7 8 9 10 11 12 13 14 15'", // equal each
        "lo,    hello lo,    0x0c, '3 6'", // equal ordered
        "aeiou, hello,       0x10, '0 2 3 5 6 7 8 9 10 11 12 13 14 15'", // negated
        "aeiou, hello,       0x30, '0 2 3'", // negated where valid
    })
    void stringsCompareAsTheManualSays(String a, String b, String control, String expected) {
        int result = compare(a, b, Integer.decode(control));
        StringBuilder positions = new StringBuilder();
        for (int i = 0; i < 16; i++) {
            if ((result & 1 << i) != 0) {
                positions.append(positions.isEmpty() ? "" : " ").append(i);
            }
        }
        assertThat(positions).hasToString(expected);
    }

    @Test
    void flagsTellOfShortOperandsAndOfTheFirstElement() {
        int result = compare("h", "hello", 0);
        assertThat(result & ~0xffff)
                .isEqualTo(
                        StringCompare.CF | StringCompare.ZF | StringCompare.SF | StringCompare.OF);
    }

    @Test
    void anExplicitLengthIsItsMagnitudeUpToAll() {
        assertThat(StringCompare.explicitLength(-3, 0)).isEqualTo(3);
        assertThat(StringCompare.explicitLength(Long.MIN_VALUE, 0)).isEqualTo(16);
        assertThat(StringCompare.explicitLength(100, 1)).isEqualTo(8);
    }
}
