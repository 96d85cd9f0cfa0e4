package org.jvisor.kvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.jvisor.linux.EventFd;

class InterruptTest {
    private static final int HANDLER = 0x2000;
    private static final int HANDLER_PORT = 0x10;

    private static final int READY_PORT = 0x80;

    /**
     * Sets the first 8259 up for vectors 0x20 to 0x27, says so at port 0x80, then enables
     * interrupts and halts.
     */
    private static final String PIC_SETUP_AND_WAIT =
            """
            b011 e620 b020 e621 b004 e621 b001 e621
            b000 e621
            e680
            fb f4 ebfd"""; // sti; hlt; jmp back to hlt

    /** mov al, 0x20; out 0x20, al; out 0x10, al; iret. */
    private static final String ACKNOWLEDGE_AND_TELL = "b020 e620 e610 cf";

    /** sti; hlt; jmp back to hlt. */
    private static final String WAIT = "fb f4 ebfd";

    /** out 0x10, al; iret. */
    private static final String TELL = "e610 cf";

    private static final int GSI = 5;
    private static final int MSI_VECTOR = 0x31;
    private static final long MSI_ADDRESS = 0xfee0_0000L;

    private static TestGuest picGuest() {
        TestGuest guest = TestGuest.withIrqchip().realMode(PIC_SETUP_AND_WAIT);
        handler(guest, 0x20 + GSI, ACKNOWLEDGE_AND_TELL);
        expectExitAt(guest, READY_PORT);
        return guest;
    }

    private static TestGuest msiGuest() {
        TestGuest guest = TestGuest.withIrqchip().realMode(WAIT);
        handler(guest, MSI_VECTOR, TELL);
        byte[] lapic = guest.cpu().lapic();
        lapic[0xf0] = (byte) 0xff; // spurious vector 0xff, APIC enabled (SDM 3A §10.9)
        lapic[0xf1] = 1;
        guest.cpu().setLapic(lapic);
        return guest;
    }

    private static void handler(TestGuest guest, int vector, String code) {
        guest.writeLong(vector * 4L, HANDLER); // segment 0
        guest.put(HANDLER, code);
    }

    private static void expectHandler(TestGuest guest) {
        expectExitAt(guest, HANDLER_PORT);
    }

    private static void expectExitAt(TestGuest guest, int port) {
        assertThat(guest.cpu().run()).isEqualTo(KvmExit.IO);
        assertThat(guest.cpu().exit().ioPort()).isEqualTo(port);
    }

    @Test
    void aHaltedGuestTakesAnInjectedInterrupt() {
        // sti; hlt; hlt
        try (TestGuest guest = TestGuest.plain().realMode("fb f4 f4")) {
            handler(guest, 0x20, TELL);
            assertThat(guest.cpu().run()).isEqualTo(KvmExit.HLT);
            guest.cpu().interrupt(0x20);
            expectHandler(guest);
            assertThat(guest.cpu().run()).isEqualTo(KvmExit.HLT);
            assertThat(guest.regs().rip).isEqualTo(TestGuest.CODE + 3);
        }
    }

    @Test
    void theInterruptWindowOpensAfterTheShadowOfSti() {
        // nop; sti; nop; jmp to the last nop
        try (TestGuest guest = TestGuest.plain().realMode("90 fb 90 ebfd")) {
            guest.cpu().exit().requestInterruptWindow(true);
            assertThat(guest.cpu().run()).isEqualTo(KvmExit.IRQ_WINDOW_OPEN);
            assertThat(guest.cpu().exit().readyForInterrupt()).isTrue();
            assertThat(guest.cpu().exit().interruptFlag()).isTrue();
            assertThat(guest.regs().rip).isGreaterThanOrEqualTo(TestGuest.CODE + 2);
        }
    }

    @Test
    void aGuestTakesAnNmi() {
        // hlt; hlt
        try (TestGuest guest = TestGuest.plain().realMode("f4 f4")) {
            handler(guest, 2, TELL);
            assertThat(guest.cpu().run()).isEqualTo(KvmExit.HLT);
            guest.cpu().nmi();
            expectHandler(guest);
        }
    }

    @Test
    void anInterruptLineReachesTheGuestThroughTheInKernelPic() {
        try (TestGuest guest = picGuest()) {
            guest.vm.irqLine(GSI, true);
            expectHandler(guest);
            guest.vm.irqLine(GSI, false);
        }
    }

