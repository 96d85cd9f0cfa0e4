package org.jvisor.firmware;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.jvisor.firmware.BootException.Reason;
import org.jvisor.firmware.LoadedGuest.Kind;
import org.jvisor.firmware.layout.AddressMap;
import org.jvisor.firmware.payload.Packer;
import org.jvisor.vmm.api.VcpuState;

class MultibootTest {
    private static final int RAX = 0, RBX = 3;

    @TempDir Path folder;
    private TestGuest guest;

    @BeforeEach
    void makeGuest() {
        guest = new TestGuest(folder, 32);
    }

    @Test
    void anElfKernelIsEnteredWithTheMagicNumberInProtectedMode() throws Exception {
        LoadedGuest loaded = guest.load(TestKernels.multibootElf(3));
        assertThat(loaded.kind()).isEqualTo(Kind.MULTIBOOT);
        assertThat(loaded.state().gpr[RAX]).isEqualTo(0x2bad_b002);
        assertThat(loaded.state().rip).isEqualTo(TestKernels.ADDRESS + 32);
        assertThat(loaded.state().cr0).isEqualTo(0x11);
        assertThat(loaded.state().segments[VcpuState.CS].access()).isEqualTo(0xc09b);
    }

    @Test
    void theCommandLineIsPassedAsGiven() throws Exception {
        long info = info(elf().withCommandLine("smoke test"));
        assertThat(guest.memory.readInt(info) & 4).isEqualTo(4);
        assertThat(guest.text(guest.memory.readInt(info + 16))).isEqualTo("smoke test");
    }

    @Test
    void theSizesOfLowerAndUpperMemoryAreInKibibytes() throws Exception {
        long info = info(elf());
        assertThat(guest.memory.readInt(info + 4)).isEqualTo(639);
        assertThat(guest.memory.readInt(info + 8)).isEqualTo(31 * 1024);
    }

    @Test
    void theMemoryMapListsEveryRange() throws Exception {
        long info = info(elf());
        int length = guest.memory.readInt(info + 44);
        long map = guest.memory.readInt(info + 48);
        assertThat(length).isEqualTo(6 * 24);
        assertThat(guest.memory.readInt(map)).isEqualTo(20);
        assertThat(guest.memory.readLong(map + 12)).isEqualTo(AddressMap.EBDA_BASE);
        assertThat(guest.memory.readInt(map + 20)).isEqualTo(1);
    }

    @Test
    void theInitrdIsPassedAsAModule() throws Exception {
        Path initrd = guest.file(new byte[] {9, 8, 7});
        long info = info(elf().withInitrd(initrd));
        assertThat(guest.memory.readInt(info) & 8).isEqualTo(8);
        assertThat(guest.memory.readInt(info + 20)).isEqualTo(1);
        long module = guest.memory.readInt(info + 24);
        int start = guest.memory.readInt(module);
        assertThat(guest.memory.readInt(module + 4)).isEqualTo(start + 3);
        assertThat(guest.memory.read(start, 3)).containsExactly(9, 8, 7);
        assertThat(guest.text(guest.memory.readInt(module + 8))).isEqualTo(initrd.toString());
        assertThat(start % 4096).isZero();
    }

    @Test
    void withoutAnInitrdThereAreNoModules() throws Exception {
        assertThat(guest.memory.readInt(info(elf())) & 8).isZero();
    }

    @Test
    void theAddressesInTheHeaderPlaceAFileThatIsNoElf() throws Exception {
        byte[] file = Packer.sample(3000);
        // The header at offset 64 goes to 0x200040, text and data from 0x200000 to the file's end.
        TestKernels.multibootHeader(
                file, 64, 1 << 16, 0x20_0040, 0x20_0000, 0, 0x20_1000, 0x20_0123);
        guest.memory.slice(0x20_0000, 0x1001).fill((byte) 0xee);
        LoadedGuest loaded = guest.load(file);
        assertThat(loaded.state().rip).isEqualTo(0x20_0123);
        assertThat(guest.memory.read(0x20_0000, 3000)).isEqualTo(file);
        assertThat(guest.memory.read(0x20_0000 + 3000, 0x1000 - 3000)).containsOnly(0);
        assertThat(guest.memory.readByte(0x20_1000)).isEqualTo(0xee);
    }

    @Test
    void theAddressesMayLeaveOutTheStartAndTheEndOfTheFile() throws Exception {
        byte[] file = Packer.sample(3000);
        // Loaded from the header (offset 512) on, 1000 bytes.
        TestKernels.multibootHeader(
                file, 512, 1 << 16, 0x20_0000, 0x20_0000, 0x20_0000 + 1000, 0, 0x20_0000);
        guest.load(file);
        assertThat(guest.memory.read(0x20_0000, 1000))
                .isEqualTo(Arrays.copyOfRange(file, 512, 1512));
        assertThat(guest.memory.readLong(0x20_0000 + 1000)).isZero();
    }

    @Test
    void contradictoryAddressesAreRefused() {
        byte[] file = new byte[3000];
        TestKernels.multibootHeader(file, 0, 1 << 16, 0x20_0100, 0x20_0000, 0, 0, 0x20_0000);
        assertThat(guest.failure(file).reason()).isEqualTo(Reason.NOT_A_KERNEL);
    }

    @Test
    void aLoadEndBeyondTheFileIsReportedAsTruncation() {
        byte[] file = new byte[3000];
        TestKernels.multibootHeader(
                file, 0, 1 << 16, 0x20_0000, 0x20_0000, 0x20_2000, 0, 0x20_0000);
        assertThat(guest.failure(file).reason()).isEqualTo(Reason.TRUNCATED);
    }

    @Test
    void demandsThatDoNotExistAreRefused() {
        assertThat(guest.failure(TestKernels.multibootElf(1 << 5)).reason())
                .isEqualTo(Reason.UNSUPPORTED);
    }

    @Test
    void aHeaderBeyondEightKibibytesDoesNotCount() {
        byte[] file =
                TestKernels.elf(
                        false, 3, TestKernels.ADDRESS, TestKernels.ADDRESS, TestKernels.NO_NOTE);
        TestKernels.multibootHeader(file, 8192, 0);
        assertThat(guest.failure(file).reason()).isEqualTo(Reason.NOT_64_BIT);
    }

    @Test
    void aHeaderWithAWrongChecksumDoesNotCount() {
        byte[] file = TestKernels.multibootElf(0);
        file[4096 + 8]++;
        assertThat(guest.failure(file).reason()).isEqualTo(Reason.NOT_64_BIT);
    }

    private BootRequest elf() {
        return BootRequest.of(guest.file(TestKernels.multibootElf(3)));
    }

    private long info(BootRequest request) throws BootException {
        return guest.load(request).state().gpr[RBX];
    }
}
