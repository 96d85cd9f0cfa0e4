package org.jvisor.firmware;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.jvisor.firmware.BootRequest.Protocol;
import org.jvisor.firmware.LoadedGuest.Kind;
import org.jvisor.vmm.api.VcpuState;

class ElfBootTest {
    private static final int RBX = 3, RSI = 6;

    @TempDir Path folder;
    private TestGuest guest;

    @BeforeEach
    void makeGuest() {
        guest = new TestGuest(folder, 32);
    }

    @Test
    void aVmlinuxWithoutPvhNoteIsEnteredInLongMode() throws Exception {
        LoadedGuest loaded = guest.load(TestKernels.vmlinux());
        assertThat(loaded.kind()).isEqualTo(Kind.VMLINUX);
        assertThat(loaded.state().rip).isEqualTo(TestKernels.ADDRESS + 16);
        assertThat(loaded.state().efer).isEqualTo(0x500);
    }

    @Test
    void aVmlinuxGetsAZeroPageThatLooksLikeABootLoaders() throws Exception {
        long page =
                guest.load(
                                BootRequest.of(guest.file(TestKernels.vmlinux()))
                                        .withCommandLine("quiet"))
                        .state()
                        .gpr[RSI];
        assertThat(guest.memory.readShort(page + 0x1fe)).isEqualTo(0xaa55);
        assertThat(guest.memory.readInt(page + 0x202)).isEqualTo(0x5372_6448);
        assertThat(guest.text(guest.memory.readInt(page + 0x228))).isEqualTo("quiet");
    }

    @Test
    void aVirtualEntryAddressIsTranslated() throws Exception {
        byte[] kernel =
                TestKernels.elf(
                        true,
                        62,
                        0xffff_ffff_8100_0000L,
                        0xffff_ffff_8100_0040L,
                        TestKernels.NO_NOTE);
        assertThat(guest.load(kernel).state().rip).isEqualTo(TestKernels.ADDRESS + 0x40);
    }

    @Test
    void aPvhNoteIsPreferred() throws Exception {
        LoadedGuest loaded = guest.load(TestKernels.pvh(0x100_0850));
        assertThat(loaded.kind()).isEqualTo(Kind.PVH);
        assertThat(loaded.state().rip).isEqualTo(0x100_0850);
    }

    @Test
    void pvhEntersInProtectedModeWithoutPaging() throws Exception {
        VcpuState state = guest.load(TestKernels.pvh(0x100_0850)).state();
        assertThat(state.cr0).isEqualTo(0x11);
        assertThat(state.efer).isZero();
        assertThat(state.segments[VcpuState.CS].access()).isEqualTo(0xc09b);
        assertThat(state.segments[VcpuState.DS].limit()).isEqualTo(-1);
    }

    @Test
    void pvhStartInfoHoldsCommandLineModuleMapAndTables() throws Exception {
        BootRequest request =
                BootRequest.of(guest.file(TestKernels.pvh(0x100_0000)))
                        .withCommandLine("root=/dev/vda")
                        .withInitrd(guest.file(new byte[] {1, 2, 3}));
        long info = guest.load(request).state().gpr[RBX];
        assertThat(guest.memory.readInt(info)).isEqualTo(0x336e_c578);
        assertThat(guest.memory.readInt(info + 4)).isEqualTo(1);
        assertThat(guest.memory.readInt(info + 12)).isEqualTo(1);
        assertThat(guest.text(guest.memory.readLong(info + 24))).isEqualTo("root=/dev/vda");
        long module = guest.memory.readLong(info + 16);
        assertThat(guest.memory.readLong(module + 8)).isEqualTo(3);
        assertThat(guest.memory.read(guest.memory.readLong(module), 3)).containsExactly(1, 2, 3);
        assertThat(guest.memory.readInt(guest.memory.readLong(info + 32))).isEqualTo(0x2044_5352);
        assertThat(guest.memory.readInt(info + 48)).isEqualTo(6);
    }

    @Test
    void theLinuxProtocolCanBeAskedForInstead() throws Exception {
        BootRequest request =
                BootRequest.of(guest.file(TestKernels.pvh(0x100_0850)))
                        .withProtocol(Protocol.LINUX);
        assertThat(guest.load(request).kind()).isEqualTo(Kind.VMLINUX);
    }

    @Test
    void aKernelThatCoversLowMemoryPushesTheBootStructuresAside() throws Exception {
        byte[] kernel = TestKernels.vmlinux();
        // The segment's physical address, in the first program header.
        kernel = TestKernels.with32(kernel, 64 + 24, 0x1000);
        kernel = TestKernels.with32(kernel, 24, 0x1000);
        LoadedGuest loaded = guest.load(kernel);
        long end = 0x1000 + TestKernels.code().length + TestKernels.BSS;
        assertThat(loaded.state().gpr[RSI]).isGreaterThanOrEqualTo(end);
        assertThat(guest.memory.read(0x1000, 1000))
                .isEqualTo(java.util.Arrays.copyOf(TestKernels.code(), 1000));
    }
}
