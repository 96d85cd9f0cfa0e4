package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jvisor.emulator.TestGuest.CODE;
import static org.jvisor.emulator.TestGuest.DATA;

import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What CPUs on threads of their own may see of each other: SDM 3A §9.1 to §9.3, litmus by litmus.
 */
@Timeout(120)
class ParallelTest {
    private static final int R8 = 8, R10 = 10, R12 = 12, R14 = 14;
    private static final int RCX = Cpu.RCX, RBX = Cpu.RBX, RSI = Cpu.RSI, RDI = Cpu.RDI;

    private ParallelGuest p = new ParallelGuest(2);

    @AfterEach
    void close() {
        p.close();
    }

    // ---- LOCK ----

    /** Each adds 1 to [rsi] rcx times: by LOCK ADD, INC, XADD and a CMPXCHG loop. */
    static Stream<Arguments> increments() {
        return Stream.of(
                Arguments.of(1, "f0800601 48ffc9 75f7 f4"),
                Arguments.of(1, "f0fe06 48ffc9 75f8 f4"),
                Arguments.of(1, "b801000000 f00fc006 48ffc9 75f2 f4"),
                Arguments.of(1, "8a06 8d5001 f00fb016 75f7 48ffc9 75f0 f4"),
                Arguments.of(2, "f066830601 48ffc9 75f6 f4"),
                Arguments.of(2, "f066ff06 48ffc9 75f7 f4"),
                Arguments.of(2, "b801000000 f0660fc106 48ffc9 75f1 f4"),
                Arguments.of(2, "668b06 8d5001 f0660fb116 75f6 48ffc9 75ee f4"),
                Arguments.of(4, "f0830601 48ffc9 75f7 f4"),
                Arguments.of(4, "f0ff06 48ffc9 75f8 f4"),
                Arguments.of(4, "b801000000 f00fc106 48ffc9 75f2 f4"),
                Arguments.of(4, "8b06 8d5001 f00fb116 75f7 48ffc9 75f0 f4"),
                Arguments.of(8, "f048830601 48ffc9 75f6 f4"),
                Arguments.of(8, "f048ff06 48ffc9 75f7 f4"),
                Arguments.of(8, "b801000000 f0480fc106 48ffc9 75f1 f4"),
                Arguments.of(8, "488b06 488d5001 f0480fb116 75f5 48ffc9 75ed f4"));
    }

    private void assertAllCount(int cpus, int size, String code, long at, int rounds) {
        p.start(0, CODE, code);
        for (int i = 0; i < cpus; i++) {
            p.cpu(i).rip = CODE;
        }
        p.all(RSI, at).all(RCX, rounds).run();
        long mask = -1L >>> 64 - 8 * size;
        assertThat(p.g.memory.readLong(at) & mask).isEqualTo((long) cpus * rounds & mask);
        assertThat(p.g.memory.readByte(at - 1)).isZero();
        assertThat(p.g.memory.readByte(at + size)).isZero();
    }

    @ParameterizedTest
    @MethodSource("increments")
    void noLockedIncrementIsLost(int size, String code) {
        assertAllCount(2, size, code, DATA + 0x40, 20_001);
    }

    @ParameterizedTest
    @MethodSource("increments")
    void noLockedIncrementOfAnUnalignedOperandIsLost(int size, String code) {
        assertAllCount(2, size, code, DATA + 0x43, 5_001);
    }

    @ParameterizedTest
    @MethodSource("increments")
    void noLockedIncrementAcrossTwoCacheLinesIsLost(int size, String code) {
        assertAllCount(2, size, code, DATA + 0x3f, 1_001);
    }

    @ParameterizedTest
    @MethodSource("increments")
    void noLockedIncrementAcrossTwoPagesIsLost(int size, String code) {
        assertAllCount(2, size, code, DATA + 0xfff, 1_001);
    }

    @ParameterizedTest
    @MethodSource("increments")
    void noLockedIncrementInAPageWithCodeIsLost(int size, String code) {
        assertAllCount(2, size, code, CODE + 0x800, 1_001);
    }

    @Test
    void aLockAcrossEightBytesKeepsOutAnotherWithin() {
        p.start(0, CODE, "f081060000 0100 48ffc9 75f4 f4"); // lock add dword [rsi], 0x10000
        p.start(1, CODE + 0x1000, "f066830601 48ffc9 75f6 f4"); // lock add word [rsi], 1
        p.all(RCX, 20_001);
        p.cpu(0).r[RSI] = DATA + 0x3e;
        p.cpu(1).r[RSI] = DATA + 0x40;
        p.run();
        assertThat(p.g.memory.readLong(DATA + 0x3e)).isEqualTo(40_002L << 16);
    }

