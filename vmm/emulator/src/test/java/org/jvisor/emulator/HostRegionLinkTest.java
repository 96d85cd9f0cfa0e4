package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jvisor.emulator.Cpu.RAX;
import static org.jvisor.emulator.Cpu.RBX;
import static org.jvisor.emulator.Cpu.RCX;
import static org.jvisor.emulator.Cpu.RDI;
import static org.jvisor.emulator.Cpu.RDX;
import static org.jvisor.emulator.TestGuest.CODE;
import static org.jvisor.emulator.TestGuest.DATA;
import static org.jvisor.emulator.TestGuest.TABLES;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Host code that goes from region to region by itself, and no more once the code, its place or the
 * CPU's rights are not what they were.
 */
class HostRegionLinkTest {
    /** The page of the function that the loop calls, where another one is, and a page beside. */
    private static final long FUNCTION = 0x12000, OTHER = 0x13000, PROLOGUE = 0x14000;

    /** call {@link #FUNCTION}; dec ecx; jnz to the call; hlt. */
    private static final String LOOP = "e8fb1f0000 ffc9 75f7 f4";

    /** inc eax; ret. */
    private static final String ONE = "ffc0 c3";

    /** add eax, 2; ret. */
    private static final String TWO = "83c002 c3";

    /** Where the kernel half has the same pages, and the same place in the view of fetches. */
    private static final long ALIAS = 0xffff_ffff_c000_0000L;

    private final HostGuest h = new HostGuest();
    private final TestGuest g = h.g;

    @AfterEach
    void close() {
        h.close();
    }

    /** Has the loop run in regions of a block each, so that all that is linked that can be. */
    private void linkLoop() {
        g.code(LOOP).code(FUNCTION, ONE).code(OTHER, TWO);
        loop(4);
        h.translate(1);
        loop(4);
    }

    private void loop(int times) {
        h.run(t -> t.reg(RCX, times).reg(RBX, DATA));
    }

    /** Runs a few instructions that end with a jump to the loop. */
    private void loopAfter(String prologue, long a, long d, long di) {
        int end = prologue.replace(" ", "").length() / 2 + 5;
        int back = (int) (CODE - PROLOGUE - end);
        g.code(PROLOGUE, prologue + "e9%08x".formatted(Integer.reverseBytes(back)));
        h.run(t -> t.reg(RCX, 10).reg(RAX, a).reg(RDX, d).reg(RDI, di).at(PROLOGUE));
    }

    private long inAx() {
        return g.c.r[RAX];
    }

    @Test
    void aLoopOverSeveralRegionsIsEnteredByJavaOnce() {
        linkLoop();
        assertThat(h.regions).isEqualTo(4);
        int before = h.entered;
        loop(10);
        assertThat(inAx()).isEqualTo(10);
        assertThat(h.entered - before).isOne();
        assertThat(g.c.rip).isEqualTo(CODE + 10);
    }

    @Test
    void instructionsAreCountedAcrossRegions() {
        linkLoop();
        long before = g.c.executed;
        loop(10);
        assertThat(g.c.executed - before).isEqualTo(10 * 5 + 1);
    }

    @Test
    void aFunctionThatADeviceWritesAnewIsExecutedAsWritten() {
        linkLoop();
        g.code(FUNCTION, "83c003 c3");
        loop(10);
        assertThat(inAx()).isEqualTo(30);
    }

    @Test
    void aFunctionThatTheCpuWritesAnewIsExecutedAsWritten() {
        linkLoop();
        // mov [rdi], edx; xor eax, eax
        loopAfter("8917 31c0", 0, 0xc305c083, FUNCTION); // add eax, 5; ret
        assertThat(inAx()).isEqualTo(50);
    }

    @Test
    void aFunctionThatTheLoopItselfWritesAnewIsExecutedAsWritten() {
        // mov [rdi], edx; inc edx... of the immediate; call; dec ecx; jnz; hlt
        g.code("8917 81c200000100 e8f31f0000 ffc9 75ef f4").code(FUNCTION, TWO);
        for (int round = 0; round < 3; round++) {
            h.run(t -> t.reg(RCX, 4).reg(RDI, FUNCTION).reg(RDX, 0xc301c083));
            assertThat(inAx()).isEqualTo(1 + 2 + 3 + 4);
            h.translate(1);
        }
    }

    @Test
    void aFunctionWhosePageIsMappedElsewhereIsTheOneThatIsThereNow() {
        linkLoop();
        // mov [rdi], rax; invlpg [rdx]; xor eax, eax
        loopAfter("488907 0f013a 31c0", OTHER | 3, FUNCTION, TestGuest.entryAt(FUNCTION));
        assertThat(inAx()).isEqualTo(20);
    }

    @Test
    void aFunctionOfAnotherAddressSpaceIsTheOneThatIsThereNow() {
        linkLoop();
        // mov [rdi], rax; mov cr3, rdx; xor eax, eax
        loopAfter("488907 0f22da 31c0", OTHER | 3, TABLES, TestGuest.entryAt(FUNCTION));
        assertThat(inAx()).isEqualTo(20);
    }

