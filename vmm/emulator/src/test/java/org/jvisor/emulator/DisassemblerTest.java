package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DisassemblerTest {
    private static Disassembler.Line line(String hex, int bits, long rip) {
        byte[] code = HexFormat.of().parseHex(hex);
        return Disassembler.disassemble(code, 0, bits, rip);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    4801c8           | add rax, rcx
                    83c0ff           | add eax, -0x1
                    6601d8           | add ax, bx
                    00e0             | add al, ah
                    4000e0           | add al, spl
                    488b4308         | mov rax, qword ptr [rbx+0x8]
                    428b448bf0       | mov eax, dword ptr [rbx+r9*4-0x10]
                    8b042500100000   | mov eax, dword ptr [0x1000]
                    65488b042528000000 | mov rax, qword ptr gs:[0x28]
                    488d0510000000   | lea rax, [rip+0x10]  # 0x1017
                    eb02             | jmp 0x1004
                    0f84fa000000     | jz 0x1100
                    e8fbffffff       | call 0x1000
                    c3               | ret
                    f3a4             | rep movsb
                    f348ab           | rep stosq
                    f2ae             | repne scasb
                    f0480fb10a       | lock cmpxchg qword ptr [rdx], rcx
                    480fc70f         | cmpxchg16b xmmword ptr [rdi]
                    4898             | cdqe
                    c8100001         | enter 0x10, 0x1
                    0f20c0           | mov rax, cr0
                    d3e0             | shl eax, cl
                    0f0b             | ud2
                    06               | (bad)
                    48b8efcdab8967452301 | mov rax, 0x123456789abcdef
                    """)
    void longModeCodeReadsAsInIntelsManual(String hex, String text) {
        Disassembler.Line line = line(hex, 64, 0x1000);
        assertThat(line.text()).isEqualTo(text);
        assertThat(line.length()).isEqualTo(hex.length() / 2);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    8b07             | mov ax, word ptr [bx]
                    268a5efe         | mov bl, byte ptr es:[bp-0x2]
                    ebfe             | jmp 0x7c00
                    66b878563412     | mov eax, 0x12345678
                    60               | pusha
                    """)
    void realModeCodeUses16BitRegistersAndAddresses(String hex, String text) {
        assertThat(line(hex, 16, 0x7c00).text()).isEqualTo(text);
    }

    @Test
    void aCutOffInstructionIsSaidToBeTruncated() {
        assertThat(line("488b", 64, 0)).isEqualTo(new Disassembler.Line(2, "(truncated)"));
    }

    @Test
    void aCodeSizeThatDoesNotExistIsRefused() {
        assertThatThrownBy(() -> line("90", 8, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("8-bit");
    }
}
