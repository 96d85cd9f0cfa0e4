package org.jvisor.linux;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LowMemoryTest {
    @Test
    void lowMemoryLiesBelowTwoGigabytes() {
        try (HostMemory memory = HostMemory.low(3 * HostMemory.PAGE_SIZE)) {
            assertThat(memory.segment().address() + memory.size()).isLessThan(1L << 31);
        }
    }

    @Test
    void lowCodeLiesBelowTwoGigabytes() {
        try (NativeCode code = NativeCode.allocateLow(1)) {
            assertThat(code.address() + code.size()).isLessThan(1L << 31);
        }
    }
}
