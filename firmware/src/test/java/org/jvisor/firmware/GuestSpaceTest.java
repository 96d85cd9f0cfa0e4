package org.jvisor.firmware;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.jvisor.firmware.layout.E820Map;

class GuestSpaceTest {
    private final TestGuest guest = new TestGuest(Path.of("."), 4);
    private final GuestSpace space = new GuestSpace(guest.memory, E820Map.of(guest.board.memory()));

    @Test
    void theLowestRangeIsAboveTheInterruptTable() {
        assertThat(space.low(100, 16, 0, "a")).hasValue(0x1000);
    }

    @Test
    void aSecondRangeLiesBehindTheFirst() {
        space.low(100, 16, 0, "a");
        assertThat(space.low(100, 16, 0, "b")).hasValue(0x1070);
    }

    @Test
    void aRangeTooLargeForConventionalMemoryGoesAboveOneMebibyte() {
        assertThat(space.low(1 << 20, 4096, 0, "a")).hasValue(0x10_0000);
    }

    @Test
    void theHighestRangeEndsAtTheTopOfMemory() {
        assertThat(space.high(4097, 4096, Long.MAX_VALUE, "a")).hasValue((4 << 20) - 8192);
    }

    @Test
    void theHighestRangeStaysBelowALimitAndWhatIsTaken() throws Exception {
        space.claim(0x30_0000, 0x1000, "test", "a");
        assertThat(space.high(0x1000, 0x1000, 0x30_1800, "b")).hasValue(0x2f_f000);
    }

    @Test
    void whatDoesNotFitIsNotPlaced() {
        assertThat(space.low(8 << 20, 4096, 0, "a")).isEmpty();
        assertThat(space.high(8 << 20, 4096, Long.MAX_VALUE, "a")).isEmpty();
    }

    @Test
    void overlappingClaimsAreRefusedAndBothNamed() throws Exception {
        space.claim(0x10_0000, 0x1000, "test", "the kernel");
        assertThatThrownBy(() -> space.claim(0x10_0fff, 1, "test", "the initrd"))
                .isInstanceOf(BootException.class)
                .hasMessageContaining("the initrd (0x100fff to 0x100fff) and the kernel");
    }

    @Test
    void addressesThatAreNotFreeRamAreRefused() {
        assertThatThrownBy(() -> space.claim(0xf_0000, 0x1000, "test", "the kernel"))
                .isInstanceOf(BootException.class)
                .hasMessageContaining("0x100000 to 0x3fffff");
    }

    @Test
    void addressesThatWrapAroundAreRefused() {
        assertThatThrownBy(() -> space.claim(Long.MAX_VALUE - 10, 100, "test", "the kernel"))
                .isInstanceOf(BootException.class);
    }
}
