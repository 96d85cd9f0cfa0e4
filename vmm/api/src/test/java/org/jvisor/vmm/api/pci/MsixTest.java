package org.jvisor.vmm.api.pci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.jvisor.vmm.api.Doorbells;
import org.jvisor.vmm.api.IoRegion;

class MsixTest {
    private static final long TABLE = 0xc000_0000L, REGISTERS = 0x40_0000_0000L;
    private static final int CONTROL = 0x42, ENABLE = 0x8000, MASK_ALL = 0x4000;

    private final Slot slot = new Slot();
    private final Card card = new Card();

    private static final class Card extends PciFunction {
        final Msix msix;
        boolean removed;

        Card() {
            super(0x1af4, 0x1042, 0x01_8000, 1);
            interruptPin(1);
            msix = msix(1, 70);
            memoryBar(
                    4,
                    0x4000,
                    true,
                    true,
                    new IoRegion() {
                        @Override
                        public long read(long offset, int size) {
                            return offset;
                        }

                        @Override
                        public void write(long offset, int size, long value) {
                            // keeps nothing
                        }
                    });
        }

        void pin(boolean level) {
            interrupt(level);
        }

        Doorbells bells() {
            return doorbells(4);
        }

        @Override
        protected void functionRemoved() {
            removed = true;
        }
    }

    @BeforeEach
    void plug() {
        card.plug(slot);
        config(0x14, 4, TABLE);
        config(0x20, 8, REGISTERS);
        config(0x04, 2, 6);
    }

    private void config(int offset, int size, long value) {
        card.writeConfig(offset, size, value);
    }

    private void entry(int vector, int dword, long value) {
        slot.mmio.write(TABLE + vector * 16L + dword * 4L, 4, value);
    }

    private void unmask(int vector, int data) {
        entry(vector, 0, 0xfee0_1000L);
        entry(vector, 1, 0);
        entry(vector, 2, data);
        entry(vector, 3, 0);
    }

    private long pending(int vector) {
        return slot.mmio.read(TABLE + 0x800 + vector / 64 * 8, 8) >>> vector & 1;
    }

    @Test
    void theCapabilityTellsTheTableAndThePendingBits() {
        assertThat(card.readConfig(0x34, 1)).isEqualTo(0x40);
        assertThat(card.readConfig(0x40, 1)).isEqualTo(0x11);
        assertThat(card.readConfig(CONTROL, 2)).isEqualTo(69);
        assertThat(card.readConfig(0x44, 4)).isEqualTo(1);
        assertThat(card.readConfig(0x48, 4)).isEqualTo(0x801);
        config(0x14, 4, 0xffff_ffffL);
        assertThat(card.readConfig(0x14, 4)).isEqualTo(0xffff_f000L);
    }

    @Test
    void aVectorSendsItsMessage() {
        config(CONTROL, 2, ENABLE);
        unmask(3, 0x41);
        card.msix.trigger(3);
        assertThat(slot.messages).containsExactly(new Slot.Message(0xfee0_1000L, 0x41));
    }

    @Test
    void nothingIsSentBeforeMsixIsEnabled() {
        unmask(3, 0x41);
        card.msix.trigger(3);
        config(CONTROL, 2, ENABLE);
        assertThat(slot.messages).isEmpty();
        assertThat(pending(3)).isZero();
    }

    @Test
    void aMaskedVectorIsPendingUntilItIsUnmasked() {
        config(CONTROL, 2, ENABLE);
        card.msix.trigger(69);
        card.msix.trigger(69);
        assertThat(pending(69)).isOne();
        assertThat(slot.messages).isEmpty();
        unmask(69, 0x55);
        assertThat(slot.messages).containsExactly(new Slot.Message(0xfee0_1000L, 0x55));
        assertThat(pending(69)).isZero();
    }

    @Test
    void theFunctionMaskHoldsAllVectorsBack() {
        unmask(0, 0x41);
        unmask(1, 0x42);
        config(CONTROL, 2, ENABLE | MASK_ALL);
        card.msix.trigger(1);
        assertThat(pending(1)).isOne();
        config(CONTROL, 2, ENABLE);
        assertThat(slot.messages).containsExactly(new Slot.Message(0xfee0_1000L, 0x42));
    }

    @Test
    void aChangedMessageIsUsedFromThenOn() {
        config(CONTROL, 2, ENABLE);
        unmask(0, 0x41);
        entry(0, 2, 0x61);
        card.msix.trigger(0);
        assertThat(slot.messages).containsExactly(new Slot.Message(0xfee0_1000L, 0x61));
    }

