package org.jvisor.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.jvisor.vmm.api.Clock;

class TimerQueueTest {
    private final AtomicInteger sooner = new AtomicInteger();
    private final TimerQueue queue = new TimerQueue(sooner::incrementAndGet);
    private final List<String> expired = new ArrayList<>();

    private Clock.Timer timer(String name) {
        return queue.newTimer(() -> expired.add(name));
    }

    private void expire(long now) {
        for (Runnable due = queue.takeDue(now); due != null; due = queue.takeDue(now)) {
            due.run();
        }
    }

    @Test
    void timersExpireInTheOrderOfTheirDeadlines() {
        timer("late").arm(30);
        timer("early").arm(10);
        timer("later").arm(31);
        expire(30);
        assertThat(expired).containsExactly("early", "late");
        assertThat(queue.next()).isEqualTo(31);
    }

    @Test
    void timersOfOneDeadlineExpireInTheOrderOfTheirArming() {
        Clock.Timer first = timer("first");
        timer("second").arm(5);
        first.arm(5);
        expire(5);
        assertThat(expired).containsExactly("second", "first");
    }

    @Test
    void armingAgainReplacesTheDeadline() {
        Clock.Timer timer = timer("once");
        timer.arm(10);
        timer.arm(20);
        expire(19);
        assertThat(expired).isEmpty();
        expire(20);
        assertThat(expired).containsExactly("once");
    }

    @Test
    void aDisarmedTimerDoesNotExpire() {
        Clock.Timer timer = timer("never");
        timer.arm(10);
        timer.disarm();
        expire(100);
        assertThat(expired).isEmpty();
        assertThat(queue.next()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void onlyANewFirstDeadlineIsTold() {
        timer("a").arm(10);
        timer("b").arm(20);
        assertThat(sooner).hasValue(1);
        timer("c").arm(5);
        assertThat(sooner).hasValue(2);
    }
}
