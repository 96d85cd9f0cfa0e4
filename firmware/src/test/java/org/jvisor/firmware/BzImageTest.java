package org.jvisor.firmware;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.jvisor.firmware.BootRequest.Unpack;
import org.jvisor.firmware.layout.AddressMap;
import org.jvisor.firmware.payload.Compression;
import org.jvisor.firmware.payload.Cpio;
import org.jvisor.firmware.payload.Packer;
import org.jvisor.vmm.api.VcpuState;

class BzImageTest {
    private static final int RSI = 6;

    @TempDir Path folder;
    private TestGuest guest;

    @BeforeEach
    void makeGuest() {
        guest = new TestGuest(folder, 32);
    }

    @ParameterizedTest
    @EnumSource(value = Compression.class, mode = EnumSource.Mode.EXCLUDE, names = "LZO")
    void aKernelOfEveryCompressionIsUnpackedToWhereItIsLinked(Compression format) throws Exception {
        guest.load(TestKernels.bzImage(format));
        byte[] code = TestKernels.code();
        assertThat(guest.memory.read(TestKernels.ADDRESS, code.length)).isEqualTo(code);
    }

    @Test
    void theMemoryAfterTheCodeIsCleared() throws Exception {
        long bss = TestKernels.ADDRESS + TestKernels.code().length;
        guest.memory.slice(bss, TestKernels.BSS + 1).fill((byte) 0xee);
        guest.load(TestKernels.bzImage(Compression.LZ4));
        assertThat(guest.memory.read(bss, TestKernels.BSS)).containsOnly(0);
        assertThat(guest.memory.readByte(bss + TestKernels.BSS)).isEqualTo(0xee);
    }

    @Test
    void theCpuStartsAtTheEntryInLongModeWithInterruptsOff() throws Exception {
        VcpuState state = guest.load(TestKernels.bzImage(Compression.LZ4)).state();
        assertThat(state.rip).isEqualTo(TestKernels.ADDRESS + 16);
        assertThat(state.efer).isEqualTo(0x500);
        assertThat(state.cr0 & 0x8000_0001L).isEqualTo(0x8000_0001L);
        assertThat(state.cr4 & 0x20).isEqualTo(0x20);
        assertThat(state.rflags).isEqualTo(2);
    }

    @Test
    void codeAndDataSegmentsAreThoseOfTheBootProtocol() throws Exception {
        VcpuState state = guest.load(TestKernels.bzImage(Compression.LZ4)).state();
        assertThat(state.segments[VcpuState.CS].selector()).isEqualTo(0x10);
        assertThat(state.segments[VcpuState.DS].selector()).isEqualTo(0x18);
        assertThat(guest.memory.readLong(state.gdtBase + 0x10)).isEqualTo(0x00af_9b00_0000_ffffL);
        assertThat(guest.memory.readLong(state.gdtBase + 0x18)).isEqualTo(0x00cf_9300_0000_ffffL);
    }

    @Test
    void everyAddressBelowFourGibibytesIsMappedToItself() throws Exception {
        VcpuState state = guest.load(TestKernels.bzImage(Compression.LZ4)).state();
        for (long address = 0; address < 1L << 32; address += 2 << 20) {
            assertThat(translate(state.cr3, address | 0x1_2345)).isEqualTo(address | 0x1_2345);
        }
    }

    @Test
    void theZeroPageHoldsTheKernelsOwnHeader() throws Exception {
        long page = zeroPage(BootRequest.of(guest.file(TestKernels.bzImage(Compression.LZ4))));
        assertThat(guest.memory.readInt(page + 0x202)).isEqualTo(0x5372_6448);
        assertThat(guest.memory.readShort(page + 0x206)).isEqualTo(0x20f);
        assertThat(guest.memory.readByte(page + 0x210)).isEqualTo(0xff);
        assertThat(guest.memory.readByte(page + 0x1ef)).isZero();
    }

    @Test
    void theCommandLineIsPassedWhole() throws Exception {
        long page = zeroPage(lz4().withCommandLine("console=ttyS0 name=\u00fcber"));
        assertThat(guest.text(guest.memory.readInt(page + 0x228)))
                .isEqualTo("console=ttyS0 name=\u00fcber");
    }

    @Test
    void aCompressedInitialFileSystemIsUnpackedByTheHost() throws Exception {
        byte[] archive = Cpio.of("init", Packer.sample(50_000));
        byte[] packed = Packer.pack(Compression.GZIP, archive);
        long page = zeroPage(lz4().withInitrd(guest.file(packed)));
        long address = Integer.toUnsignedLong(guest.memory.readInt(page + 0x218));
        assertThat(guest.memory.readInt(page + 0x21c)).isEqualTo(archive.length);
        assertThat(guest.memory.read(address, archive.length)).isEqualTo(archive);
    }

    @Test
    void aFileSystemOfMoreThanAQuarterOfTheMemoryStaysPacked() throws Exception {
        byte[] archive = Cpio.of("init", new byte[(int) (guest.board.memory().memory() / 4)]);
        byte[] packed = Packer.pack(Compression.GZIP, archive);
        long page = zeroPage(lz4().withInitrd(guest.file(packed)));
        long address = Integer.toUnsignedLong(guest.memory.readInt(page + 0x218));
        assertThat(guest.memory.readInt(page + 0x21c)).isEqualTo(packed.length);
        assertThat(guest.memory.read(address, packed.length)).isEqualTo(packed);
    }

