package org.jvisor.virtio;

import java.util.function.LongSupplier;

/**
 * Limits bandwidth and operations of one direction of a device, by two token buckets that fill with
 * time up to their burst. A request of any size is let through: it may take a bucket below zero,
 * and the time until that is filled up again is what the caller waits before it carries the request
 * out. Any thread may call it.
 */
public final class RateLimiter {
    private static final long SECOND = 1_000_000_000L;

    private final LongSupplier nanoTime;
    private final Bucket bytes;
    private final Bucket operations;

    /** The limits of one direction; 0 for none. */
    public record Limits(
            long bytesPerSecond, long burstBytes, long operationsPerSecond, long burstOperations) {
        /** No limits. */
        public static final Limits NONE = new Limits(0, 0, 0, 0);

        /**
         * Checks them.
         *
         * @param bytesPerSecond bandwidth, or 0 for no limit
         * @param burstBytes what may pass at once after a pause; 0 for a second's worth
         * @param operationsPerSecond requests, or 0 for no limit
         * @param burstOperations what may pass at once after a pause; 0 for a second's worth
         */
        public Limits {
            if (bytesPerSecond < 0
                    || burstBytes < 0
                    || operationsPerSecond < 0
                    || burstOperations < 0) {
                throw new IllegalArgumentException(
                        "a rate limit is negative; 0 means that there is none");
            }
        }

        /** Whether nothing is limited. */
        public boolean none() {
            return bytesPerSecond == 0 && operationsPerSecond == 0;
        }
    }

    /**
     * Makes a limiter with full buckets.
     *
     * @param nanoTime the clock in nanoseconds, such as {@code System::nanoTime}
     */
    public RateLimiter(Limits limits, LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        long now = nanoTime.getAsLong();
        bytes = new Bucket(limits.bytesPerSecond, limits.burstBytes, now);
        operations = new Bucket(limits.operationsPerSecond, limits.burstOperations, now);
    }

    /**
     * Takes the tokens of one operation.
     *
     * @param size its bytes, 0 or more
     * @return nanoseconds to wait before it is carried out; 0 for none
     */
    public synchronized long take(long size) {
        long now = nanoTime.getAsLong();
        return Math.max(bytes.take(size, now), operations.take(1, now));
    }

    /** One kind of token. */
    private static final class Bucket {
        private final long rate;
        private final double capacity;
        private double level;
        private long last;

        Bucket(long rate, long burst, long now) {
            this.rate = rate;
            capacity = burst == 0 ? rate : burst;
            level = capacity;
            last = now;
        }

        long take(long tokens, long now) {
            if (rate == 0) {
                return 0;
            }
            level = Math.min(capacity, level + (double) (now - last) * rate / SECOND);
            last = now;
            level -= tokens;
            return level >= 0 ? 0 : (long) Math.ceil(-level * SECOND / rate);
        }
    }
}
