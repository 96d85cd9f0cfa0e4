package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jvisor.emulator.Cpu.AF;
import static org.jvisor.emulator.Cpu.ARITH;
import static org.jvisor.emulator.Cpu.CF;
import static org.jvisor.emulator.Cpu.RAX;
import static org.jvisor.emulator.Cpu.RBX;
import static org.jvisor.emulator.Cpu.RCX;
import static org.jvisor.emulator.Cpu.RDX;
import static org.jvisor.emulator.Cpu.RSI;
import static org.jvisor.emulator.TestGuest.CODE;
import static org.jvisor.emulator.TestGuest.DATA;

import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Registers, flags and memory in host code: what it does is what the interpreter does. */
class HostRegionTest {
    private static final int LARGEST = RegionPlan.MAX_HOST_INSNS;

    private final HostGuest h = new HostGuest();
    private final TestGuest g = h.g;

    @AfterEach
    void close() {
        h.close();
    }

    private void agrees(String hex, Consumer<TestGuest> with) {
        h.agrees(hex, LARGEST, 0, with);
    }

    // ---- control ----

    @Test
    void aLoopIsOneRun() {
        agrees("01c8 ffc9 75fa f4", t -> t.reg(RCX, 30)); // add eax, ecx; dec ecx; jnz; hlt
        assertThat(g.c.r[RAX]).isEqualTo(465);
        int before = h.entered;
        h.run(t -> t.reg(RCX, 30));
        assertThat(h.entered - before).isOne();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 300})
    void everyKindOfBranchGoesWhereItShould(int limit) {
        g.code(CODE + 0x20, "83c001 c3"); // add eax, 1; ret
        g.code(CODE + 0x40, "83c002 c20000"); // add eax, 2; ret 0
        g.code(CODE + 0x50, "83c004 488d0de6ffffff ffe1"); // add eax, 4; lea rcx, 40h; jmp rcx
        h.agrees( // call 20h; lea rsi, 40h; call rsi; call [rbx]; cmp eax, 10; jl; hlt; nop; jmp
                "e81b000000 488d3534000000 ffd6 ff13 83f80a 7c02 f4 90 ebe7",
                limit,
                0,
                t -> {
                    t.memory.writeLong(DATA, CODE + 0x50);
                    t.reg(RBX, DATA);
                });
        assertThat(g.c.r[RAX]).isEqualTo(18); // twice 1 + 2 + 4 + 2
    }

    @Test
    void jumpsFartherThanAnOffsetReachesEndAtTheirTarget() {
        // jmp +7ffffffb
        agrees("e9fbffff7f", t -> {});
        assertThat(g.vector()).isEqualTo(Cpu.PAGE_FAULT);
        assertThat(g.faultRip()).isEqualTo(CODE + 0x8000_0000L);
    }

    @Test
    void aJumpToTwoGibibytesBelowIsNotTakenForOneIntoTheRegion() {
        agrees("ffe0", t -> t.reg(RAX, CODE - 0x8000_0000L)); // jmp rax
        assertThat(g.vector()).isEqualTo(Cpu.PAGE_FAULT);
        assertThat(g.faultRip()).isEqualTo(CODE - 0x8000_0000L);
    }

    // ---- registers ----

    @Test
    void allRegistersAreUsedThoughTheHostHasNotRoomForAll() {
        StringBuilder code = new StringBuilder();
        for (int r = 0; r < 16; r++) { // add r, r + 1; then add each to the next; mov [rsp-8], r
            code.append("%02x83%02x%02x".formatted(0x48 | r >> 3, 0xc0 | r & 7, r + 1));
        }
        for (int r = 0; r < 16; r++) {
            int to = (r + 5) % 16 == Cpu.RSP ? 3 : (r + 5) % 16;
            int rex = 0x48 | r >> 3 << 2 | to >> 3;
            code.append("%02x01%02x".formatted(rex, 0xc0 | (r & 7) << 3 | to & 7));
            int store = 0x48 | r >> 3 << 2;
            code.append("%02x89%02x24f8".formatted(store, 0x44 | (r & 7) << 3));
        }
        agrees(code + "f4", t -> {});
        assertThat(g.c.r[5]).isEqualTo(7); // 6 + 1
    }

    @Test
    void highBytesAreOperands() {
        // add ah, bl; sub ch, dh; mov bh, ah; mov [rsi], ch; xor al, bh; movzx edi, dh;
        // inc ah; neg bh; xchg ah, al; cmp dh, ch; setc ch; movsx r8d, word... of ax; hlt
        agrees(
                "00dc 28f5 88e7 882e 30f8 0fb6fe fec4 f6df 86e0 38ee 0f92c5 440fbfc0 c0ec03"
                        + " 80cc55 b677 022e f4",
                t ->
                        t.reg(RAX, 0x1122_3344_5566_77f8L)
                                .reg(RBX, 0x99)
                                .reg(RCX, 0xabcd)
                                .reg(RDX, 0x4321)
                                .reg(RSI, DATA));
        assertThat(g.memory.readByte(DATA)).isEqualTo(0x68); // ab - 43
    }

    @Test
    void the32BitResultsClearTheUpperHalf() {
        agrees("01c0 0f44d9 83c200 87ff 4187c0 0fb6f6 f4", HostRegionTest::allOnes);
        assertThat(g.c.r[RBX]).isEqualTo(0xffff_ffffL);
    }

    private static void allOnes(TestGuest g) {
        for (int r = 0; r < 16; r++) {
            if (r != Cpu.RSP) {
                g.reg(r, -1);
            }
        }
    }

    @Test
    void segmentBasesAreAdded() {
        // mov eax, fs:[rbx]; mov gs:[rbx+8], eax; mov ecx, gs:[ebx]; lea edx, gs:[rbx]; hlt
        agrees(
                "648b03 65894308 65678b0b 658d13 f4",
                t -> {
                    t.c.segBase[Cpu.FS] = DATA;
                    t.c.segBase[Cpu.GS] = DATA + 0x1000;
                    t.memory.writeInt(DATA + 0x20, 7);
                    t.memory.writeInt(DATA + 0x1020, 9);
                    t.reg(RBX, 0x20);
                });
        assertThat(g.memory.readInt(DATA + 0x1028)).isEqualTo(7);
        assertThat(g.c.r[RCX]).isEqualTo(9);
        assertThat(g.c.r[RDX]).isEqualTo(0x20);
    }

    @Test
    void everyWayToAddressFindsItsOperand() {
        // mov eax, [rbx+rcx*4+4]; add eax, [rcx*8+DATA]; add eax, [DATA]; add eax, [rip+0x30];
        // add eax, [r12+r13]; add eax, [r13]; add rax, [ebx-1]; mov al, [moffs DATA]; hlt
        agrees(
                "8b448b04 0304cd00000200 03042500000200 030530000000 4303042c 41034500 67480343ff"
                        + " a00000020000000000 f4",
                t -> {
                    for (int i = 0; i < 64; i++) {
                        t.memory.writeInt(DATA + 4 * i, 0x01010101 * i + 3);
                    }
                    t.reg(RBX, DATA + 8).reg(RCX, 2).reg(12, 0x10).reg(13, DATA);
                });
        assertThat((int) g.c.r[RAX] & 0xff).isEqualTo(3);
    }

    @Test
    void bitsBeyondA32BitAddressWrapAsTheAddressDoes() {
        // mov rdx, [rsi]; bt [ebx], rax
        agrees(
                "488b16 67480fa303 f4",
                t ->
                        t.reg(RSI, 0xffff_ffff_c000_0000L | DATA)
                                .reg(RBX, 0x10)
                                .reg(RAX, 8 * (0xffff_ffff_c000_0000L + DATA)));
        assertThat(g.vector()).isEqualTo(Cpu.PAGE_FAULT);
        assertThat(g.c.cr2).isEqualTo(0xc002_0010L);
    }

    // ---- flags ----

    @Test
    void flagsOutliveAccessesToMemory() {
        // add eax, ebx; mov ecx, [rsi]; mov [rsi+8], ecx; setc dl; setz dh; adc edi, 0; pushf; hlt
        agrees(
                "01d8 8b0e 894e08 0f92c2 0f94c6 83d700 9c f4",
                t -> t.reg(RAX, -1).reg(RBX, 1).reg(RSI, DATA));
        assertThat(g.c.r[RDX]).isEqualTo(0x101);
        assertThat(g.c.r[Cpu.RDI]).isOne();
    }

    @Test
    void incrementAndDecrementKeepTheCarry() {
        // stc; inc eax; dec dword [rsi]; adc ebx, 0; clc; dec ecx; inc byte [rsi]; adc edx, 0
        agrees("f9 ffc0 ff0e 83d300 f8 ffc9 fe06 83d200 f4", t -> t.reg(RSI, DATA));
        assertThat(g.c.r[RBX]).isOne();
        assertThat(g.c.r[RDX]).isZero();
    }

    @Test
    void whatKeepsAFlagFindsItAfterAnAccessToMemory() {
        // stc; mov [rsi], eax; inc eax; adc ebx, 0; cmp eax, eax; mov [rsi], eax; shl edx, cl;
        // setz dl; stc; mov [rsi], eax; bswap edi; dec edi; setc dh; hlt
        agrees(
                "f9 8906 ffc0 83d300 39c0 8906 d3e2 0f94c2 f9 8906 0fcf ffcf 0f92c6 f4",
                t -> t.reg(RSI, DATA));
        assertThat(g.c.r[RBX]).isOne();
        assertThat(g.c.r[RDX]).isEqualTo(0x101);
    }

    @Test
    void aShiftByACountOfNothingKeepsAllFlags() {
        // cmp eax, ebx; shl edx, cl; shl dword [rsi], cl; sar dh, cl; shld edx, ebx, cl; pushf;
        // rol dword [rsi], cl; rcr edx, cl; shr edx, 0; pushf; hlt
        agrees(
                "39d8 d3e2 d326 d2fe 0fa5da 9c d306 d3da c1ea20 9c f4",
                t -> t.reg(RAX, 1).reg(RBX, 2).reg(RCX, 0x20).reg(RSI, DATA));
        assertThat(g.c.flags() & ARITH).isEqualTo(CF | Cpu.PF | AF | Cpu.SF);
    }

    @Test
    void carriesGoFromWordToWord() {
        // add [rsi], rax; adc [rsi+8], rax; adc rbx, [rsi+8]; sbb rcx, rax; sbb dword [rsi], -1;
        // adc al, 0x7f; sbb r8w, 0x1234; adc r9d, r10d; hlt
        agrees(
                "480106 48114608 48135e08 4819c1 831eff 147f 664181d83412 4511d1 f4",
                t -> {
                    t.memory.writeLong(DATA, -1);
                    t.reg(RSI, DATA).reg(RAX, -1).reg(8, 0x1233).reg(9, -1);
                });
        assertThat(g.memory.readLong(DATA + 8)).isZero();
    }

    @Test
    void multiplicationsAndBitsGiveWhatTheyDefine() {
        // imul eax, ebx, -3; imul rcx, [rsi]; mul rbx; setc r8b; bsf r9d, ecx; bts [rsi], rbx;
        // btr ebx, 3; setc r10b; popcnt rdi, rbx; bswap rbx; cmp eax, ecx; hlt
        agrees(
                "6bc3fd 480faf0e 48f7e3 410f92c0 440fbcc9 480fab1e 0fbaf303 410f92c2 f3480fb8fb"
                        + " 480fcb 39c8 f4",
                t -> {
                    t.memory.writeLong(DATA, 0x1234_5678_9abc_def0L);
                    t.reg(RSI, DATA).reg(RBX, 0x4f8).reg(RCX, 0x7654_3210_fedc_ba98L);
                });
        assertThat(g.c.r[10]).isOne();
    }

    @Test
    void flagsOfAForwardBranchArriveInItsBlock() {
        // cmp eax, ebx; jz +2; jc +1; hlt; adc ecx, 0; seto dl; hlt
        h.agrees("39d8 7402 7201 f4 83d100 0f90c2 f4", LARGEST, 0, t -> t.reg(RBX, 1));
        assertThat(g.c.r[RCX]).isOne();
    }
}
