package org.jvisor.vmm.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GuestMemoryTest {
    private final Arena arena = Arena.ofConfined();
    private final GuestMemory memory =
            new GuestMemory(
                    List.of(
                            new GuestMemory.Region(0x10000, arena.allocate(0x2000, 4096), false),
                            new GuestMemory.Region(0, arena.allocate(0x1000, 4096), false),
                            new GuestMemory.Region(0x12000, arena.allocate(0x1000, 4096), true)));

    @AfterEach
    void free() {
        arena.close();
    }

    @Test
    void valuesAreLittleEndianAndMayBeUnaligned() {
        memory.writeInt(0x10001, 0x11223344);
        assertThat(memory.readByte(0x10001)).isEqualTo(0x44);
        assertThat(memory.readShort(0x10003)).isEqualTo(0x1122);
    }

    @Test
    void anAccessMustLieInOneRegion() {
        assertThat(memory.contains(0xff8, 8)).isTrue();
        assertThatThrownBy(() -> memory.readLong(0xff9))
                .isInstanceOf(GuestMemoryException.class)
                .hasMessageContaining("0xff9");
        assertThatThrownBy(() -> memory.slice(0x10000, -1))
                .isInstanceOf(GuestMemoryException.class);
        assertThatThrownBy(() -> memory.slice(-8, 16)).isInstanceOf(GuestMemoryException.class);
        assertThatThrownBy(() -> memory.slice(0x10000, Long.MAX_VALUE))
                .isInstanceOf(GuestMemoryException.class);
    }

    @Test
    void romDoesNotCountAsRam() {
        assertThat(memory.ramSize()).isEqualTo(0x3000);
    }

    @Test
    void listenersHearOfEveryWriteByAHostWriter() {
        List<Long> heard = new ArrayList<>();
        memory.addWriteListener(
                (address, length) -> {
                    heard.add(address);
                    heard.add(length);
                });
        memory.write(0x10010, new byte[] {1, 2, 3});
        memory.written(0, 0);
        assertThat(heard).containsExactly(0x10010L, 3L);
    }

    @Test
    void overlappingRegionsAreRefused() {
        List<GuestMemory.Region> regions =
                List.of(
                        new GuestMemory.Region(0, arena.allocate(0x2000, 4096), false),
                        new GuestMemory.Region(0x1000, arena.allocate(0x1000, 4096), false));
        assertThatThrownBy(() -> new GuestMemory(regions))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("0x1000");
    }
}
