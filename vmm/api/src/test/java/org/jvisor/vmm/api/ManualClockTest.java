package org.jvisor.vmm.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ManualClockTest {
    private final ManualClock clock = new ManualClock(1_000);
    private final List<String> fired = new ArrayList<>();

    @Test
    void timersExpireInOrderOfDeadlineAtTheirTime() {
        clock.newTimer(() -> fired.add("b@" + clock.nanoTime())).arm(20);
        clock.newTimer(() -> fired.add("a@" + clock.nanoTime())).arm(10);
        clock.advance(30);
        assertThat(fired).containsExactly("a@10", "b@20");
        assertThat(clock.nanoTime()).isEqualTo(30);
    }

    @Test
    void aTimerMayRearmItself() {
        Clock.Timer[] timer = new Clock.Timer[1];
        timer[0] =
                clock.newTimer(
                        () -> {
                            fired.add("@" + clock.nanoTime());
                            timer[0].arm(clock.nanoTime() + 10);
                        });
        timer[0].arm(10);
        clock.advance(35);
        assertThat(fired).containsExactly("@10", "@20", "@30");
        assertThat(clock.nextDeadline()).isEqualTo(40);
    }

    @Test
    void aDisarmedTimerStaysSilent() {
        Clock.Timer timer = clock.newTimer(() -> fired.add("x"));
        timer.arm(5);
        timer.disarm();
        clock.advance(10);
        assertThat(fired).isEmpty();
    }

    @Test
    void theWallClockFollows() {
        clock.advance(2_000_000);
        assertThat(clock.epochMillis()).isEqualTo(1_002);
    }
}
