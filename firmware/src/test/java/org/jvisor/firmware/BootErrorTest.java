package org.jvisor.firmware;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.jvisor.firmware.BootException.Reason;
import org.jvisor.firmware.BootRequest.Protocol;
import org.jvisor.firmware.payload.Compression;

/** Every way in which a user's files can be wrong has its own answer. */
class BootErrorTest {
    @TempDir Path folder;
    private TestGuest guest;

    @BeforeEach
    void makeGuest() {
        guest = new TestGuest(folder, 32);
    }

    @Test
    void aMissingKernelIsNamed() {
        BootException e = guest.failure(BootRequest.of(Path.of("/no/such/kernel")));
        assertThat(e.reason()).isEqualTo(Reason.MISSING);
        assertThat(e)
                .hasMessage(
                        "cannot load the kernel /no/such/kernel: there is no such file; check the"
                                + " path");
    }

    @Test
    void aDirectoryIsNoKernel() {
        assertThat(guest.failure(BootRequest.of(folder)).reason()).isEqualTo(Reason.NOT_A_FILE);
    }

    @Test
    void aDeviceIsNoKernel() {
        assertThat(guest.failure(BootRequest.of(Path.of("/dev/null"))).reason())
                .isEqualTo(Reason.NOT_A_FILE);
    }

