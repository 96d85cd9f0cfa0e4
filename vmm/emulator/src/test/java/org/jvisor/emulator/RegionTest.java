package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jvisor.emulator.Cpu.RAX;
import static org.jvisor.emulator.Cpu.RBX;
import static org.jvisor.emulator.Cpu.RCX;
import static org.jvisor.emulator.Cpu.RSI;
import static org.jvisor.emulator.TestGuest.CODE;
import static org.jvisor.emulator.TestGuest.DATA;
import static org.jvisor.emulator.TestGuest.STACK;

import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.jvisor.emulator.RegionPlan.Access;

/** What a region is made of, and that it is left where its code or its memory is not as it was. */
class RegionTest {
    /** The page of the function that the loop at {@link TestGuest#CODE} calls. */
    private static final long FUNCTION = 0x12000;

    /** call {@link #FUNCTION}; dec ecx; jnz to the call; hlt. */
    private static final String LOOP = "e8fb1f0000 ffc9 75f7 f4";

    private final TestGuest g = new TestGuest().long64().withHandlers();

    @AfterEach
    void close() {
        g.close();
    }

    /** Runs the loop interpreted, so that it is decoded and known where it goes. */
    private void interpret(String function) {
        g.code(LOOP).code(FUNCTION, function);
        loop(4);
    }

    private void loop(int times) {
        g.reg(RAX, 0).reg(RCX, times).reg(Cpu.RSP, STACK).at(CODE);
        g.run();
    }

    private Block block(long address) {
        Block block = g.c.mem.slow.fetch(address).block((int) address & 0xfff);
        if (block == null) {
            throw new AssertionError("nothing was executed at %#x".formatted(address));
        }
        return block;
    }

    private RegionPlan translate(long address, Access access) {
        return translate(RegionPlan.around(block(address), RegionPlan.MAX_INSNS, access));
    }

    private static RegionPlan translate(RegionPlan plan) {
        Region region = RegionCompiler.define(plan, new RegionCompiler().translate(plan));
        for (int i = 0; i < plan.blocks.length; i++) {
            if (plan.deltas[i] == 0) {
                plan.blocks[i].entry = i;
                plan.blocks[i].region = region;
            }
        }
        return plan;
    }

    @Test
    void aFunctionInAnotherPageIsPartOfTheRegionThatCallsIt() {
        interpret("ffc0 c3"); // inc eax; ret
        RegionPlan plan = translate(CODE, Access.LEAVING);
        assertThat(plan.deltas).contains((int) (FUNCTION - CODE));
        int heat = block(FUNCTION).heat;
        loop(10);
        assertThat(g.c.r[RAX]).isEqualTo(10);
        assertThat(block(FUNCTION).heat).isEqualTo(heat);
    }

    @Test
    void aFunctionWhosePageIsMappedElsewhereIsTheOneThatIsThereNow() {
        interpret("ffc0 c3");
        translate(CODE, Access.LEAVING);
        g.code(0x13000, "83c002 c3"); // add eax, 2; ret
        g.map(FUNCTION, 0x13000 | 3);
        loop(10);
        assertThat(g.c.r[RAX]).isEqualTo(20);
    }

    @Test
    void aFunctionThatIsWrittenAnewIsExecutedAsWritten() {
        interpret("ffc0 c3");
        translate(CODE, Access.LEAVING);
        g.code(FUNCTION, "83c003 c3");
        loop(10);
        assertThat(g.c.r[RAX]).isEqualTo(30);
    }

    @Test
    void aRegionThatMissesOftenBecomesOneOfTheSameBlocksWithCalls() {
        interpret("ffc0 c3");
        RegionPlan first = translate(CODE, Access.LEAVING);
        RegionPlan second = RegionPlan.after(region(), block(CODE), RegionPlan.MAX_INSNS);
        assertThat(second.blocks).isEqualTo(first.blocks);
        assertThat(second.deltas).isEqualTo(first.deltas);
        assertThat(second.calls).isTrue();
    }

    @Test
    void aRegionThatIsMadeAnewHasNoBlocksWhoseCodeIsGone() {
        interpret("ffc8 7400 ffc0 c3"); // dec eax; jz to what follows; inc eax; ret
        RegionPlan first = translate(CODE, Access.LEAVING);
        assertThat(IntStream.of(first.deltas).filter(delta -> delta != 0).count())
                .as("blocks of the other page, all of which get the same offset")
                .isGreaterThan(1);
        Region region = region();
        g.code(FUNCTION, "83c003 c3"); // add eax, 3; ret
        loop(1); // forgets what was decoded of it
        RegionPlan second = RegionPlan.after(region, block(CODE), RegionPlan.MAX_INSNS);
        assertThat(second.blocks)
                .allMatch(block -> block.offset >= 0)
                .hasSizeLessThan(first.blocks.length);
        translate(second);
        loop(10);
        assertThat(g.c.r[RAX]).isEqualTo(30);
    }

