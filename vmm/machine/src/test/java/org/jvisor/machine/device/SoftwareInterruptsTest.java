package org.jvisor.machine.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.jvisor.vmm.api.CpuSignals;
import org.jvisor.vmm.api.IrqLine;
import org.jvisor.vmm.api.LocalApic;

/** The flows of an interrupt through 8259s, I/O APIC and local APICs together. */
class SoftwareInterruptsTest {
    private static final int MASKED = 1 << 16, LEVEL = 1 << 15;

    private final Board board = new Board();
    private final RecordingSignals cpu0 = new RecordingSignals();
    private final RecordingSignals cpu1 = new RecordingSignals();
    private final SoftwareInterrupts interrupts =
            new SoftwareInterrupts(
                    new CpuSignals[] {cpu0, cpu1},
                    board.clock,
                    1_000_000_000L,
                    1_000_000_000L,
                    board.ports,
                    board.mmio);
    private final LocalApic apic0 = interrupts.apic(0);
    private final LocalApic apic1 = interrupts.apic(1);

    @BeforeEach
    void enableApics() {
        apic0.writeMmio(0xf0, 4, 0x1ff);
        apic1.writeMmio(0xf0, 4, 0x1ff);
    }

    private void writeIoApic(int register, int value) {
        board.mmio.write(IoApic.BASE, 4, register);
        board.mmio.write(IoApic.BASE + 0x10, 4, value & 0xffff_ffffL);
    }

    private int readIoApic(int register) {
        board.mmio.write(IoApic.BASE, 4, register);
        return (int) board.mmio.read(IoApic.BASE + 0x10, 4);
    }

    private void redirect(int pin, int low, int cpu) {
        writeIoApic(0x11 + 2 * pin, cpu << 24);
        writeIoApic(0x10 + 2 * pin, low);
    }

    private void initialisePic() {
        board.out(0x20, 0x11);
        board.out(0x21, 0x30);
        board.out(0x21, 0x04);
        board.out(0x21, 0x01);
        board.out(0xa0, 0x11);
        board.out(0xa1, 0x38);
        board.out(0xa1, 0x02);
        board.out(0xa1, 0x01);
    }

    private static void eoi(LocalApic apic) {
        apic.writeMmio(0xb0, 4, 0);
    }

    @Test
    void theIoApicDescribesItself() {
        assertThat(readIoApic(1)).isEqualTo(0x0017_0020);
        writeIoApic(0, 0x0500_0000);
        assertThat(readIoApic(0)).isEqualTo(0x0500_0000);
        assertThat(readIoApic(0x10)).isEqualTo(MASKED);
    }

    @Test
    void anEdgeReachesTheCpuItIsRoutedTo() {
        redirect(4, 0x24, 1);
        interrupts.gsi(4).pulse();
        assertThat(apic0.interruptReady()).isFalse();
        assertThat(apic1.acknowledge()).isEqualTo(0x24);
    }

    @Test
    void anEdgeWhileMaskedIsLost() {
        redirect(4, MASKED | 0x24, 0);
        interrupts.gsi(4).pulse();
        redirect(4, 0x24, 0);
        assertThat(apic0.interruptReady()).isFalse();
    }

    @Test
    void isaIrq0ArrivesAtInput2() {
        redirect(2, 0x30, 0);
        interrupts.gsi(0).pulse();
        assertThat(apic0.acknowledge()).isEqualTo(0x30);
    }

    /** Level-triggered: remote IRR holds off repeats until the EOI comes back. */
    @Test
    void aLevelRepeatsAfterEoiUntilItIsDeasserted() {
        redirect(10, LEVEL | 0x2a, 0);
        IrqLine line = interrupts.gsi(10);
        line.set(true);
        assertThat(apic0.acknowledge()).isEqualTo(0x2a);
        assertThat(readIoApic(0x10 + 20) & 1 << 14).as("remote IRR").isNotZero();
        assertThat(apic0.readMmio(0x180 + 0x10, 4)).as("TMR").isEqualTo(1 << 10);
        assertThat(apic0.interruptReady()).isFalse();
        eoi(apic0);
        assertThat(apic0.acknowledge()).isEqualTo(0x2a);
        line.set(false);
        eoi(apic0);
        assertThat(apic0.interruptReady()).isFalse();
        assertThat(readIoApic(0x10 + 20) & 1 << 14).isZero();
    }

    @Test
    void aLevelAssertedWhileMaskedIsDeliveredWhenUnmasked() {
        redirect(10, LEVEL | MASKED | 0x2a, 0);
        interrupts.gsi(10).set(true);
        assertThat(apic0.interruptReady()).isFalse();
        redirect(10, LEVEL | 0x2a, 0);
        assertThat(apic0.interruptReady()).isTrue();
    }

