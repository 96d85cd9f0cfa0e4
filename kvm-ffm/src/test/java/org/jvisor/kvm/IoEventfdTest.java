package org.jvisor.kvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.jvisor.linux.EventFd;

class IoEventfdTest {
    @Test
    void aWriteToThePortSignalsInsteadOfLeavingTheGuest() {
        // mov dx, 0x510; mov ax, 7; out dx, ax; hlt
        try (TestGuest guest = TestGuest.plain().realMode("ba1005 b80700 ef f4");
                EventFd event = EventFd.create()) {
            guest.vm.attachIoEventfd(event, KvmIoEvent.port(0x510, 2));
            assertThat(guest.cpu().run()).isEqualTo(KvmExit.HLT);
            assertThat(event.drain()).isEqualTo(1);
        }
    }

    @Test
    void onlyTheMatchingValueSignals() {
        // mov dx, 0x510; mov ax, 7; out dx, ax; inc ax; out dx, ax; hlt
        try (TestGuest guest = TestGuest.plain().realMode("ba1005 b80700 ef 40 ef f4");
                EventFd event = EventFd.create()) {
            guest.vm.attachIoEventfd(event, KvmIoEvent.port(0x510, 2).matching(8));
            assertThat(guest.cpu().run()).isEqualTo(KvmExit.IO);
            assertThat(guest.cpu().exit().ioValue(0)).isEqualTo(7);
            assertThat(guest.cpu().run()).isEqualTo(KvmExit.HLT);
            assertThat(event.drain()).isEqualTo(1);
        }
    }

    @Test
    void aWriteToTheAddressSignals() {
        // mov dword [0xd0000000], 1; mov dword [0xd0000000], 2; hlt
        try (TestGuest guest =
                        TestGuest.plain()
                                .protectedMode("c705000000d001000000 c705000000d002000000 f4");
                EventFd event = EventFd.create()) {
            guest.vm.attachIoEventfd(event, KvmIoEvent.memory(0xd000_0000L, 4));
            assertThat(guest.cpu().run()).isEqualTo(KvmExit.HLT);
            assertThat(event.drain()).isEqualTo(2);
        }
    }

    @Test
    void aDetachedEventLeavesTheGuestAgain() {
        // mov dx, 0x510; out dx, al; hlt
        try (TestGuest guest = TestGuest.plain().realMode("ba1005 ee f4");
                EventFd event = EventFd.create()) {
            KvmIoEvent trigger = KvmIoEvent.port(0x510, 1);
            guest.vm.attachIoEventfd(event, trigger);
            guest.vm.detachIoEventfd(event, trigger);
            assertThat(guest.cpu().run()).isEqualTo(KvmExit.IO);
            assertThat(event.drain()).isZero();
        }
    }

    @Test
    void twoEventsAtOnePlaceAreRefused() {
        try (TestGuest guest = TestGuest.plain();
                EventFd event = EventFd.create();
                EventFd other = EventFd.create()) {
            guest.vm.attachIoEventfd(event, KvmIoEvent.port(0x510, 1));
            assertThatThrownBy(() -> guest.vm.attachIoEventfd(other, KvmIoEvent.port(0x510, 1)))
                    .isInstanceOf(KvmException.class)
                    .hasMessageContaining("EEXIST");
        }
    }

    @Test
    void anEventOfThreeBytesIsRefused() {
        assertThatThrownBy(() -> KvmIoEvent.port(0x510, 3))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aValueWithoutLengthIsRefused() {
        assertThatThrownBy(() -> new KvmIoEvent(0x510, true, 0, OptionalLong.of(1)))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
