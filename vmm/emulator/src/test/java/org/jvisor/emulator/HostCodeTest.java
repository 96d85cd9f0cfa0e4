package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class HostCodeTest {
    /** Tries to have a cleaner run. */
    private static final int COLLECTIONS = 100;

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
    void aPieceIsUsedAgainOnceItsRegionIsUnreachable() {
        Set<Long> addresses = new HashSet<>();
        for (int i = 0; i < 10; i++) {
            addresses.add(put(new byte[700]).address);
        }
        boolean again = false;
        for (int i = 0; i < COLLECTIONS && !again; i++) {
            System.gc();
            again = !addresses.add(put(new byte[900]).address); // as long, in granules
        }
        assertThat(again).isTrue();
    }

    @Test
    void aPieceInUseIsNotUsedAgain() {
        HostCode.Piece kept = put(new byte[700]);
        for (int i = 0; i < 5; i++) {
            System.gc();
            assertThat(put(new byte[700]).address).isNotEqualTo(kept.address);
        }
        assertThat(kept.size).isEqualTo(700);
    }

    @Test
    void aFullSpaceTakesNoMoreButWhatIsSmallEnough() {
        List<HostCode.@Nullable Piece> pieces = new ArrayList<>();
        byte[] large = new byte[(16 << 20) - 512]; // four times that and a little is the space
        for (int i = 0; i < 4; i++) {
            pieces.add(put(large));
        }
        assertThat(space.put(large)).isNull();
        assertThat(space.put(new byte[2049])).isNull();
        pieces.add(put(new byte[2048]));
        assertThat(space.put(new byte[1])).isNull();
        assertThat(pieces).hasSize(5).doesNotContainNull();
    }

    @Test
    void aRegionForWhichThereIsNoRoomIsNotMade() {
        try (TestGuest g = new TestGuest().long64().withHandlers()) {
            g.code("ffc0 f4").run();
            Block block = Objects.requireNonNull(g.c.mem.slow.fetch(TestGuest.CODE).block(0));
            List<HostCode.Piece> pieces = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                pieces.add(put(new byte[16 << 20]));
            }
            RegionPlan plan = RegionPlan.around(block, 10, RegionPlan.Access.HOST);
            assertThat(new HostCompiler().compile(plan, space)).isNull();
            assertThat(pieces).hasSize(4);
        }
    }
}
