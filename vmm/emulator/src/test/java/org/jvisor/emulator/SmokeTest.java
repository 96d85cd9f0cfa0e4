package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.jvisor.vmm.api.VcpuExit;

class SmokeTest {
    @Test
    void aLoopInLongModeAddsUp() {
        try (TestGuest g = new TestGuest()) {
            // xor eax,eax; mov ecx,10; l: add rax,rcx; dec ecx; jnz l; hlt
            g.long64().code("31c0 b90a000000 4801c8 ffc9 75f9 f4");
            assertThat(g.run()).isEqualTo(VcpuExit.HALTED);
            assertThat(g.vcpu.failure()).isEmpty();
            assertThat(g.c.r[Cpu.RAX]).isEqualTo(55);
        }
    }

    @Test
    void aCallInRealModeReturns() {
        try (TestGuest g = new TestGuest()) {
            // call f; hlt; f: mov ax,[0]; inc ax; mov [2],ax; ret
            g.real().code("e80100 f4 a10000 40 a30200 c3");
            g.memory.writeShort(TestGuest.DATA, 41);
            assertThat(g.run()).isEqualTo(VcpuExit.HALTED);
            assertThat(g.memory.readShort(TestGuest.DATA + 2)).isEqualTo(42);
            assertThat(g.c.rip).isEqualTo(4);
        }
    }
}
