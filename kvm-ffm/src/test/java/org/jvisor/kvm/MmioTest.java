package org.jvisor.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MmioTest {
    private static final long DEVICE = 0xd000_0000L;
    private static final long DEVICE_IN_LONG_MODE = 0x1000_0000L; // within the mapped first GiB

    @Test
    void aByteWrittenToNoMemoryIsAnExit() {
        // mov byte [0xd0000000], 0x5a; hlt
        expectWrite("c605000000d05a", 1, 0x5a);
    }

    @Test
    void aWordWrittenToNoMemoryIsAnExit() {
        // mov word [0xd0000000], 0xbeef; hlt
        expectWrite("66c705000000d0efbe", 2, 0xbeef);
    }

    @Test
    void aDoublewordWrittenToNoMemoryIsAnExit() {
        // mov dword [0xd0000000], 0xdeadbeef; hlt
        expectWrite("c705000000d0efbeadde", 4, 0xdeadbeefL);
    }

    private static void expectWrite(String code, int length, long value) {
        try (TestGuest guest = TestGuest.plain().protectedMode(code + "f4")) {
            assertThat(guest.cpu().run()).isEqualTo(KvmExit.MMIO);
            KvmRun exit = guest.cpu().exit();
            assertThat(exit.mmioIsWrite()).isTrue();
            assertThat(exit.mmioAddress()).isEqualTo(DEVICE);
            assertThat(exit.mmioLength()).isEqualTo(length);
            assertThat(exit.mmioData()).isEqualTo(value);
            assertThat(exit.describe()).contains("write").contains("0xd0000000");
            assertThat(guest.cpu().run()).isEqualTo(KvmExit.HLT);
        }
    }

    @Test
    void aQuadwordWrittenToNoMemoryIsAnExit() {
        // mov ebx, 0x10000000; mov rax, 0x1122334455667788; mov [rbx], rax; hlt
        try (TestGuest guest =
                TestGuest.plain().longMode("bb00000010 48b88877665544332211 488903 f4")) {
            assertThat(guest.cpu().run()).isEqualTo(KvmExit.MMIO);
            KvmRun exit = guest.cpu().exit();
            assertThat(exit.mmioAddress()).isEqualTo(DEVICE_IN_LONG_MODE);
            assertThat(exit.mmioLength()).isEqualTo(8);
            assertThat(exit.mmioData()).isEqualTo(0x1122334455667788L);
            assertThat(guest.cpu().run()).isEqualTo(KvmExit.HLT);
        }
    }

    @Test
    void aByteReadFromNoMemoryIsTheHosts() {
        // movzx ecx, byte [0xd0000000]
        expectRead("0fb60d000000d0", 1, 0x88);
    }

    @Test
    void aWordReadFromNoMemoryIsTheHosts() {
        // movzx ecx, word [0xd0000000]
        expectRead("0fb70d000000d0", 2, 0x7788);
    }

    @Test
    void aDoublewordReadFromNoMemoryIsTheHosts() {
        // mov ecx, [0xd0000000]
        expectRead("8b0d000000d0", 4, 0x55667788L);
    }

    private static void expectRead(String code, int length, long seen) {
        try (TestGuest guest = TestGuest.plain().protectedMode(code + "f4")) {
            assertThat(guest.cpu().run()).isEqualTo(KvmExit.MMIO);
            KvmRun exit = guest.cpu().exit();
            assertThat(exit.mmioIsWrite()).isFalse();
            assertThat(exit.mmioLength()).isEqualTo(length);
            exit.setMmioData(0x1122334455667788L);
            assertThat(guest.cpu().run()).isEqualTo(KvmExit.HLT);
            assertThat(guest.regs().gpr[KvmRegs.RCX]).isEqualTo(seen);
        }
    }

    @Test
    void aQuadwordReadFromNoMemoryIsTheHosts() {
        // mov ebx, 0x10000000; mov rcx, [rbx]; hlt
        try (TestGuest guest = TestGuest.plain().longMode("bb00000010 488b0b f4")) {
            assertThat(guest.cpu().run()).isEqualTo(KvmExit.MMIO);
            guest.cpu().exit().setMmioData(0x1122334455667788L);
            assertThat(guest.cpu().run()).isEqualTo(KvmExit.HLT);
            assertThat(guest.regs().gpr[KvmRegs.RCX]).isEqualTo(0x1122334455667788L);
        }
    }
}
