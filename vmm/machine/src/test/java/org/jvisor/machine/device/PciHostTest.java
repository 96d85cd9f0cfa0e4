package org.jvisor.machine.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.jvisor.vmm.api.IoRegion;
import org.jvisor.vmm.api.pci.PciFunction;

class PciHostTest {
    private static final long ECAM = 0xe000_0000L;

    private final Board board = new Board();
    private final AtomicInteger resets = new AtomicInteger();
    private final RecordingLine line = new RecordingLine();
    private int routedDevice = -1;
    private int routedPin = -1;
    private final PciHost host = host(board);
    private final Card card = new Card();

    private PciHost host(Board board) {
        return new PciHost(
                board.ports,
                board.mmio,
                ECAM,
                new TestWiring(
                        (device, pin) -> {
                            routedDevice = device;
                            routedPin = pin;
                            return line;
                        }),
                resets::incrementAndGet);
    }

    /** A card with a 64-bit memory BAR, an I/O BAR, two capabilities and INTB#. */
    private static final class Card extends PciFunction {
        static final IoRegion REGION =
                new IoRegion() {
                    @Override
                    public long read(long offset, int size) {
                        return 0x1000 + offset;
                    }

                    @Override
                    public void write(long offset, int size, long value) {
                        // nothing to keep
                    }
                };

        int writes;

        Card() {
            super(0x1234, 0x5678, 0xff_0000, 3);
            subsystem(0x1af4, 0x1100);
            interruptPin(2);
            memoryBar(0, 0x4000, true, true, REGION);
            ioBar(2, 32, REGION);
            capability(0x09, 16);
            int msi = capability(0x11, 12);
            put(msi + 2, 2, 0x0003);
            allowWrites(msi + 2, 2, 0xc000);
        }

        @Override
        protected void configWritten(int offset, int size) {
            writes++;
        }

        void raise(boolean asserted) {
            interrupt(asserted);
        }
    }

    private void address(int device, int function, int register) {
        board.ports.write(0xcf8, 4, 0x8000_0000L | device << 11 | function << 8 | register & 0xfc);
    }

    private long read(int device, int register, int size) {
        address(device, 0, register);
        return board.ports.read(0xcfc + (register & 3), size);
    }

    private void write(int device, int register, int size, long value) {
        address(device, 0, register);
        board.ports.write(0xcfc + (register & 3), size, value);
    }

    private static long ecam(int device, int register) {
        return ECAM + ((long) device << 15) + register;
    }

    @Test
    void theBridgesAreThere() {
        assertThat(read(0, 0, 4)).isEqualTo(0x29c0_8086L);
        assertThat(read(0, 8, 4) >>> 8).isEqualTo(0x06_0000);
        assertThat(read(0x1f, 0, 4)).isEqualTo(0x2918_8086L);
        assertThat(read(0x1f, 8, 4) >>> 8).isEqualTo(0x06_0100);
        assertThat(read(0x1f, 0x40, 4)).as("PMBASE").isEqualTo(0x601);
    }

    @Test
    void absentFunctionsReadAsOnes() {
        assertThat(read(5, 0, 4)).isEqualTo(0xffff_ffffL);
        assertThat(read(5, 0, 2)).isEqualTo(0xffff);
        board.ports.write(0xcf8, 4, 0x8001_0000L);
        assertThat(board.ports.read(0xcfc, 4)).as("bus 1").isEqualTo(0xffff_ffffL);
    }

    @Test
    void theAddressRegisterIsADword() {
        board.ports.write(0xcf8, 4, 0x8000_f800L);
        assertThat(board.ports.read(0xcf8, 4)).isEqualTo(0x8000_f800L);
        board.ports.write(0xcf8, 1, 0x12);
        board.ports.write(0xcf8, 2, 0x1212);
        assertThat(board.ports.read(0xcf8, 4)).isEqualTo(0x8000_f800L);
    }

    @Test
    void aDisabledAddressReadsAsOnes() {
        board.ports.write(0xcf8, 4, 0);
        assertThat(board.ports.read(0xcfc, 4)).isEqualTo(0xffff_ffffL);
    }

    @Test
    void bytesAndWordsCanBeAccessed() {
        assertThat(read(0x1f, 2, 2)).isEqualTo(0x2918);
        assertThat(read(0x1f, 1, 1)).isEqualTo(0x80);
        write(0x1f, 0x3c, 1, 0x0b);
        assertThat(read(0x1f, 0x3c, 4) & 0xff).isEqualTo(0x0b);
    }

