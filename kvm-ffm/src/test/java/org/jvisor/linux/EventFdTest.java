package org.jvisor.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class EventFdTest {
    @Test
    void aNewOneIsNotSignalled() {
        try (EventFd event = EventFd.create()) {
            assertThat(event.await(0)).isFalse();
            assertThat(event.drain()).isZero();
        }
    }

    @Test
    void signalsAddUpUntilTheyAreDrained() {
        try (EventFd event = EventFd.create()) {
            event.signal();
            event.signal();
            assertThat(event.await(0)).isTrue();
            assertThat(event.drain()).isEqualTo(2);
            assertThat(event.drain()).isZero();
        }
    }

    @Test
    @Timeout(30)
    void aSignalWakesTheThreadThatWaits() throws Exception {
        try (EventFd event = EventFd.create()) {
            Thread signaller = Thread.ofPlatform().start(event::signal);
            assertThat(event.await(-1)).isTrue();
            signaller.join();
        }
    }

    @Test
    void oneMayBeClosedTwice() {
        EventFd event = EventFd.create();
        event.close();
        assertThatCode(event::close).doesNotThrowAnyException();
    }

    @Test
    void aClosedOneCannotBeSignalled() {
        EventFd event = EventFd.create();
        event.close();
        assertThatThrownBy(event::signal).isInstanceOf(IllegalStateException.class);
    }

    @Test
    @Timeout(30)
    void closingWhileAThreadWaitsTakesEffectAfterwards() throws Exception {
        EventFd event = EventFd.create();
        int number = event.fd().acquire();
        event.close();
        try (EventFd other = EventFd.create()) {
            int otherNumber = other.fd().acquire();
            assertThat(otherNumber).isNotEqualTo(number);
            other.fd().release();
        }
        event.fd().release();
        assertThat(event.fd().isClosed()).isTrue();
    }

    @Test
    void aPollSetTellsWhichAreReady() {
        try (EventFd quiet = EventFd.create();
                EventFd signalled = EventFd.create()) {
            PollSet set = new PollSet(2);
            int first = set.add(quiet.fd(), PollSet.READABLE);
            int second = set.add(signalled.fd(), PollSet.READABLE);
            signalled.signal();
            assertThat(set.await(-1)).isOne();
            assertThat(set.ready(first)).isZero();
            assertThat(set.ready(second)).isEqualTo(PollSet.READABLE);
        }
    }

    @Test
    void aPollSetWaitsForWhatItIsTold() {
        try (EventFd event = EventFd.create()) {
            PollSet set = new PollSet(1);
            int index = set.add(event.fd(), PollSet.READABLE);
            assertThat(set.await(0)).isZero();
            set.events(index, PollSet.WRITABLE);
            assertThat(set.await(0)).isOne();
        }
    }

    @Test
    void aFullPollSetGrows() {
        try (EventFd event = EventFd.create()) {
            PollSet set = new PollSet(1);
            set.add(event.fd(), PollSet.READABLE);
            int number = event.fd().acquire();
            int second = set.add(number, PollSet.WRITABLE);
            assertThat(set.await(0)).isOne();
            assertThat(set.ready(second)).isEqualTo(PollSet.WRITABLE);
            event.fd().release();
        }
    }

    @Test
    void aPollSetForgetsWhatIsCutOff() {
        try (EventFd event = EventFd.create()) {
            PollSet set = new PollSet(2);
            set.add(event.fd(), PollSet.READABLE);
            set.add(event.fd(), PollSet.WRITABLE);
            set.truncate(1);
            assertThat(set.await(0)).isZero();
        }
    }

    @Test
    void aClosedDescriptorCannotBeWaitedFor() {
        EventFd event = EventFd.create();
        PollSet set = new PollSet(1);
        set.add(event.fd(), PollSet.READABLE);
        event.close();
        assertThatThrownBy(() -> set.await(0)).isInstanceOf(IllegalStateException.class);
    }
}