    @Test
    void everyEdgeOfALineIsOneInterrupt() {
        try (TestGuest guest = picGuest()) {
            for (int i = 0; i < 10; i++) {
                guest.vm.irqLine(GSI, true);
                guest.vm.irqLine(GSI, false);
                expectHandler(guest);
            }
        }
    }

    @Test
    void theInKernelTimerTicks() {
        // Channel 0, mode 2, divisor 0x1000 (291 Hz); then the 8259 as above.
        String timer = "b034 e643 b000 e640 b010 e640";
        try (TestGuest guest = TestGuest.withIrqchip()) {
            guest.vm.createPit(KvmVm.PIT_SPEAKER_DUMMY);
            guest.realMode(timer + PIC_SETUP_AND_WAIT);
            handler(guest, 0x20, ACKNOWLEDGE_AND_TELL);
            expectExitAt(guest, READY_PORT);
            expectHandler(guest);
            expectHandler(guest);
        }
    }

    @Test
    void aMessageSignalledInterruptReachesTheLocalApic() {
        try (TestGuest guest = msiGuest()) {
            assertThat(guest.vm.signalMsi(MSI_ADDRESS, MSI_VECTOR)).isTrue();
            expectHandler(guest);
        }
    }

    @Test
    void aMessageForNoCpuIsNotTaken() {
        try (TestGuest guest = msiGuest()) {
            assertThat(guest.vm.signalMsi(MSI_ADDRESS | 7 << 12, MSI_VECTOR)).isFalse();
        }
    }

    @Test
    void anIrqfdRaisesItsLine() {
        try (TestGuest guest = picGuest();
                EventFd event = EventFd.create()) {
            guest.vm.attachIrqfd(event, GSI, null);
            event.signal();
            expectHandler(guest);
        }
    }

    @Test
    void aDetachedIrqfdStaysSignalled() {
        try (TestGuest guest = picGuest();
                EventFd event = EventFd.create()) {
            guest.vm.attachIrqfd(event, GSI, null);
            guest.vm.detachIrqfd(event, GSI);
            event.signal();
            assertThat(event.drain()).isEqualTo(1);
        }
    }

    @Test
    void theEndOfALevelInterruptSignalsTheResampleEvent() {
        try (TestGuest guest = picGuest();
                EventFd event = EventFd.create();
                EventFd resample = EventFd.create()) {
            guest.vm.attachIrqfd(event, GSI, resample);
            event.signal();
            expectHandler(guest);
            assertThat(resample.await(10_000)).isTrue();
        }
    }

    @Test
    void aGsiRoutedToAMessageIsOne() {
        try (TestGuest guest = msiGuest();
                EventFd event = EventFd.create()) {
            guest.vm.setGsiRouting(List.of(new KvmIrqRoute.Msi(24, MSI_ADDRESS, MSI_VECTOR)));
            guest.vm.attachIrqfd(event, 24, null);
            event.signal();
            expectHandler(guest);
        }
    }

    @Test
    void aGsiCanBeRoutedToAnotherPin() {
        try (TestGuest guest = picGuest()) {
            guest.vm.setGsiRouting(List.of(new KvmIrqRoute.Pin(9, KvmIrqchip.PIC_MASTER, GSI)));
            guest.vm.irqLine(9, true);
            expectHandler(guest);
        }
    }

    @Test
    void aRouteToAPinThatIsNotThereIsRefused() {
        try (TestGuest guest = TestGuest.withIrqchip()) {
            List<KvmIrqRoute> routes = List.of(new KvmIrqRoute.Pin(1, KvmIrqchip.IOAPIC, 99));
            assertThatThrownBy(() -> guest.vm.setGsiRouting(routes))
                    .isInstanceOf(KvmException.class)
                    .hasMessageContaining("KVM_SET_GSI_ROUTING")
                    .hasMessageContaining("EINVAL");
        }
    }

    @Test
    void theControllersStateSurvivesARoundTrip() {
        try (TestGuest guest = TestGuest.withIrqchip()) {
            guest.vm.createPit(0);
            for (KvmIrqchip chip : KvmIrqchip.values()) {
                byte[] state = guest.vm.irqchipState(chip);
                guest.vm.setIrqchipState(chip, state);
                assertThat(guest.vm.irqchipState(chip)).isEqualTo(state);
            }
            byte[] pit = guest.vm.pitState();
            guest.vm.setPitState(pit);
            assertThat(guest.vm.pitState()).hasSameSizeAs(pit);
            guest.vm.reinjectPitTicks(false);
        }
    }
}