    @Test
    void ecamSeesTheSameSpace() {
        assertThat(board.mmio.read(ecam(0x1f, 0), 4)).isEqualTo(0x2918_8086L);
        assertThat(board.mmio.read(ecam(0x1f, 0x100), 4)).as("no extended caps").isZero();
        assertThat(board.mmio.read(ecam(3, 0), 4)).isEqualTo(0xffff_ffffL);
        assertThat(board.mmio.read(ECAM + (200L << 20), 2)).isEqualTo(0xffff);
    }

    @Test
    void pciexbarMovesEcam() {
        write(0, 0x60, 4, 0xb000_0001L);
        assertThat(board.mmio.read(0xb000_0000L, 4)).isEqualTo(0x29c0_8086L);
        assertThat(board.mmio.claims(ECAM, 4)).isFalse();
        host.reset();
        assertThat(board.mmio.read(ECAM, 4)).isEqualTo(0x29c0_8086L);
    }

    @Test
    void identityIsReadOnly() {
        write(0, 0, 4, 0);
        assertThat(read(0, 0, 4)).isEqualTo(0x29c0_8086L);
    }

    @Test
    void barsTellTheirSize() {
        host.plug(3, 0, card);
        write(3, 0x10, 4, 0xffff_ffffL);
        write(3, 0x14, 4, 0xffff_ffffL);
        assertThat(read(3, 0x10, 4)).isEqualTo(0xffff_c00cL);
        assertThat(read(3, 0x14, 4)).isEqualTo(0xffff_ffffL);
        write(3, 0x18, 4, 0xffff_ffffL);
        assertThat(read(3, 0x18, 4)).isEqualTo(0xffe1);
        write(3, 0x1c, 4, 0xffff_ffffL);
        assertThat(read(3, 0x1c, 4)).as("no BAR").isZero();
    }

    @Test
    void barsAreMappedWhereTheGuestPutsThem() {
        host.plug(3, 0, card);
        write(3, 0x10, 4, 0xc000_0000L);
        write(3, 0x18, 4, 0xc040);
        assertThat(board.mmio.claims(0xc000_0000L, 4)).as("decoding is off").isFalse();
        write(3, 0x04, 2, 3);
        assertThat(board.mmio.read(0xc000_0010L, 4)).isEqualTo(0x1010);
        assertThat(board.ports.read(0xc044, 4)).isEqualTo(0x1004);
        write(3, 0x14, 4, 0x10);
        assertThat(board.mmio.claims(0xc000_0000L, 4)).isFalse();
        assertThat(board.mmio.read(0x10_c000_0010L, 4)).isEqualTo(0x1010);
        write(3, 0x04, 2, 0);
        assertThat(board.mmio.claims(0x10_c000_0000L, 4)).isFalse();
    }

    @Test
    void aBarOverAnotherRegionStaysUnmapped() {
        host.plug(3, 0, card);
        write(3, 0x10, 4, ECAM);
        write(3, 0x04, 2, 2);
        assertThat(board.mmio.read(ECAM, 4)).isEqualTo(0x29c0_8086L);
        write(3, 0x10, 4, 0xc000_0000L);
        assertThat(board.mmio.read(0xc000_0000L, 4)).isEqualTo(0x1000);
        assertThat(board.mmio.read(ECAM, 4)).isEqualTo(0x29c0_8086L);
    }

    @Test
    void aBarForWhichThereWasNoRoomIsMappedAsSoonAsThereIs() {
        host.plug(3, 0, card);
        host.plug(4, 0, new Card());
        write(3, 0x10, 4, 0xc000_0000L);
        write(3, 0x04, 2, 2);
        write(4, 0x10, 4, 0xc000_0000L);
        write(4, 0x04, 2, 2);
        write(3, 0x10, 4, 0xc100_0000L);
        assertThat(board.mmio.claims(0xc000_0000L, 4)).isTrue();
        host.unplug(4, 0);
        assertThat(board.mmio.claims(0xc000_0000L, 4)).isFalse();
        assertThat(board.mmio.claims(0xc100_0000L, 4)).isTrue();
    }