    @Test
    void fourCpusLoseNoIncrementEither() {
        p.close();
        p = new ParallelGuest(4);
        assertAllCount(4, 4, "b801000000 f00fc106 48ffc9 75f2 f4", DATA, 20_001);
    }

    @Test
    void sixteenBytesAreExchangedInOneStep() {
        // x: mov rax, [rsi]; mov rdx, [rsi+8]; y: lea rbx, [rax+1]; lea r8, [rdx+3]; push rcx;
        // mov rcx, r8; lock cmpxchg16b [rsi]; pop rcx; jnz y; dec rcx; jnz x; hlt
        p.start(
                0,
                CODE,
                "488b06 488b5608 488d5801 4c8d4203 51 4c89c1 f0480fc70e 59 75ec 48ffc9 75e0 f4");
        p.cpu(1).rip = CODE;
        p.all(RSI, DATA).all(RCX, 10_000).run();
        assertThat(p.g.memory.readLong(DATA)).isEqualTo(20_000);
        assertThat(p.g.memory.readLong(DATA + 8)).isEqualTo(60_000);
    }

    @Test
    void aSpinLockGuardsWhatIsNotAtomic() {
        // x: mov eax, 1; y: xchg [rsi], eax; test eax, eax; jz got; w: pause; cmp dword [rsi], 0;
        // jnz w; mov eax, 1; jmp y; got: inc qword [rsi+64]; mov dword [rsi], 0; dec rcx; jnz x
        p.start(
                0,
                CODE,
                "b801000000 8706 85c0 740e f390 833e00 75f9 b801000000 ebec"
                        + " 48ff4640 c70600000000 48ffc9 75d8 f4");
        p.cpu(1).rip = CODE;
        p.all(RSI, DATA).all(RCX, 20_000).run();
        assertThat(p.g.memory.readLong(DATA + 64)).isEqualTo(40_000);
    }

    // ---- ordering ----