    @Test
    void aRegionThatIsMadeAnewBeginsWithTheBlockThatMissedAndKeepsToTheLimit() {
        interpret("ffc0 c3");
        translate(CODE, Access.LEAVING);
        RegionPlan plan = RegionPlan.after(region(), block(CODE + 5), 4);
        assertThat(plan.blocks[0]).isSameAs(block(CODE + 5)); // dec ecx; jnz
        assertThat(plan.blocks).hasSizeGreaterThan(1);
        assertThat(plan.insns).hasSizeLessThanOrEqualTo(4);
    }

    private Region region() {
        return Objects.requireNonNull(block(CODE).region);
    }

    @Test
    void aFaultInAnotherPageIsRaisedAtItsInstruction() {
        for (Access access : new Access[] {Access.LEAVING, Access.CALLING}) {
            g.reg(RBX, DATA);
            interpret("90 0303 c3"); // nop; add eax, [rbx]; ret
            translate(CODE, access);
            g.reg(RBX, 0x4000_0000);
            loop(3);
            assertThat(g.vector()).isEqualTo(Cpu.PAGE_FAULT);
            assertThat(g.faultRip()).isEqualTo(FUNCTION + 1);
            g.memory.writeByte(CODE, 0x90); // for the next round everything is decoded anew
        }
    }

    @Test
    void anInterpretedInstructionInAnotherPageCountsFromThere() {
        interpret("db0508000000 db1b 0303 c3"); // fild dword [rip+8]; fistp [rbx]; add eax, [rbx]
        g.memory.writeInt(FUNCTION + 14, 7);
        g.reg(RBX, DATA);
        loop(2);
        translate(CODE, Access.LEAVING);
        g.memory.writeInt(DATA, 0);
        loop(10);
        assertThat(g.c.r[RAX]).isEqualTo(70);
        assertThat(g.c.rip).isEqualTo(CODE + 10);
    }

    @Test
    void everyTargetOfAnIndirectJumpIsPartOfTheRegion() {
        g.code("488b04ce ffe0"); // mov rax, [rsi+rcx*8]; jmp rax
        for (int i = 0; i < 3; i++) { // dec ecx; js to hlt; jmp to the start
            int at = 0x10 * (i + 1);
            g.code(CODE + at, "ffc9 78%02x eb%02x".formatted(0x7c - at, -at - 6 & 0xff));
        }
        g.code(CODE + 0x80, "f4");
        for (int i = 0; i < 16; i++) {
            g.memory.writeLong(DATA + 8 * i, CODE + 0x10 * (1 + i % 3));
        }
        g.reg(RSI, DATA).reg(RCX, 15);
        g.run();
        RegionPlan plan = translate(CODE, Access.LEAVING);
        assertThat(plan.entry(0x10)).isNotNull();
        assertThat(plan.entry(0x20)).isNotNull();
        assertThat(plan.entry(0x30)).isNotNull();
        g.reg(RCX, 15).at(CODE);
        g.run();
        assertThat(g.c.rip).isEqualTo(CODE + 0x81);
        assertThat((int) g.c.r[RCX]).isEqualTo(-1);
    }

    @Test
    void memoryThatTheTlbDoesNotHaveIsReadByTheInterpreterAndTheRegionEnteredAgain() {
        g.reg(RBX, DATA);
        interpret("0303 c3"); // add eax, [rbx]; ret
        translate(CODE, Access.LEAVING);
        g.memory.writeInt(DATA, 2);
        g.c.mem.flushAll();
        loop(10);
        assertThat(g.c.r[RAX]).isEqualTo(20);
        assertThat(block(CODE).misses).isBetween(1, 3);
    }

    @ParameterizedTest
    @EnumSource(
            value = Access.class,
            names = {"LEAVING", "CALLING"})
    void anOperandThatIsNotAlignedIsAFaultWhereverItIs(Access access) {
        g.c.cr4 |= ControlBits.CR4_OSFXSR;
        g.reg(RBX, DATA);
        interpret("0f2803 0f2903 c3"); // movaps xmm0, [rbx]; movaps [rbx], xmm0; ret
        translate(CODE, access);
        for (long address : new long[] {DATA + 1, DATA + 2, 1, 0x11, 0x12}) {
            g.reg(RBX, address);
            loop(1);
            assertThat(g.vector()).isEqualTo(Cpu.GP);
            assertThat(g.faultRip()).isEqualTo(FUNCTION);
        }
    }

    @Test
    void codeThatGoesWhileItIsTranslatedDoesNoHarm() {
        interpret("ffc0 c3");
        RegionPlan plan = RegionPlan.around(block(CODE), RegionPlan.MAX_INSNS, Access.LEAVING);
        assertThat(plan.blocks.length).isGreaterThan(2);
        g.code(LOOP).code(FUNCTION, "83c003 c3");
        loop(1); // forgets what was decoded: the plan's blocks are gone
        Region region = RegionCompiler.define(plan, new RegionCompiler().translate(plan));
        assertThat(region.plan.entry(0)).isZero();
    }
}
