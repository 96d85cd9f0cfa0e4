package org.jvisor.vmm.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class BusTest {
    /** Remembers what was written last and answers with the offset read. */
    private static final class Probe implements IoRegion {
        long offset = -1;
        long value;

        @Override
        public long read(long offset, int size) {
            return 0xffff_ffff_ffff_ff00L | offset;
        }

        @Override
        public void write(long offset, int size, long value) {
            this.offset = offset;
            this.value = value;
        }
    }

    private final Bus bus = new Bus("MMIO");
    private final Probe first = new Probe();
    private final Probe second = new Probe();

    @Test
    void anAccessReachesItsRegionWithTheOffsetFromItsBase() {
        bus.map(0x1000, 0x10, first);
        bus.map(0x1010, 0x10, second);
        bus.write(0x1014, 2, 0x12345);
        assertThat(second.offset).isEqualTo(4);
        assertThat(first.offset).isEqualTo(-1);
    }

    @Test
    void valuesAreCutToTheAccessSizeBothWays() {
        bus.map(0, 8, first);
        bus.write(0, 1, 0x1ff);
        assertThat(first.value).isEqualTo(0xff);
        assertThat(bus.read(2, 4)).isEqualTo(0xffff_ff02L);
    }

    @Test
    void nothingAnswersWithAllOnes() {
        assertThat(bus.read(0x42, 2)).isEqualTo(0xffff);
        assertThat(bus.read(0x42, 8)).isEqualTo(-1L);
    }

    @Test
    void anAccessAcrossTheEndOfARegionIsNotItsBusiness() {
        bus.map(0, 4, first);
        bus.write(3, 2, 1);
        assertThat(first.offset).isEqualTo(-1);
        assertThat(bus.claims(3, 1)).isTrue();
        assertThat(bus.claims(3, 2)).isFalse();
    }

    @Test
    void overlapsAreRefused() {
        bus.map(0x10, 0x10, first);
        assertThatThrownBy(() -> bus.map(0x1f, 1, second))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("overlaps");
        assertThatThrownBy(() -> bus.map(0xf, 2, second))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void anUnmappedRegionAnswersNoMore() {
        bus.map(0x10, 0x10, first);
        bus.unmap(0x10);
        bus.unmap(0x10);
        assertThat(bus.read(0x10, 1)).isEqualTo(0xff);
        bus.map(0x18, 4, second);
        assertThat(bus.read(0x19, 1)).isEqualTo(1);
    }

    @Test
    void theLatestAccessesAreRemembered() {
        for (int i = 0; i < 20; i++) {
            bus.write(i, 1, i);
        }
        assertThat(bus.lastAccesses())
                .hasSize(16)
                .last()
                .isEqualTo("MMIO write 0x13, 1 bytes: 0x13");
    }
}