    @Test
    void anUnreadableKernelIsReported() throws IOException {
        Path file = guest.file(TestKernels.vmlinux());
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("---------"));
        assumeFalse(Files.isReadable(file), "skipped: this user may read every file");
        assertThat(guest.failure(BootRequest.of(file)).reason()).isEqualTo(Reason.UNREADABLE);
    }

    @Test
    void anEmptyFileIsTruncated() {
        assertThat(guest.failure(new byte[0]).reason()).isEqualTo(Reason.TRUNCATED);
    }

    @Test
    void textIsNoKernel() {
        BootException e = guest.failure("hello, world\n".getBytes(StandardCharsets.US_ASCII));
        assertThat(e.reason()).isEqualTo(Reason.NOT_A_KERNEL);
        assertThat(e).hasMessageContaining("it is text");
    }

    @Test
    void anOrdinaryProgramIsNoKernel() {
        byte[] program = TestKernels.elf(true, 62, 0x40_0000, 0x40_0000, TestKernels.NO_NOTE);
        BootException e = guest.failure(program);
        assertThat(e.reason()).isEqualTo(Reason.NOT_A_KERNEL);
        assertThat(e).hasMessageContaining("ELF program");
    }

    @Test
    void aKernelForAnotherProcessorIsRecognised() {
        byte[] arm = TestKernels.elf(true, 183, 0xffff_ffff_8000_0000L, 0, TestKernels.NO_NOTE);
        assertThat(guest.failure(arm)).hasMessageContaining("another processor");
    }

    @Test
    void aPackedFileIsRecognised() {
        assertThat(guest.failure(new byte[] {0x1f, (byte) 0x8b, 8, 0}))
                .hasMessageContaining("compressed file (gzip)");
    }

    @Test
    void anInitrdGivenAsKernelIsRecognised() {
        assertThat(guest.failure("070701000".getBytes(StandardCharsets.US_ASCII)))
                .hasMessageContaining("give it as the initrd");
    }

    @Test
    void aDiskImageIsRecognised() {
        byte[] disk = new byte[4096];
        disk[510] = 0x55;
        disk[511] = (byte) 0xaa;
        assertThat(guest.failure(disk)).hasMessageContaining("attach it as a disk");
    }

    @Test
    void aTruncatedElfFileIsReported() {
        byte[] kernel = TestKernels.vmlinux();
        assertThat(guest.failure(TestKernels.cut(kernel, kernel.length - 1)).reason())
                .isEqualTo(Reason.TRUNCATED);
    }

    @Test
    void aProtocolTheKernelDoesNotOfferIsReported() {
        BootRequest request =
                BootRequest.of(guest.file(TestKernels.vmlinux())).withProtocol(Protocol.PVH);
        assertThat(guest.failure(request)).hasMessageContaining("no PVH entry note");
    }

    @Test
    void aKernelLargerThanMemoryIsReported() {
        BootException e = new TestGuest(folder, 8).failure(TestKernels.vmlinux());
        assertThat(e.reason()).isEqualTo(Reason.DOES_NOT_FIT);
        assertThat(e).hasMessageContaining("give the guest more memory (at least 17 MiB)");
    }

    @Test
    void anInitrdLargerThanMemoryIsReported() {
        BootRequest request = lz4().withInitrd(guest.file(new byte[33 << 20]));
        BootException e = guest.failure(request);
        assertThat(e.reason()).isEqualTo(Reason.DOES_NOT_FIT);
        assertThat(e).hasMessageContaining("34603008 bytes").hasMessageContaining("32 MiB");
    }

    @Test
    void aMissingInitrdIsNamed() {
        BootException e = guest.failure(lz4().withInitrd(Path.of("/no/such/initrd")));
        assertThat(e.reason()).isEqualTo(Reason.MISSING);
        assertThat(e).hasMessageContaining("the initrd /no/such/initrd");
    }

    @Test
    void anEmptyInitrdIsReported() {
        assertThat(guest.failure(lz4().withInitrd(guest.file(new byte[0]))).reason())
                .isEqualTo(Reason.TRUNCATED);
    }

    @Test
    void aCommandLineLongerThanTheKernelTakesIsReported() {
        byte[] kernel = TestKernels.with32(TestKernels.bzImage(Compression.LZ4), 0x238, 100);
        BootRequest request = BootRequest.of(guest.file(kernel));
        BootException e = guest.failure(request.withCommandLine("x".repeat(101)));
        assertThat(e.reason()).isEqualTo(Reason.COMMAND_LINE_TOO_LONG);
        assertThat(e).hasMessageContaining("101 bytes, and this kernel takes at most 100");
    }

    @Test
    void aVmlinuxTakesACommandLineOfLinuxsOwnLimit() throws Exception {
        BootRequest request = BootRequest.of(guest.file(TestKernels.vmlinux()));
        guest.load(request.withCommandLine("x".repeat(2047)));
        assertThat(guest.failure(request.withCommandLine("x".repeat(2048))).reason())
                .isEqualTo(Reason.COMMAND_LINE_TOO_LONG);
    }

    private BootRequest lz4() {
        return BootRequest.of(guest.file(TestKernels.bzImage(Compression.LZ4)));
    }

    /** What can be wrong with a bzImage in particular. */
    @Nested
    class OfBzImages {
        private final byte[] image = TestKernels.bzImage(Compression.LZ4);

        @Test
        void aTruncatedOneIsReported() {
            assertThat(guest.failure(TestKernels.cut(image, image.length / 2)).reason())
                    .isEqualTo(Reason.TRUNCATED);
        }

        @Test
        void aDamagedPayloadIsReported() {
            byte[] damaged = image.clone();
            java.util.Arrays.fill(damaged, 2056, 8000, (byte) 0xff);
            BootException e = guest.failure(damaged);
            assertThat(e.reason()).isEqualTo(Reason.DAMAGED);
            assertThat(e).hasMessageContaining("cannot be unpacked (damaged lz4 data");
        }

        @Test
        void aPayloadThatIsNoElfFileIsReported() throws IOException {
            byte[] packed =
                    org.jvisor.firmware.payload.Packer.pack(Compression.GZIP, new byte[100]);
            assertThat(guest.failure(TestKernels.bzImage(packed)).reason())
                    .isEqualTo(Reason.DAMAGED);
        }

        @Test
        void aPayloadBeyondTheFileIsReported() {
            assertThat(guest.failure(TestKernels.with32(image, 0x24c, 1 << 24)).reason())
                    .isEqualTo(Reason.TRUNCATED);
        }

        @Test
        void aThirtyTwoBitOneIsReported() {
            BootException e = guest.failure(TestKernels.with16(image, 0x236, 0));
            assertThat(e.reason()).isEqualTo(Reason.NOT_64_BIT);
            assertThat(e).hasMessageContaining("32-bit kernel").hasMessageContaining("amd64");
        }

        @Test
        void aThirtyTwoBitKernelInAnOldOneIsReported() throws IOException {
            byte[] elf32 =
                    TestKernels.elf(
                            false,
                            3,
                            TestKernels.ADDRESS,
                            TestKernels.ADDRESS,
                            TestKernels.NO_NOTE);
            byte[] old =
                    TestKernels.bzImage(
                            org.jvisor.firmware.payload.Packer.pack(Compression.GZIP, elf32));
            assertThat(guest.failure(TestKernels.with16(old, 0x206, 0x20a)).reason())
                    .isEqualTo(Reason.NOT_64_BIT);
        }

        @Test
        void oneOfAnAncientProtocolIsReported() {
            assertThat(guest.failure(TestKernels.with16(image, 0x206, 0x204)).reason())
                    .isEqualTo(Reason.UNSUPPORTED);
        }
    }

    /** Whatever is in a file, the answer is a loaded guest or a BootException. */
    @Property(tries = 200)
    void damagedHeadersNeverCauseAnythingButABootException(
            @ForAll @IntRange(max = 3) int kind,
            @ForAll @IntRange(max = 4400) int position,
            @ForAll int value)
            throws IOException {
        Path place = Files.createTempDirectory("jvisor-damaged");
        TestGuest small = new TestGuest(place, 20);
        byte[] kernel =
                switch (kind) {
                    case 0 -> TestKernels.bzImage(Compression.LZ4);
                    case 1 -> TestKernels.vmlinux();
                    case 2 -> TestKernels.pvh(0x100_0000);
                    default -> TestKernels.multibootElf(3);
                };
        Path file = small.file(TestKernels.with32(kernel, position, value));
        try {
            assertThat(small.load(BootRequest.of(file)).description()).isNotBlank();
        } catch (BootException e) {
            assertThat(e).hasMessageStartingWith("cannot load the kernel");
        } finally {
            Files.delete(file);
            Files.delete(place);
        }
    }
}
