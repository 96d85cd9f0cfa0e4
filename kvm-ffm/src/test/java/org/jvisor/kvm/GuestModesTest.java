package org.jvisor.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class GuestModesTest {
    @Test
    void sixteenBitCodeRunsUntilItHalts() {
        // mov ax, 0x1234; add ax, 0x1111; mov [0x500], ax; hlt
        try (TestGuest guest = TestGuest.plain().realMode("b83412 051111 a30005 f4")) {
            assertThat(guest.cpu().run()).isEqualTo(KvmExit.HLT);
            assertThat(guest.readInt(0x500)).isEqualTo(0x2345);
        }
    }

    @Test
    void thirtyTwoBitCodeRunsUntilItHalts() {
        // mov eax, 6; mov ecx, 7; mul ecx; push eax; pop dword [0x12345]; hlt
        try (TestGuest guest =
                TestGuest.plain().protectedMode("b806000000 b907000000 f7e1 50 8f0545230100 f4")) {
            assertThat(guest.cpu().run()).isEqualTo(KvmExit.HLT);
            assertThat(guest.readInt(0x12345)).isEqualTo(42);
        }
    }

    @Test
    void sixtyFourBitCodeRunsUntilItHalts() {
        // mov rax, 0x1122334455667788; mov r9, rax; shr r9, 4; hlt
        try (TestGuest guest =
                TestGuest.plain().longMode("48b88877665544332211 4989c1 49c1e904 f4")) {
            assertThat(guest.cpu().run()).isEqualTo(KvmExit.HLT);
            assertThat(guest.regs().gpr[9]).isEqualTo(0x0112233445566778L);
        }
    }

    @Test
    void theInstructionPointerIsBehindTheHalt() {
        try (TestGuest guest = TestGuest.plain().realMode("9090 f4")) {
            guest.cpu().run();
            assertThat(guest.regs().rip).isEqualTo(TestGuest.CODE + 3);
        }
    }

    @Test
    void aTripleFaultIsAShutdown() {
        // lidt [empty]; ud2: no handler for it, none for the double fault
        try (TestGuest guest = TestGuest.plain().protectedMode("0f011d00200000 0f0b")) {
            assertThat(guest.cpu().run()).isEqualTo(KvmExit.SHUTDOWN);
        }
    }
}
