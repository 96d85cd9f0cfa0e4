package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** The lazy flags against their definitions, bit by bit. */
class FlagsTest {
    private final TestGuest guest = new TestGuest();
    private final Cpu c = guest.c;

    private static BigInteger unsigned(long value, int size) {
        return BigInteger.valueOf(value).and(mask(size));
    }

    private static BigInteger signed(long value, int size) {
        return BigInteger.valueOf(Alu.extend(value, size));
    }

    private static BigInteger mask(int size) {
        return BigInteger.ONE.shiftLeft(8 * size).subtract(BigInteger.ONE);
    }

    private static int resultFlags(BigInteger result, int size) {
        BigInteger cut = result.and(mask(size));
        return (cut.signum() == 0 ? Cpu.ZF : 0)
                | (cut.testBit(8 * size - 1) ? Cpu.SF : 0)
                | (cut.and(BigInteger.valueOf(0xff)).bitCount() % 2 == 0 ? Cpu.PF : 0);
    }

    private static boolean overflows(BigInteger exact, int size) {
        return exact.bitLength() > 8 * size - 1;
    }

    @Property
    void additionSetsEachFlagAsDefined(
            @ForAll long a,
            @ForAll long b,
            @ForAll boolean carry,
            @ForAll @IntRange(max = 3) int s) {
        int size = 1 << s;
        int in = carry ? 1 : 0;
        Alu.add(c, a, b, in, size);
        BigInteger sum = unsigned(a, size).add(unsigned(b, size)).add(BigInteger.valueOf(in));
        BigInteger exact = signed(a, size).add(signed(b, size)).add(BigInteger.valueOf(in));
        int expected =
                resultFlags(sum, size)
                        | (sum.bitLength() > 8 * size ? Cpu.CF : 0)
                        | (overflows(exact, size) ? Cpu.OF : 0)
                        | ((a & 15) + (b & 15) + in > 15 ? Cpu.AF : 0);
        assertThat(Flags.arithmetic(c)).isEqualTo(expected);
    }

    @Property
    void subtractionSetsEachFlagAsDefined(
            @ForAll long a,
            @ForAll long b,
            @ForAll boolean borrow,
            @ForAll @IntRange(max = 3) int s) {
        int size = 1 << s;
        int in = borrow ? 1 : 0;
        Alu.sub(c, a, b, in, size);
        BigInteger difference =
                unsigned(a, size).subtract(unsigned(b, size)).subtract(BigInteger.valueOf(in));
        BigInteger exact =
                signed(a, size).subtract(signed(b, size)).subtract(BigInteger.valueOf(in));
        int expected =
                resultFlags(difference, size)
                        | (difference.signum() < 0 ? Cpu.CF : 0)
                        | (overflows(exact, size) ? Cpu.OF : 0)
                        | ((a & 15) - (b & 15) - in < 0 ? Cpu.AF : 0);
        assertThat(Flags.arithmetic(c)).isEqualTo(expected);
    }

    @Property
    void theFastFormsAgreeWithTheGeneralOnes(@ForAll long a, @ForAll long b) {
        long sum = Alu.add(c, a, b, 0, 8);
        int sumFlags = Flags.arithmetic(c);
        assertThat(Alu.add64(c, a, b)).isEqualTo(sum);
        assertThat(Flags.arithmetic(c)).isEqualTo(sumFlags);
        int difference = (int) Alu.sub(c, a, b, 0, 4);
        int differenceFlags = Flags.arithmetic(c);
        assertThat(Alu.sub32(c, (int) a, (int) b)).isEqualTo(difference);
        assertThat(Flags.arithmetic(c)).isEqualTo(differenceFlags);
    }

    @Property
    void anyCombinationOfFlagsCanBeStoredAndReadBack(@ForAll @IntRange(max = 63) int combination) {
        int[] bits = {Cpu.CF, Cpu.PF, Cpu.AF, Cpu.ZF, Cpu.SF, Cpu.OF};
        int flags = 0;
        for (int i = 0; i < 6; i++) {
            flags |= (combination >> i & 1) * bits[i];
        }
        Flags.set(c, flags);
        assertThat(Flags.arithmetic(c)).isEqualTo(flags);
    }

    @Property
    void conditionsFollowFromTheFlags(
            @ForAll @IntRange(max = 63) int combination, @ForAll @IntRange(max = 15) int cc) {
        anyCombinationOfFlagsCanBeStoredAndReadBack(combination);
        int f = Flags.arithmetic(c);
        boolean less = (f & Cpu.SF) != 0 ^ (f & Cpu.OF) != 0;
        boolean expected =
                switch (cc >> 1) {
                    case 0 -> (f & Cpu.OF) != 0;
                    case 1 -> (f & Cpu.CF) != 0;
                    case 2 -> (f & Cpu.ZF) != 0;
                    case 3 -> (f & (Cpu.CF | Cpu.ZF)) != 0;
                    case 4 -> (f & Cpu.SF) != 0;
                    case 5 -> (f & Cpu.PF) != 0;
                    case 6 -> less;
                    default -> less || (f & Cpu.ZF) != 0;
                };
        assertThat(Flags.test(c, cc)).isEqualTo(expected ^ (cc & 1) != 0);
    }

    @Property
    void incrementAndDecrementLeaveTheCarryFlag(
            @ForAll long a, @ForAll boolean carry, @ForAll boolean up) {
        Flags.set(c, carry ? Cpu.CF : 0);
        Alu.increment(c, a, up ? 1 : -1, 4);
        int flags = Flags.arithmetic(c);
        if (up) {
            Alu.add(c, a, 1, 0, 4);
        } else {
            Alu.sub(c, a, 1, 0, 4);
        }
        int expected = Flags.arithmetic(c) & ~Cpu.CF | (carry ? Cpu.CF : 0);
        assertThat(flags).isEqualTo(expected);
    }
}