    /**
     * After a barrier: store to mine, a fence, load the other's. By MFENCE, by LOCK, by XCHG as the
     * store.
     */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "4983c102 f049ff00 f390 4d3908 72f9 c60601 0faef0 8a07 8803"
                        + " 48ffc6 48ffc7 48ffc3 48ffc9 75d9 f4",
                "4983c102 f049ff00 f390 4d3908 72f9 c60601 f0830c2400 8a07 8803"
                        + " 48ffc6 48ffc7 48ffc3 48ffc9 75d7 f4",
                "4983c102 f049ff00 f390 4d3908 72f9 b001 8606 8a07 8803"
                        + " 48ffc6 48ffc7 48ffc3 48ffc9 75db f4"
            })
    void aFenceKeepsALoadBehindAStore(String code) {
        int rounds = 3000;
        p.start(0, CODE, code);
        p.cpu(1).rip = CODE;
        p.all(RCX, rounds).all(R8, DATA).all(9, 0);
        for (int i = 0; i < 2; i++) {
            p.cpu(i).r[RSI] = DATA + 0x1000 + 0x1000L * i;
            p.cpu(i).r[RDI] = DATA + 0x1000 + 0x1000L * (1 - i);
            p.cpu(i).r[RBX] = DATA + 0x3000 + 0x1000L * i;
        }
        p.run();
        byte[] first = p.g.memory.read(DATA + 0x3000, rounds);
        byte[] second = p.g.memory.read(DATA + 0x4000, rounds);
        for (int i = 0; i < rounds; i++) {
            assertThat(first[i] | second[i]).as("round %d", i).isEqualTo(1);
        }
    }

    @Test
    void storesAndLoadsKeepTheirOrder() {
        // x: mov byte [rsi], 1; mov byte [rdi], 1; inc rsi; inc rdi; dec rcx; jnz x; hlt
        p.start(0, CODE, "c60601 c60701 48ffc6 48ffc7 48ffc9 75ef f4");
        // x: cmp byte [rdi], 0; jz x; cmp byte [rsi], 0; jnz ok; inc rbx; ok: ...
        p.start(1, CODE + 0x1000, "803f00 74fb 803e00 7503 48ffc3 48ffc6 48ffc7 48ffc9 75e8 f4");
        p.all(RSI, 0x200000).all(RDI, 0x280000).all(RCX, 500_000).all(RBX, 0).run();
        assertThat(p.cpu(1).r[RBX]).isZero();
    }

    // ---- code ----

    @Test
    void codeWrittenByAnotherCpuIsExecutedAfterSerialising() {
        long function = 0x70000;
        p.g.code(function, "b800000000 c3"); // mov eax, the round; ret
        // writer: each round changes the constant, then tells; waits for the reader
        p.start(0, CODE, "31d2 ffc2 895601 8917 f390 413910 75f9 48ffc9 75ed f4");
        // reader: waits for the round, CPUID, calls, counts what is not the round
        p.start(
                1,
                CODE + 0x1000,
                "4989cb 4531c9 41ffc1 f390 44390f 75f9 31c0 0fa2 ffd6 4439c8 7403 49ffc2"
                        + " 458908 49ffcb 75e0 f4");
        p.all(RSI, function).all(RDI, DATA).all(R8, DATA + 64).all(RCX, 3000).all(R10, 0).run();
        assertThat(p.cpu(1).r[R10]).isZero();
    }

    @Test
    void noWriteToCodeIsMissedByACpuThatDecodesIt() {
        long function = 0x70003;
        p.g.code(function, "b800000000 c3"); // mov eax, the count; ret
        // x: inc edx; mov [rsi+1], edx; mov [rdi], edx; dec rcx; jnz x; mov byte [r8], 1; hlt
        p.start(0, CODE, "31d2 ffc2 895601 8917 48ffc9 75f4 41c60001 f4");
        // x: mov r9d, [rdi]; cpuid; call rsi; cmp eax, r9d; jae ok; inc r10; ok: ...
        p.start(1, CODE + 0x1000, "448b0f 31c0 0fa2 ffd6 4439c8 7303 49ffc2 41803800 74e9 f4");
        p.all(RSI, function).all(RDI, DATA).all(R8, DATA + 64).all(R10, 0).all(RCX, 100_000);
        p.run();
        assertThat(p.cpu(1).r[R10]).isZero();
    }

    @Test
    void textIsPokedUnderARunningCpu() {
        handler(Cpu.NMI, "41ff00 48cf"); // inc dword [r8]; iretq
        handler(Cpu.BP, "48ff0c24 49ffc3 48cf"); // dec qword [rsp]; inc r11; iretq
        long text = CODE + 0x1000;
        // as Linux: INT3, the rest of the instruction, its first byte; an NMI to sync after each
        p.start(
                0,
                CODE,
                "458b08 ba11111111 c606cc e81f000000 895601 e817000000 c606b8 e80f000000"
                        + " 81f233333333 48ffc9 75dd c60701 f4 41ffc1 e680 f390 453908 75f9 c3");
        // l: mov eax, 0x22222222; the two constants it may be, or inc rbx; until told to stop
        p.start(1, text, "b822222222 3d11111111 740a 3d22222222 7403 48ffc3 49ffc2 803f00 74e2 f4");
        p.all(RSI, text).all(RDI, DATA).all(R8, DATA + 64).all(RCX, 500).all(RBX, 0).run();
        assertThat(p.cpu(1).r[RBX]).isZero();
        assertThat(p.g.memory.readInt(DATA + 64)).isEqualTo(1500);
    }

    @Test
    void afterAShootdownNobodyWritesThroughTheOldEntry() {
        handler(Cpu.NMI, "410f013e 41ff00 48cf"); // invlpg [r14]; inc dword [r8]; iretq
        long mapped = 0x90000;
        long before = 0x91000;
        long after = 0x92000;
        p.g.map(mapped, before | 3);
        // waits until the page is in use, changes the entry, sends the NMI, then watches the page
        p.start(
                0,
                CODE,
                "48833b64 72fa 4c8926 458b08 e680 f390 453908 74f9 488b03"
                        + " 483903 7509 48ffc9 75f6 c60701 f4 c60702 f4");
        p.start(1, CODE + 0x1000, "49ff06 803f00 74f8 f4"); // inc qword [r14] until told to stop
        p.all(RSI, TestGuest.entryAt(mapped)).all(R12, after | 3).all(RBX, before);
        p.all(R14, mapped).all(RDI, DATA).all(R8, DATA + 64).all(RCX, 300_000).run();
        assertThat(p.g.memory.readByte(DATA)).isEqualTo(1);
        assertThat(p.g.memory.readLong(after)).isPositive();
    }

    private void handler(int vector, String hex) {
        p.g.code(0x50000 + 16L * vector, hex);
    }
}
