package org.jvisor.firmware.layout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AddressMapTest {
    private static final long GIB = 1L << 30;

    @Test
    void aSmallGuestHasAllItsMemoryLow() {
        assertThat(new AddressMap(GIB).ram()).containsExactly(new AddressMap.Range(0, GIB));
    }

    @Test
    void memoryBeyondThreeGibibytesContinuesAtFour() {
        assertThat(new AddressMap(5 * GIB).ram())
                .containsExactly(
                        new AddressMap.Range(0, 3 * GIB), new AddressMap.Range(4 * GIB, 2 * GIB));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -4096, 4097, AddressMap.MAX_MEMORY + 4096})
    void impossibleSizesAreRefused(long size) {
        assertThatThrownBy(() -> new AddressMap(size)).isInstanceOf(IllegalArgumentException.class);
    }

    @Property
    void nothingOnTheBoardOverlaps(
            @ForAll @LongRange(min = 1, max = AddressMap.MAX_MEMORY / 4096) long pages) {
        AddressMap map = new AddressMap(pages * 4096);
        List<AddressMap.Range> ranges = new ArrayList<>(map.ram());
        ranges.addAll(AddressMap.pciWindows());
        ranges.add(map.pciWindow64());
        ranges.add(new AddressMap.Range(AddressMap.ECAM_BASE, AddressMap.ECAM_SIZE));
        ranges.add(new AddressMap.Range(AddressMap.PLATFORM_BASE, AddressMap.PLATFORM_SIZE));
        ranges.add(new AddressMap.Range(AddressMap.IOAPIC_BASE, 4096));
        ranges.add(new AddressMap.Range(AddressMap.HPET_BASE, 1024));
        ranges.add(new AddressMap.Range(AddressMap.LAPIC_BASE, 4096));
        ranges.sort(Comparator.comparingLong(AddressMap.Range::base));
        for (int i = 1; i < ranges.size(); i++) {
            assertThat(ranges.get(i).base()).isGreaterThanOrEqualTo(ranges.get(i - 1).end());
        }
    }

    @Property
    void theMemoryMapListsAllRamButTheReservedParts(
            @ForAll @LongRange(min = 256, max = AddressMap.MAX_MEMORY / 4096) long pages) {
        AddressMap map = new AddressMap(pages * 4096);
        E820Map e820 = E820Map.of(map);
        long usable = e820.usable().stream().mapToLong(E820Map.Entry::size).sum();
        long hole = AddressMap.EXTENDED_BASE - AddressMap.EBDA_BASE;
        assertThat(usable).isEqualTo(map.memory() - hole);
    }

    @Property
    void theMemoryMapIsSortedAndFreeOfOverlaps(
            @ForAll @LongRange(min = 1, max = AddressMap.MAX_MEMORY / 4096) long pages) {
        List<E820Map.Entry> entries = E820Map.of(new AddressMap(pages * 4096)).entries();
        for (int i = 1; i < entries.size(); i++) {
            assertThat(entries.get(i).base()).isGreaterThanOrEqualTo(entries.get(i - 1).end());
        }
    }

    @Test
    void configurationSpaceIsReserved() {
        assertThat(E820Map.of(new AddressMap(GIB)).entries())
                .contains(
                        new E820Map.Entry(
                                AddressMap.ECAM_BASE, AddressMap.ECAM_SIZE, E820Map.Type.RESERVED));
    }
}