    @Test
    void aTranslationThatWasReplacedInTheViewOfFetchesIsNotReliedOn() {
        // mov [rdi], rax; invlpg [rdx]; xor eax, eax; mov ecx, 10; mov edx, CODE; jmp rdx
        g.code(FUNCTION + 0x800, "488907 0f013a 31c0 b90a000000 ba00000100 ffe2");
        linkLoop();
        h.run(
                t ->
                        t.reg(RAX, OTHER | 3)
                                .reg(RDX, FUNCTION)
                                .reg(RDI, TestGuest.entryAt(FUNCTION))
                                .at(ALIAS + FUNCTION + 0x800));
        assertThat(inAx()).isEqualTo(20);
    }

    @Test
    void codeThatOnlyTheSupervisorMayFetchIsNotGoneToByTheUser() {
        for (long table : new long[] {TABLES, TABLES + 0x1000, TABLES + 0x2000}) {
            g.memory.writeLong(table, g.memory.readLong(table) | 4);
        }
        for (long page : new long[] {CODE, DATA, TestGuest.STACK - 0x1000}) {
            g.map(page, page | 7);
        }
        linkLoop();
        h.run(t -> t.user().reg(RCX, 10));
        assertThat(g.vector()).isEqualTo(Cpu.PAGE_FAULT);
        assertThat(g.error()).isEqualTo(5); // present, user
        assertThat(g.faultRip()).isEqualTo(FUNCTION);
        assertThat(inAx()).isZero();
    }

    @Test
    void linksAreNotFollowedInLockstep() {
        linkLoop();
        g.c.lockstep = new Lockstep(g.c);
        g.c.mem.flushAll();
        int before = h.entered;
        loop(10);
        assertThat(inAx()).isEqualTo(10);
        assertThat(h.entered - before).isGreaterThan(3 * 10);
        assertThat(g.c.lockstep.hasCompared()).isTrue();
    }

    @Test
    void generationsThatBeginAnewLeaveNoOldLinks() {
        linkLoop();
        FetchTlb fetches = g.c.mem.slow.fetches;
        long number = fetches.generation();
        g.map(FUNCTION, OTHER | 3);
        int renewed = 0;
        while (fetches.generation() != number) {
            g.c.unlink();
            assertThat(++renewed).isLessThan(1 << 15);
        }
        loop(10);
        assertThat(inAx()).isEqualTo(20);
    }

    @Test
    void aFaultInALinkedRegionIsRaisedAtItsInstruction() {
        g.code(LOOP).code(FUNCTION, "ffc0 0303 c3"); // inc eax; add eax, [rbx]; ret
        loop(4);
        h.translate(1);
        loop(4);
        h.run(t -> t.reg(RCX, 10).reg(RBX, 0x4000_0000));
        assertThat(g.vector()).isEqualTo(Cpu.PAGE_FAULT);
        assertThat(g.faultRip()).isEqualTo(FUNCTION + 2);
        assertThat(g.error()).isZero();
        assertThat(g.c.cr2).isEqualTo(0x4000_0000);
        assertThat(inAx()).isOne();
        assertThat(g.c.r[RCX]).isEqualTo(10);
    }

    @Test
    void whatIsInterpretedAfterALinkKnowsItsPage() {
        // call FUNCTION; mov eax, [rip+0x10]; hlt
        g.code("e8fb1f0000 8b0510000000 f4").code(FUNCTION, "ffc1 c3");
        g.memory.writeInt(CODE + 0x1b, 77);
        for (int round = 0; round < 3; round++) {
            h.run(t -> {});
            assertThat(inAx()).isEqualTo(77);
            assertThat(g.c.rip).isEqualTo(CODE + 12);
            h.translateOnly(CODE);
            h.translateOnly(FUNCTION);
        }
    }

    @Test
    void xmmRegistersAreNotUsedByALinkMadeWhileTheyWereAllowed() {
        g.code(LOOP).code(FUNCTION, "0f10c1 ffc0 c3"); // movups xmm0, xmm1; inc eax; ret
        for (int round = 0; round < 2; round++) {
            h.run(t -> maskNothing(t.reg(RCX, 4))); // a generation of links that are not for all
            h.translate(1);
        }
        h.run(t -> maskNothing(t.reg(RCX, 4)));
        assertThat(inAx()).isEqualTo(4);
        g.c.cr0 |= ControlBits.CR0_TS;
        h.run(t -> maskNothing(t.reg(RCX, 4)));
        assertThat(g.vector()).isEqualTo(Cpu.NM);
        assertThat(g.faultRip()).isEqualTo(FUNCTION);
    }

    private static void maskNothing(TestGuest g) {
        g.c.sse.setMxcsr(0);
    }

    @Test
    void floatsAreLeftToTheInterpreterByALinkWhileExceptionsAreUnmasked() {
        g.code(LOOP).code(FUNCTION, "0f5ec1 ffc0 c3"); // divps xmm0, xmm1; inc eax; ret
        loop(4);
        h.translate(1);
        loop(4);
        assertThat(inAx()).isEqualTo(4);
        h.run(t -> maskNothing(t.reg(RCX, 4)));
        assertThat(g.vector()).isEqualTo(Cpu.XM);
        assertThat(g.faultRip()).isEqualTo(FUNCTION);
        assertThat(inAx()).isZero();
    }
}
