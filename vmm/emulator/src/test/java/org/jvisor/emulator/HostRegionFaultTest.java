package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;
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
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Host code where an instruction faults, and where Java executes one in its middle. */
class HostRegionFaultTest {
    private static final int LARGEST = RegionPlan.MAX_HOST_INSNS;
    private static final long NON_CANONICAL = 0x8000_0000_0000L;
    private static final long UNMAPPED = 0x4000_0000L;

    private final HostGuest h = new HostGuest();
    private final TestGuest g = h.g;

    @AfterEach
    void close() {
        h.close();
    }

    private void agrees(String hex, Consumer<TestGuest> with) {
        h.agrees(hex, LARGEST, 0, with);
    }

    private void faults(int vector, long at) {
        assertThat(g.vector()).isEqualTo(vector);
        assertThat(g.faultRip()).isEqualTo(CODE + at);
    }

    // ---- faults ----

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "add, 0103",
        "push, ff33",
        "xchg, 8703",
        "movups, 0f1003",
        "lock inc, f0ff03",
        "cmpxchg, 0fb113",
        "bts, 0fab03",
        "shl, d323",
        "setz, 0f9403",
        "cmov, 0f4403",
        "leave, 4889ddc9"
    })
    void aFaultFindsRegistersAndFlagsAsTheInstructionsBeforeLeftThem(String name, String hex) {
        // stc; mov esi, 7; inc rcx; adc edi, 0; then the instruction
        agrees("f9 be07000000 48ffc1 83d700" + hex, t -> t.reg(RBX, UNMAPPED).reg(RCX, 1));
        assertThat(g.vector()).as(name).isEqualTo(Cpu.PAGE_FAULT);
        assertThat(g.c.cr2).isEqualTo(UNMAPPED);
        assertThat(g.c.r[RSI]).isEqualTo(7);
        assertThat(g.c.r[RCX]).isEqualTo(2);
        assertThat(g.c.r[Cpu.RDI]).isOne();
    }

    @ParameterizedTest
    @ValueSource(strings = {"f7f3", "48f7f3", "f7fb", "48f7fb", "f6f3", "66f7fb", "f73e", "48f736"})
    void aDivisionByNothingRaisesItsFault(String hex) {
        agrees(hex, t -> t.reg(RAX, 100).reg(RSI, DATA));
        faults(Cpu.DE, 0);
    }

    @Test
    void aQuotientThatDoesNotFitRaisesItsFault() {
        agrees("48f7f3", t -> t.reg(RDX, 5).reg(RBX, 5));
        faults(Cpu.DE, 0);
    }

    @Test
    void theLeastNumberDividedByMinusOneRaisesItsFault() {
        agrees("48f7fb", t -> t.reg(RDX, -1).reg(RAX, Long.MIN_VALUE).reg(RBX, -1));
        faults(Cpu.DE, 0);
    }

    @Test
    void quotientsThatFitAreRight() {
        // div rbx; mov r8, rax; mov r9, rdx; cqo; idiv rcx; mov esi, eax; cdq; idiv dword [r10]
        h.agrees(
                "48f7f3 4989c0 4989d1 4899 48f7f9 89c6 99 41f73a 6a01 f4",
                LARGEST,
                Cpu.ARITH,
                t -> {
                    t.memory.writeInt(DATA, -7);
                    t.reg(RDX, 2).reg(RAX, 1000).reg(RBX, 3).reg(RCX, -1).reg(10, DATA);
                });
        assertThat(g.c.r[8]).isEqualTo(0xaaaa_aaaa_aaaa_abf8L);
        assertThat(g.c.r[9]).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"50c3", "50c20800", "ffe0", "ffd0", "ff23", "ff13"})
    void aTargetThatIsNotCanonicalIsAFaultOfTheBranch(String hex) {
        agrees(
                hex,
                t -> {
                    t.memory.writeLong(DATA, NON_CANONICAL);
                    t.reg(RAX, NON_CANONICAL).reg(RBX, DATA);
                });
        faults(Cpu.GP, hex.startsWith("50") ? 1 : 0);
        long rsp = g.memory.readLong(g.c.r[Cpu.RSP] + 32); // as it was before the branch
        assertThat(rsp).isEqualTo(TestGuest.STACK - (hex.startsWith("50") ? 8 : 0));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0f2803", "0f2903", "0f5803", "660f6f03", "660fe703", "660ffe03"})
    void anOperandOfSseThatIsNotAlignedIsAFault(String hex) {
        agrees(hex, t -> t.reg(RBX, DATA + 8));
        faults(Cpu.GP, 0);
    }

    @ParameterizedTest
    @ValueSource(longs = {DATA + 1, DATA + 61, DATA + 0xffd})
    void lockedOperandsThatAreNotAlignedAreChanged(long at) {
        // lock add [rbx], eax; xchg [rbx], ecx; lock xadd [rbx], edx; lock bts dword [rbx], 3;
        // lock dec dword [rbx]; lock cmpxchg [rbx], esi; hlt
        Consumer<TestGuest> with =
                t -> t.reg(RBX, at).reg(RAX, 0x12345678).reg(RCX, 0x1111_1111).reg(RDX, 5);
        agrees("f00103 870b f00fc113 f00fba2b03 f0ff0b f00fb133 f4", with);
        long before = g.c.counters.executed;
        g.memory.writeInt(at, 0);
        h.run(with);
        assertThat(g.c.counters.executed - before).isEqualTo(6 + 1); // by Java, as is HLT
        assertThat(g.c.r[RCX]).isEqualTo(0x12345678);
        assertThat(g.memory.readInt(at)).isEqualTo((0x1111_1116 | 8) - 1);
    }

    // ---- Java in the middle ----

    @Test
    void instructionsWithoutHostCodeAreExecutedInTheirPlace() {
        // fld1; fstp dword [rbx]; add esi, [rbx]; xor eax, eax; xor ecx, ecx; cpuid; rdtsc;
        // mov ebx, DATA; pushf; pop rdi; cld; xadd eax, edx; dec ebp; jnz to the start; hlt
        agrees(
                "d9e8 d91b 0333 31c0 31c9 0fa2 0f31 bb00000200 9c 5f fc 0fc1d0 ffcd 75e3 f4",
                t -> t.reg(RBX, DATA).reg(Cpu.RBP, 5));
        assertThat((int) g.c.r[RSI]).isEqualTo((int) (5 * 0x3f80_0000L));
    }

    @Test
    void stringsAreMovedInTheMiddleOfARegion() {
        // mov ecx, 40; rep movsb; mov ecx, 3; rep stosq; cmp esi, edi; hlt
        agrees(
                "b928000000 f3a4 b903000000 f348ab 39fe f4",
                t -> {
                    t.memory.writeLong(DATA, 0x1122_3344_5566_7788L);
                    t.reg(RSI, DATA).reg(Cpu.RDI, DATA + 0xff0).reg(RAX, -2);
                });
        assertThat(g.memory.readLong(DATA + 0xff0)).isEqualTo(0x1122_3344_5566_7788L);
        assertThat(g.memory.readLong(DATA + 0xff0 + 40)).isEqualTo(-2);
    }

    @Test
    void exceptionsThatTheRegionItselfUnmasksAreRaised() {
        // divps xmm0, xmm1; ldmxcsr [rbx]; addps xmm4, xmm5; divps xmm2, xmm3; hlt
        agrees("0f5ec1 0fae13 0f58e5 0f5ed3 f4", t -> t.reg(RBX, DATA));
        faults(Cpu.XM, 9);
    }

    @Test
    void aRegionWithFloatsIsNotEnteredWhileExceptionsAreUnmasked() {
        g.code("0f58c1 ffc0 f4"); // addps xmm0, xmm1; inc eax; hlt
        h.run(t -> {});
        h.translate();
        long missed = g.c.counters.missed;
        h.run(t -> t.c.sse.setMxcsr(0x1f00));
        assertThat(g.c.counters.missed).isEqualTo(missed + 1);
        assertThat(g.c.r[RAX]).isOne();
    }

    @Test
    void floatsRaiseAndKeepTheFlagsOfTheirExceptions() {
        // divps xmm0, xmm1 (0 / 0); cvtsi2sd xmm2, rax; sqrtsd xmm3, xmm2; stmxcsr [rbx]; hlt
        agrees("0f5ec1 f2480f2ad0 f20f51da 0fae1b f4", t -> t.reg(RBX, DATA).reg(RAX, 3));
        assertThat(g.c.sse.mxcsr).isEqualTo(0x1f80 | 1 | 0x20);
        assertThat(g.memory.readInt(DATA)).isEqualTo(g.c.sse.mxcsr);
    }

    @Test
    void roundingIsWhatTheGuestSays() {
        // cvtsd2si rax, [rbx] with rounding up; hlt
        agrees(
                "f2480f2d03 660f2ec8 f4",
                t -> {
                    t.c.sse.setMxcsr(0x1f80 | 0x4000);
                    t.memory.writeLong(DATA, Double.doubleToLongBits(2.25));
                    t.reg(RBX, DATA);
                });
        assertThat(g.c.r[RAX]).isEqualTo(3);
    }

    @Test
    void xmmRegistersAreNotAvailableAfterATaskSwitch() {
        g.code("ffc0 0f10c1 f4"); // inc eax; movups xmm0, xmm1; hlt
        h.run(t -> {});
        h.translate();
        h.run(t -> {});
        g.c.cr0 |= ControlBits.CR0_TS;
        h.run(t -> {});
        faults(Cpu.NM, 2);
        assertThat(g.c.r[RAX]).isOne();
    }
}