    @Test
    void theEoiRegisterEndsAVectorWithoutTheBroadcast() {
        apic0.writeMmio(0xf0, 4, 0x11ff); // suppress EOI broadcasts
        redirect(10, LEVEL | 0x2a, 0);
        IrqLine line = interrupts.gsi(10);
        line.set(true);
        apic0.acknowledge();
        eoi(apic0);
        assertThat(apic0.interruptReady()).isFalse();
        board.mmio.write(IoApic.BASE + 0x40, 4, 0x2a);
        assertThat(apic0.interruptReady()).isTrue();
    }

    @Test
    void switchingToEdgeClearsRemoteIrr() {
        redirect(10, LEVEL | 0x2a, 0);
        interrupts.gsi(10).set(true);
        redirect(10, MASKED | 0x2a, 0);
        assertThat(readIoApic(0x10 + 20) & 1 << 14).isZero();
    }

    @Test
    void driversOfOneGsiAreWiredOr() {
        redirect(10, LEVEL | 0x2a, 0);
        IrqLine first = interrupts.gsi(10);
        IrqLine second = interrupts.gsi(10);
        first.set(true);
        second.set(true);
        first.set(false);
        apic0.acknowledge();
        eoi(apic0);
        assertThat(apic0.interruptReady()).as("the second still asserts").isTrue();
    }

    @Test
    void virtualWireModeDeliversThe8259sInterrupt() {
        interrupts.enableVirtualWire();
        initialisePic();
        interrupts.gsi(1).pulse();
        assertThat(cpu0.interrupts).isPositive();
        assertThat(apic0.interruptReady()).isTrue();
        assertThat(apic1.interruptReady()).isFalse();
        assertThat(apic0.acknowledge()).isEqualTo(0x31);
        assertThat(apic0.interruptReady()).isFalse();
    }

    @Test
    void maskingLint0KeepsThe8259sOut() {
        initialisePic();
        interrupts.gsi(1).pulse();
        assertThat(apic0.interruptReady()).isFalse();
    }

    @Test
    void withTheApicDisabledThe8259sReachTheBootProcessor() {
        initialisePic();
        assertThat(apic0.setBase(0xfee0_0100L)).isTrue();
        interrupts.gsi(1).pulse();
        assertThat(apic0.acknowledge()).isEqualTo(0x31);
    }

    @Test
    void lint0CanDeliverAsAFixedVector() {
        initialisePic();
        apic0.writeMmio(0x350, 4, 0x55);
        interrupts.gsi(0).pulse();
        assertThat(apic0.acknowledge()).isEqualTo(0x55);
    }

    @Test
    void the8259sCanComeThroughTheIoApic() {
        initialisePic();
        redirect(0, 0x700, 0);
        interrupts.gsi(1).pulse();
        assertThat(apic0.acknowledge()).isEqualTo(0x31);
        assertThat(apic0.interruptReady()).isFalse();
    }

    @Test
    void messagesElsewhereAreNoInterrupts() {
        interrupts.msi().send(0xfed0_0000L, 0x41);
        assertThat(apic0.interruptReady()).isFalse();
    }

    @Test
    void messagesToAllReachAll() {
        interrupts.msi().send(0xfeef_f000L, 0x41);
        assertThat(apic0.interruptReady()).isTrue();
        assertThat(apic1.interruptReady()).isTrue();
    }

    @Test
    void restoredControllersDeliverWhatWasPending() throws IOException {
        redirect(10, LEVEL | 0x2a, 1);
        interrupts.gsi(10).set(true);
        byte[] state = Board.save(interrupts);
        Board other = new Board();
        RecordingSignals signals = new RecordingSignals();
        SoftwareInterrupts copy =
                new SoftwareInterrupts(
                        new CpuSignals[] {new RecordingSignals(), signals},
                        other.clock,
                        1_000_000_000L,
                        1_000_000_000L,
                        other.ports,
                        other.mmio);
        Board.restore(copy, state);
        assertThat(signals.interrupts).isPositive();
        assertThat(Board.save(copy)).isEqualTo(state);
        assertThat(copy.apic(1).acknowledge()).isEqualTo(0x2a);
    }

    @Test
    void aStateOfOtherCpusIsRefused() {
        SoftwareInterrupts one =
                new SoftwareInterrupts(
                        new CpuSignals[] {cpu0},
                        board.clock,
                        1,
                        1,
                        new org.jvisor.vmm.api.Bus("ports"),
                        new org.jvisor.vmm.api.Bus("mmio"));
        assertThatThrownBy(() -> Board.restore(one, Board.save(interrupts)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("2 CPUs");
    }
}
