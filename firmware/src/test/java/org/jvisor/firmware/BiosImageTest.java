package org.jvisor.firmware;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.jvisor.firmware.BootException.Reason;
import org.jvisor.firmware.payload.Packer;
import org.jvisor.vmm.api.GuestMemory;
import org.jvisor.vmm.api.VcpuState;

class BiosImageTest {
    private static final byte[] BIOS = Packer.sample(256 << 10);

    @TempDir Path folder;

    @Test
    void theRomEndsAtFourGibibytes() throws Exception {
        BiosImage bios = BiosImage.read(guest(1).file(BIOS));
        try (Arena arena = Arena.ofConfined()) {
            GuestMemory.Region region = bios.region(arena.allocate(bios.size(), 4096));
            assertThat(region.base()).isEqualTo(0xfffc_0000L);
            assertThat(region.readOnly()).isTrue();
            assertThat(region.segment().toArray(ValueLayout.JAVA_BYTE)).isEqualTo(BIOS);
        }
    }

    @Test
    void itsLast128KibibytesAreCopiedBelowOneMebibyte() throws Exception {
        TestGuest guest = guest(1);
        BiosImage.read(guest.file(BIOS)).install(guest.memory);
        assertThat(guest.memory.read(0xe_0000, 128 << 10))
                .isEqualTo(Arrays.copyOfRange(BIOS, 128 << 10, 256 << 10));
    }

    @Test
    void aSmallBiosIsCopiedWhole() throws Exception {
        TestGuest guest = guest(1);
        byte[] small = Arrays.copyOf(BIOS, 64 << 10);
        BiosImage.read(guest.file(small)).install(guest.memory);
        assertThat(guest.memory.read(0xf_0000, 64 << 10)).isEqualTo(small);
    }

    @Test
    void theResetVectorLiesInTheRom() {
        VcpuState state = BiosImage.resetState();
        assertThat(state.segments[VcpuState.CS].base() + state.rip).isEqualTo(0xffff_fff0L);
    }

    @Test
    void aFileOfAnotherSizeIsRefused() {
        Path file = guest(1).file(new byte[1000]);
        assertThatThrownBy(() -> BiosImage.read(file))
                .isInstanceOf(BootException.class)
                .hasMessageContaining("it has 1000 bytes");
    }

    @Test
    void aMissingFileIsNamed() {
        assertThatThrownBy(() -> BiosImage.read(Path.of("/no/such/bios")))
                .isInstanceOfSatisfying(
                        BootException.class, e -> assertThat(e.reason()).isEqualTo(Reason.MISSING));
    }

    private TestGuest guest(long mebibytes) {
        return new TestGuest(folder, mebibytes);
    }
}