    @Test
    void theTableTakesDwordsAndQuadwordsOnly() {
        slot.mmio.write(TABLE, 8, 0x1_fee0_2003L);
        assertThat(slot.mmio.read(TABLE, 8)).as("low bits are 0").isEqualTo(0x1_fee0_2000L);
        slot.mmio.write(TABLE + 8, 2, 0x1234);
        slot.mmio.write(TABLE + 9, 4, 0x1234);
        assertThat(slot.mmio.read(TABLE + 8, 4)).isZero();
        assertThat(slot.mmio.read(TABLE + 10, 2)).isZero();
        slot.mmio.write(TABLE + 0x800, 8, -1);
        assertThat(slot.mmio.read(TABLE + 0x800, 8)).as("pending bits").isZero();
        assertThat(slot.mmio.read(TABLE + 70 * 16, 4)).as("behind the table").isZero();
    }

    @Test
    void aVectorThatDoesNotExistIsIgnored() {
        config(CONTROL, 2, ENABLE);
        card.msix.trigger(70);
        card.msix.trigger(0xffff);
        card.msix.trigger(-1);
        assertThat(slot.messages).isEmpty();
    }

    @Test
    void thePinIsSilentWhileMsixIsEnabled() {
        assertThat(slot.pin).isOne();
        card.pin(true);
        assertThat(slot.line).isTrue();
        config(CONTROL, 2, ENABLE);
        assertThat(slot.line).isFalse();
        assertThat(card.readConfig(4, 4) >>> 16 & 8).as("interrupt status").isEqualTo(8);
        config(CONTROL, 2, 0);
        assertThat(slot.line).isTrue();
    }

    @Test
    void resetMasksEverything() {
        config(CONTROL, 2, ENABLE);
        unmask(2, 0x41);
        card.msix.trigger(5);
        card.reset();
        config(0x14, 4, TABLE);
        config(0x04, 2, 6);
        config(CONTROL, 2, ENABLE);
        assertThat(pending(5)).isZero();
        card.msix.trigger(2);
        assertThat(slot.messages).isEmpty();
        assertThat(pending(2)).isOne();
    }

    @Test
    void doorbellsFollowTheirBar() {
        Doorbells.Registration bell = card.bells().attach(0x3000, 2, OptionalLong.of(1), () -> {});
        assertThat(slot.bells)
                .containsExactly(new Slot.Bell(REGISTERS + 0x3000, 2, OptionalLong.of(1)));
        config(0x20, 4, 0x8000_0000L);
        assertThat(slot.bells)
                .containsExactly(new Slot.Bell(REGISTERS + 0x8000_3000L, 2, OptionalLong.of(1)));
        config(0x04, 2, 4);
        assertThat(slot.bells).as("decoding is off").isEmpty();
        config(0x04, 2, 6);
        assertThat(slot.bells).hasSize(1);
        bell.close();
        assertThat(slot.bells).isEmpty();
    }

    @Test
    void aFunctionPulledOutIsSilent() {
        config(CONTROL, 2, ENABLE);
        unmask(0, 0x41);
        card.bells().attach(0, 2, OptionalLong.empty(), () -> {});
        card.pin(true);
        card.unplug();
        assertThat(card.removed).isFalse();
        card.removed();
        assertThat(card.removed).isTrue();
        card.msix.trigger(0);
        card.pin(true);
        assertThat(slot.messages).isEmpty();
        assertThat(slot.bells).isEmpty();
        assertThat(slot.line).isFalse();
        assertThat(slot.mmio.claims(TABLE, 4)).isFalse();
        assertThat(slot.mmio.claims(REGISTERS, 4)).isFalse();
    }

    @Test
    void aRestoredFunctionGoesOnWhereItWas() throws IOException {
        config(CONTROL, 2, ENABLE);
        unmask(0, 0x41);
        card.msix.trigger(1);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        card.save(new DataOutputStream(bytes));
        Slot other = new Slot();
        Card copy = new Card();
        copy.plug(other);
        copy.restore(new DataInputStream(new ByteArrayInputStream(bytes.toByteArray())));
        assertThat(other.mmio.read(TABLE + 0x800, 8)).isEqualTo(2);
        copy.msix.trigger(0);
        assertThat(other.messages).containsExactly(new Slot.Message(0xfee0_1000L, 0x41));
    }

    @Test
    void theBarGrowsWithTheTable() {
        class Big extends PciFunction {
            Big(int vectors) {
                super(1, 2, 0, 0);
                msix(0, vectors);
            }
        }
        Big big = new Big(Msix.MAX_VECTORS);
        big.writeConfig(0x10, 4, 0xffff_ffffL);
        assertThat(big.readConfig(0x10, 4)).isEqualTo(0xffff_0000L);
        assertThatThrownBy(() -> new Big(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Big(2049)).isInstanceOf(IllegalArgumentException.class);
    }
}