    @Test
    void theGuestUnpacksTheFileSystemIfAsked() throws Exception {
        byte[] packed = Packer.pack(Compression.GZIP, Cpio.of("init", new byte[5000]));
        long page = zeroPage(lz4().withInitrd(guest.file(packed)).withUnpack(Unpack.GUEST));
        assertThat(guest.memory.readInt(page + 0x21c)).isEqualTo(packed.length);
    }

    @Test
    void theInitrdLiesAtTheTopOfMemoryOnAPage() throws Exception {
        byte[] initrd = new byte[10_000];
        java.util.Arrays.fill(initrd, (byte) 7);
        long page = zeroPage(lz4().withInitrd(guest.file(initrd)));
        int address = guest.memory.readInt(page + 0x218);
        assertThat(guest.memory.readInt(page + 0x21c)).isEqualTo(10_000);
        assertThat(address).isEqualTo((32 << 20) - 3 * 4096);
        assertThat(guest.memory.read(address, 10_000)).isEqualTo(initrd);
    }

    @Test
    void theInitrdStaysBelowTheKernelsLimit() throws Exception {
        byte[] kernel = TestKernels.with32(TestKernels.bzImage(Compression.LZ4), 0x22c, 0x17f_ffff);
        long page =
                zeroPage(BootRequest.of(guest.file(kernel)).withInitrd(guest.file(new byte[4096])));
        assertThat(guest.memory.readInt(page + 0x218)).isEqualTo(0x17f_f000);
    }

    @Test
    void theZeroPageHoldsTheMemoryMap() throws Exception {
        long page = zeroPage(lz4());
        assertThat(guest.memory.readByte(page + 0x1e8)).isEqualTo(6);
        assertThat(guest.memory.readLong(page + 0x2d0)).isZero();
        assertThat(guest.memory.readLong(page + 0x2d8)).isEqualTo(AddressMap.EBDA_BASE);
        assertThat(guest.memory.readInt(page + 0x2e0)).isEqualTo(1);
    }

    @Test
    void theZeroPageLeadsToTheAcpiTables() throws Exception {
        long page = zeroPage(lz4());
        long rsdp = guest.memory.readLong(page + 0x70);
        assertThat(guest.memory.readLong(rsdp)).isEqualTo(0x2052_5450_2044_5352L); // "RSD PTR "
    }

    @Test
    void aGuestScanningForSmbiosFindsIt() throws Exception {
        zeroPage(lz4());
        assertThat(guest.memory.readInt(AddressMap.SMBIOS_BASE)).isEqualTo(0x334d_535f); // "_SM3"
    }

    @Test
    void aKernelMayBeLeftToUnpackItself() throws Exception {
        byte[] image = TestKernels.bzImage(Compression.LZ4);
        LoadedGuest loaded = guest.load(BootRequest.of(guest.file(image)).withUnpack(Unpack.GUEST));
        assertThat(loaded.state().rip).isEqualTo(TestKernels.ADDRESS + 0x200);
        assertThat(guest.memory.read(TestKernels.ADDRESS, 2048))
                .isEqualTo(java.util.Arrays.copyOfRange(image, 1024, 1024 + 2048));
    }

    @Test
    void anUnknownCompressionIsLeftToTheKernel() throws Exception {
        LoadedGuest loaded = guest.load(TestKernels.bzImage(new byte[100]));
        assertThat(loaded.state().rip).isEqualTo(TestKernels.ADDRESS + 0x200);
        assertThat(loaded.description()).contains("unknown compression");
    }

    @Test
    void aKernelThatUnpacksItselfIsMovedWhenItsPreferredPlaceDoesNotExist() throws Exception {
        TestGuest small = new TestGuest(folder, 8);
        LoadedGuest loaded = small.load(TestKernels.bzImage(Compression.LZO));
        assertThat(loaded.state().rip).isEqualTo(0x20_0000 + 0x200);
    }

    @Test
    void loadingTwiceGivesTheSameMemory() throws Exception {
        BootRequest request = lz4().withCommandLine("quiet");
        VcpuState first = guest.load(request).state();
        byte[] low = guest.memory.read(0, 1 << 20);
        VcpuState second = guest.load(request).state();
        assertThat(guest.memory.read(0, 1 << 20)).isEqualTo(low);
        assertThat(second.gpr).isEqualTo(first.gpr);
    }

    private BootRequest lz4() {
        return BootRequest.of(guest.file(TestKernels.bzImage(Compression.LZ4)));
    }

    private long zeroPage(BootRequest request) throws BootException {
        return guest.load(request).state().gpr[RSI];
    }

    /** Walks the page tables, whose last level is a 2 MiB page. */
    private long translate(long cr3, long address) {
        long mask = 0xf_ffff_ffff_f000L;
        long pml4 = guest.memory.readLong(cr3 + 8 * (address >>> 39 & 511));
        long pdpt = guest.memory.readLong((pml4 & mask) + 8 * (address >>> 30 & 511));
        long directory = guest.memory.readLong((pdpt & mask) + 8 * (address >>> 21 & 511));
        assertThat(pml4 & pdpt & directory & 3).isEqualTo(3);
        assertThat(directory & 0x80).isEqualTo(0x80);
        return (directory & mask) | (address & 0x1f_ffff);
    }
}