    @Test
    void functionsAreGivenFreeSlots() {
        host.plug(2, 0, card);
        assertThat(host.plug(new Card())).isEqualTo(1);
        assertThat(host.plug(new Card())).isEqualTo(3);
        for (int i = 3; i < PciHost.SLOTS; i++) {
            host.plug(new Card());
        }
        Card last = new Card();
        assertThatThrownBy(() -> host.plug(last)).hasMessageContaining("30 PCI slots");
    }

    @Test
    void capabilitiesFormAList() {
        host.plug(3, 0, card);
        assertThat(read(3, 0x06, 2) & 0x10).isNotZero();
        assertThat(read(3, 0x34, 1)).isEqualTo(0x40);
        assertThat(read(3, 0x40, 2)).isEqualTo(0x5009);
        assertThat(read(3, 0x50, 4)).isEqualTo(0x0003_0011);
        write(3, 0x52, 2, 0xffff);
        assertThat(read(3, 0x52, 2)).isEqualTo(0xc003);
    }

    @Test
    void interruptPinsAreRoutedAndCanBeDisabled() {
        host.plug(3, 0, card);
        assertThat(routedDevice).isEqualTo(3);
        assertThat(routedPin).isEqualTo(1);
        card.raise(true);
        assertThat(line.asserted).isTrue();
        assertThat(read(3, 0x06, 2) & 8).isNotZero();
        write(3, 0x04, 2, 0x400);
        assertThat(line.asserted).isFalse();
        write(3, 0x04, 2, 0);
        assertThat(line.asserted).isTrue();
        card.raise(false);
        assertThat(line.asserted).isFalse();
    }

    @Test
    void severalFunctionsMakeAMultifunctionDevice() {
        host.plug(3, 0, card);
        assertThat(read(3, 0x0e, 1)).isZero();
        host.plug(3, 1, new Card());
        assertThat(read(3, 0x0e, 1)).isEqualTo(0x80);
        address(3, 1, 0);
        assertThat(board.ports.read(0xcfc, 4)).isEqualTo(0x5678_1234L);
    }

    @Test
    void aTakenPlaceIsRefused() {
        assertThatThrownBy(() -> host.plug(0, 0, card)).hasMessageContaining("00.0");
    }

    @Test
    void unpluggingTakesTheBarsAway() {
        host.plug(3, 0, card);
        write(3, 0x10, 4, 0xc000_0000L);
        write(3, 0x04, 2, 2);
        host.unplug(3, 0);
        assertThat(board.mmio.claims(0xc000_0000L, 4)).isFalse();
        assertThat(read(3, 0, 4)).isEqualTo(0xffff_ffffL);
    }

    @Test
    void functionsFollowWritesToThem() {
        host.plug(3, 0, card);
        write(3, 0x52, 2, 0);
        assertThat(card.writes).isOne();
    }

    @Test
    void resetPutsEverythingBack() {
        host.plug(3, 0, card);
        write(3, 0x10, 4, 0xc000_0000L);
        write(3, 0x04, 2, 2);
        host.reset();
        assertThat(board.mmio.claims(0xc000_0000L, 4)).isFalse();
        assertThat(read(3, 0x10, 4)).isEqualTo(0x0c);
    }

    /** Linux's "pci" reboot, and ACPI's reset register. */
    @Test
    void theResetRegisterResetsOnARisingBit2() {
        board.out(0xcf9, 0x02);
        assertThat(resets).hasValue(0);
        assertThat(board.in(0xcf9)).isEqualTo(0x02);
        board.out(0xcf9, 0x06);
        board.out(0xcf9, 0x06);
        assertThat(resets).hasValue(1);
    }

    @Test
    void restoredBridgeMapsTheBarsAgain() throws IOException {
        host.plug(3, 0, card);
        write(3, 0x10, 4, 0xc000_0000L);
        write(3, 0x04, 2, 2);
        card.raise(true);
        byte[] state = Board.save(host);
        Board other = new Board();
        PciHost copy = host(other);
        copy.plug(3, 0, new Card());
        Board.restore(copy, state);
        assertThat(other.mmio.read(0xc000_0000L, 4)).isEqualTo(0x1000);
        assertThat(Board.save(copy)).isEqualTo(state);
    }

    @Test
    void aStateOfOtherFunctionsIsRefused() {
        host.plug(3, 0, card);
        byte[] state = Board.save(host);
        assertThatThrownBy(() -> Board.restore(host(new Board()), state))
                .isInstanceOf(IOException.class);
    }
}
