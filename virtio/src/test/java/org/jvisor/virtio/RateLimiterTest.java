package org.jvisor.virtio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class RateLimiterTest {
    private static final long SECOND = 1_000_000_000L;
    private long now = 5;

    private RateLimiter limiter(long bytes, long burstBytes, long operations, long burst) {
        return new RateLimiter(
                new RateLimiter.Limits(bytes, burstBytes, operations, burst), () -> now);
    }

    @Test
    void withoutLimitsNothingWaits() {
        RateLimiter limiter = limiter(0, 0, 0, 0);
        assertThat(limiter.take(Long.MAX_VALUE)).isZero();
        assertThat(RateLimiter.Limits.NONE.none()).isTrue();
    }

    @Test
    void aBurstPassesAtOnceAndTheRestAtTheRate() {
        RateLimiter limiter = limiter(1000, 3000, 0, 0);
        assertThat(limiter.take(3000)).isZero();
        assertThat(limiter.take(500)).isEqualTo(SECOND / 2);
        now += SECOND / 2;
        assertThat(limiter.take(0)).isZero();
    }

    @Test
    void operationsAreLimitedApartFromBytes() {
        RateLimiter limiter = limiter(1_000_000, 0, 10, 1);
        assertThat(limiter.take(1)).isZero();
        assertThat(limiter.take(1)).isEqualTo(SECOND / 10);
    }

    @Test
    void aPauseFillsNoMoreThanTheBurst() {
        RateLimiter limiter = limiter(1000, 2000, 0, 0);
        now += 100 * SECOND;
        assertThat(limiter.take(2000)).isZero();
        assertThat(limiter.take(1000)).isEqualTo(SECOND);
    }

    @Test
    void overAnyTimeTheRateHolds() {
        RateLimiter limiter = limiter(1 << 20, 4096, 0, 0);
        long passed = 0;
        while (now < 10 * SECOND) {
            now += limiter.take(3000);
            passed += 3000;
        }
        assertThat(passed).isBetween(10L << 20, (10L << 20) + 4096 + 3000);
    }

    @Test
    void negativeLimitsAreRefused() {
        assertThatThrownBy(() -> new RateLimiter.Limits(-1, 0, 0, 0))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
