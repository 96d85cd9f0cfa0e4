package org.jvisor.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PortIoTest {
    private static final String MOV_DX_1234 = "ba3412";

    @Test
    void aByteWrittenToAPortIsAnExit() {
        // mov al, 0xa5; out dx, al
        expectWrite(MOV_DX_1234 + "b0a5 ee", 1, 0xa5);
    }

    @Test
    void aWordWrittenToAPortIsAnExit() {
        // mov ax, 0xbeef; out dx, ax
        expectWrite(MOV_DX_1234 + "b8efbe ef", 2, 0xbeef);
    }

    @Test
    void aDoublewordWrittenToAPortIsAnExit() {
        // mov eax, 0xdeadbeef; out dx, eax
        expectWrite(MOV_DX_1234 + "66b8efbeadde 66ef", 4, 0xdeadbeef);
    }

    private static void expectWrite(String code, int size, int value) {
        try (TestGuest guest = TestGuest.plain().realMode(code + "f4")) {
            KvmRun exit = guest.cpu().exit();
            assertThat(guest.cpu().run()).isEqualTo(KvmExit.IO);
            assertThat(exit.ioIsWrite()).isTrue();
            assertThat(exit.ioPort()).isEqualTo(0x1234);
            assertThat(exit.ioSize()).isEqualTo(size);
            assertThat(exit.ioCount()).isEqualTo(1);
            assertThat(exit.ioValue(0)).isEqualTo(value);
            assertThat(exit.ioData().byteSize()).isEqualTo(size);
            assertThat(exit.describe()).contains("OUT").contains("0x1234");
            assertThat(guest.cpu().run()).isEqualTo(KvmExit.HLT);
        }
    }

    @Test
    void aByteReadFromAPortIsTheHosts() {
        // in al, dx; mov [0x500], al
        expectRead(MOV_DX_1234 + "ec a20005", 1, 0x9988_7766, 0x66);
    }

    @Test
    void aWordReadFromAPortIsTheHosts() {
        // in ax, dx; mov [0x500], ax
        expectRead(MOV_DX_1234 + "ed a30005", 2, 0x9988_7766, 0x7766);
    }

    @Test
    void aDoublewordReadFromAPortIsTheHosts() {
        // in eax, dx; mov [0x500], eax
        expectRead(MOV_DX_1234 + "66ed 66a30005", 4, 0x9988_7766, 0x9988_7766);
    }

    private static void expectRead(String code, int size, int answer, int seen) {
        try (TestGuest guest = TestGuest.plain().realMode(code + "f4")) {
            KvmRun exit = guest.cpu().exit();
            assertThat(guest.cpu().run()).isEqualTo(KvmExit.IO);
            assertThat(exit.ioIsWrite()).isFalse();
            assertThat(exit.ioSize()).isEqualTo(size);
            exit.setIoValue(0, answer);
            assertThat(guest.cpu().run()).isEqualTo(KvmExit.HLT);
            assertThat(guest.readInt(0x500)).isEqualTo(seen);
        }
    }

    @Test
    void aStringWrittenToAPortArrivesWhole() {
        // mov si, 0x600; mov cx, 5; cld; rep outsb
        try (TestGuest guest = TestGuest.plain().realMode("ba3412 be0006 b90500 fc f36e f4")) {
            guest.put(0x600, "48656c6c6f"); // Hello
            KvmRun exit = guest.cpu().exit();
            StringBuilder text = new StringBuilder();
            while (guest.cpu().run() == KvmExit.IO) {
                for (byte b : exit.ioData().toArray(ValueLayout.JAVA_BYTE)) {
                    text.append((char) b);
                }
            }
            assertThat(text).hasToString("Hello");
        }
    }

    @Test
    void aStringReadFromAPortArrivesWhole() {
        // mov di, 0x700; mov cx, 3; cld; rep insw
        try (TestGuest guest = TestGuest.plain().realMode("ba3412 bf0007 b90300 fc f36d f4")) {
            KvmRun exit = guest.cpu().exit();
            int next = 0x1111;
            List<Integer> given = new ArrayList<>();
            while (guest.cpu().run() == KvmExit.IO) {
                for (int i = 0; i < exit.ioCount(); i++, next += 0x1111) {
                    exit.setIoValue(i, next);
                    given.add(next);
                }
            }
            assertThat(given).startsWith(0x1111, 0x2222, 0x3333);
            assertThat(guest.readInt(0x700)).isEqualTo(0x2222_1111);
            assertThat(guest.readInt(0x704) & 0xffff).isEqualTo(0x3333);
        }
    }
}
