package org.jvisor.virtio.testing;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * What a fuzzer made, taken as choices: whatever draws random numbers can be steered by it. Small
 * ranges cost one byte, so that a changed byte changes one choice. All zeros once it is used up.
 */
public final class FuzzInput implements RandomGenerator {
    private final byte[] bytes;
    private int next;

    /** Takes the bytes from the first to the last. */
    public FuzzInput(byte[] bytes) {
        this.bytes = bytes;
    }

    /** What is left, at most {@code most} bytes; it is taken. */
    public byte[] rest(int most) {
        int end = Math.min(bytes.length, next + most);
        byte[] rest = Arrays.copyOfRange(bytes, next, end);
        next = end;
        return rest;
    }

    /** Whether there is nothing left. */
    public boolean exhausted() {
        return next >= bytes.length;
    }

    /** Whether choices are a fuzzer's, and there are no more. */
    public static boolean isExhausted(RandomGenerator choices) {
        return choices instanceof FuzzInput input && input.exhausted();
    }

    private long take(int count) {
        long value = 0;
        for (int i = 0; i < count; i++) {
            value |= (next < bytes.length ? bytes[next++] & 0xffL : 0) << i * 8;
        }
        return value;
    }

    @Override
    public boolean nextBoolean() {
        return (take(1) & 1) != 0;
    }

    @Override
    public int nextInt() {
        return (int) take(4);
    }

    @Override
    public int nextInt(int bound) {
        int cost = bound <= 1 << 8 ? 1 : bound <= 1 << 16 ? 2 : 4;
        return (int) (take(cost) % bound);
    }

    @Override
    public int nextInt(int origin, int bound) {
        return origin + nextInt(bound - origin);
    }

    @Override
    public long nextLong() {
        return take(8);
    }

    @Override
    public long nextLong(long bound) {
        return bound <= Integer.MAX_VALUE
                ? nextInt((int) bound)
                : Long.remainderUnsigned(take(8), bound);
    }
}
