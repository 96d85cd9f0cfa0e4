package org.jvisor.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LowMemoryTest {
    @Test
    void lowMemoryLiesBelowTwoGigabytes() {
        try (HostMemory memory = HostMemory.low(3 * HostMemory.PAGE_SIZE)) {
            assertThat(memory.segment().address() + memory.size()).isLessThan(1L << 31);
        }
    }

    @Test
    void lowMemoryIsFoundWhereTheSecondGigabyteIsFull() {
        List<HostMemory> taken = new ArrayList<>();
        try {
            for (long size = 1L << 30; size >= 1L << 20; size /= 2) {
                fillTheSecondGigabyte(size, taken);
            }
            try (HostMemory memory = HostMemory.low(1L << 21)) {
                assertThat(memory.segment().address() + memory.size()).isLessThan(1L << 31);
            }
        } finally {
            taken.forEach(HostMemory::close);
        }
    }

    private static void fillTheSecondGigabyte(long size, List<HostMemory> taken) {
        while (true) {
            HostMemory memory;
            try {
                memory = HostMemory.low(size);
            } catch (LinuxException e) {
                return;
            }
            if (memory.segment().address() < 1L << 30) {
                memory.close();
                return;
            }
            taken.add(memory);
        }
    }

    @Test
    void lowCodeLiesBelowTwoGigabytes() {
        try (NativeCode code = NativeCode.allocateLow(1)) {
            assertThat(code.address() + code.size()).isLessThan(1L << 31);
        }
    }
}
