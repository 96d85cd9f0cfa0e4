package org.jvisor.firmware;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.jvisor.firmware.BootException.Reason;
import org.jvisor.firmware.FlatImage.Mode;
import org.jvisor.vmm.api.VcpuState;

class FlatImageTest {
    private static final byte[] CODE = {(byte) 0xf4, 1, 2, 3};

    @TempDir Path folder;
    private TestGuest guest;

    @BeforeEach
    void makeGuest() {
        guest = new TestGuest(folder, 4);
    }

    @Test
    void theFileIsPlacedAtItsAddress() throws Exception {
        load(FlatImage.at(0x20_0000, Mode.LONG));
        assertThat(guest.memory.read(0x20_0000, 4)).isEqualTo(CODE);
    }

    @Test
    void realModeStartsInSegmentZeroWhereThatReaches() throws Exception {
        VcpuState state = load(FlatImage.at(0x7c00, Mode.REAL));
        assertThat(state.rip).isEqualTo(0x7c00);
        assertThat(state.segments[VcpuState.CS].selector()).isZero();
        assertThat(state.cr0 & 1).isZero();
    }

    @Test
    void realModeAboveSixtyFourKibibytesStartsInTheEntrysSegment() throws Exception {
        VcpuState state = load(FlatImage.at(0x2_0004, Mode.REAL));
        assertThat(state.segments[VcpuState.CS].base() + state.rip).isEqualTo(0x2_0004);
        assertThat(state.segments[VcpuState.DS].selector()).isEqualTo(0x2000);
    }

    @Test
    void protectedModeHasFlatSegmentsAndNoPaging() throws Exception {
        VcpuState state = load(FlatImage.at(0x10_0000, Mode.PROTECTED));
        assertThat(state.rip).isEqualTo(0x10_0000);
        assertThat(state.cr0 & 0x8000_0001L).isEqualTo(1);
        assertThat(state.segments[VcpuState.SS].base()).isZero();
    }

    @Test
    void longModeHasPaging() throws Exception {
        VcpuState state = load(FlatImage.at(0x10_0000, Mode.LONG));
        assertThat(state.efer).isEqualTo(0x500);
        assertThat(state.segments[VcpuState.CS].access()).isEqualTo(0xa09b);
    }

    @Test
    void chosenRegistersAreSetAndOthersAreZero() throws Exception {
        VcpuState state =
                load(
                        FlatImage.at(0x10_0000, Mode.LONG)
                                .withRegister("rax", 5)
                                .withRegister("rsp", 0x8000)
                                .withRegister("r15", -1)
                                .withRegister("rflags", 0x200));
        assertThat(state.gpr).containsExactly(5, 0, 0, 0, 0x8000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1);
        assertThat(state.rflags).isEqualTo(0x202);
    }

    @Test
    void theEntryMayDifferFromTheAddress() throws Exception {
        VcpuState state = load(new FlatImage(0x10_0000, 0x10_0003, Mode.PROTECTED, Map.of()));
        assertThat(state.rip).isEqualTo(0x10_0003);
    }

    @Test
    void theTablesOfLongModeAvoidTheCode() throws Exception {
        byte[] large = new byte[0x8_0000];
        java.util.Arrays.fill(large, (byte) 0x90);
        BootRequest request = BootRequest.flat(guest.file(large), FlatImage.at(0x1000, Mode.LONG));
        assertThat(guest.load(request).state().cr3).isGreaterThanOrEqualTo(0x8_1000);
        assertThat(guest.memory.read(0x1000, large.length)).isEqualTo(large);
    }

    @Test
    void codeBeyondMemoryIsRefused() {
        BootRequest request =
                BootRequest.flat(guest.file(CODE), FlatImage.at((4 << 20) - 2, Mode.PROTECTED));
        assertThat(guest.failure(request).reason()).isEqualTo(Reason.DOES_NOT_FIT);
    }

    @Test
    void anEmptyFileIsRefused() {
        BootRequest request =
                BootRequest.flat(guest.file(new byte[0]), FlatImage.at(0x1000, Mode.REAL));
        assertThat(guest.failure(request).reason()).isEqualTo(Reason.TRUNCATED);
    }

    @Test
    void anUnknownRegisterIsRefused() {
        FlatImage image = FlatImage.at(0, Mode.REAL);
        assertThatThrownBy(() -> image.withRegister("eax", 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'eax' is not a register");
    }

    @Test
    void realModeBeyondOneMebibyteIsRefused() {
        assertThatThrownBy(() -> FlatImage.at(1 << 20, Mode.REAL))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void anEntryBeyondTheIdentityMapIsRefused() {
        assertThatThrownBy(() -> FlatImage.at(1L << 32, Mode.LONG))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private VcpuState load(FlatImage image) throws BootException {
        return guest.load(BootRequest.flat(guest.file(CODE), image)).state();
    }
}
