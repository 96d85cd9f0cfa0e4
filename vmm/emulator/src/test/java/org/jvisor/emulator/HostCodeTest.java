package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class HostCodeTest {
    private final HostCode space = new HostCode();

    private HostCode.Piece put(byte[] code) {
        return Objects.requireNonNull(space.put(code));
    }

    @Test
    void piecesAreApart() {
        List<HostCode.Piece> pieces = new ArrayList<>();
        for (int size : new int[] {1, 511, 512, 513, 5000, 1}) {
            pieces.add(put(new byte[size]));
        }
        for (int i = 1; i < pieces.size(); i++) {
            HostCode.Piece before = pieces.get(i - 1);
            assertThat(pieces.get(i).address)
                    .isGreaterThanOrEqualTo(before.address + before.size)
                    .isLessThan(before.address + before.size + 512);
        }
    }

    @Test
    void codeIsExecutedWhereItsPieceSays() throws Throwable {
        assumeTrue(HostCompiler.AVAILABLE, "host code is off");
        put(new byte[100]);
        HostAssembler a = new HostAssembler();
        a.constant(HostAssembler.RAX, 12345);
        a.int8(0xc3);
        var call =
                Linker.nativeLinker()
                        .downcallHandle(
                                MemorySegment.ofAddress(put(a.finish()).address),
                                FunctionDescriptor.of(ValueLayout.JAVA_INT));
        assertThat((int) call.invokeExact()).isEqualTo(12345);
    }

    @Test
    void clearedSpaceIsUsedAgainAndWhatWasThereIsGone() {
        HostCode.Piece before = put(new byte[700]);
        assertThat(before.isThere()).isTrue();
        space.clear();
        assertThat(before.isThere()).isFalse();
        HostCode.Piece after = put(new byte[900]);
        assertThat(after.isThere()).isTrue();
        assertThat(after.address).isEqualTo(before.address);
        assertThat(space.used()).isLessThan(1024);
    }

    @Test
    void aSpaceSaysThatItIsFullBeforeItTakesNoMore() {
        byte[] large = new byte[1 << 20];
        while (!space.isFull()) {
            put(large);
        }
        HostCode.Piece last = null;
        for (int i = 0; i < 2; i++) {
            last = space.put(large);
        }
        assertThat(last).isNull();
        space.clear();
        assertThat(space.isFull()).isFalse();
        assertThat(space.put(large)).isNotNull();
    }

    @Test
    void aRegionForWhichThereIsNoRoomIsNotMade() {
        try (TestGuest g = new TestGuest().long64().withHandlers()) {
            g.code("ffc0 f4").run();
            Block block = Objects.requireNonNull(g.c.mem.slow.fetch(TestGuest.CODE).block(0));
            fill();
            RegionPlan plan = RegionPlan.around(block, 10, RegionPlan.Access.HOST);
            assertThat(new HostCompiler().compile(plan, space)).isNull();
        }
    }

    private void fill() {
        for (int size = 1 << 20; size > 0; size /= 2) {
            while (space.put(new byte[size]) != null) {
                assertThat(space.used()).isPositive();
            }
        }
    }

    @Test
    void aFullSpaceMakesAllCodeBeForgottenAndTheGuestGoesOn() {
        assumeTrue(HostCompiler.AVAILABLE, "host code is off");
        try (HostGuest h = new HostGuest()) {
            h.g.code("ffc0 ffc9 75fa f4"); // inc eax; dec ecx; jnz; hlt
            h.run(t -> t.reg(Cpu.RCX, 3));
            h.translate();
            Region region = Objects.requireNonNull(h.block(TestGuest.CODE).region);
            HostCode inUse = h.g.c.board.code.hostCode();
            while (!inUse.isFull()) {
                assertThat(inUse.put(new byte[100_000])).isNotNull();
            }
            h.run(t -> t.reg(Cpu.RAX, 0).reg(Cpu.RCX, 20));
            assertThat(h.g.c.r[Cpu.RAX]).isEqualTo(20);
            assertThat(inUse.isFull()).isFalse();
            assertThat(h.block(TestGuest.CODE).region).isNotSameAs(region);
        }
    }
}
