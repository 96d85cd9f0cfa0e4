package org.jvisor.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VmmTest {
    private static final Vmm.Machine MACHINE =
            new Vmm.Machine(Path.of("/k"), Path.of("/i"), "quiet x", 256 << 20, 2);

    @TempDir Path folder;

    @Test
    void bothMachinesGetTheSameGuest() {
        assertThat(new Vmm.Jvisor(List.of("jvisor"), List.of("--stats")).command(MACHINE))
                .containsSubsequence("jvisor", "run", "--accel", "software")
                .containsSubsequence("--memory", "268435456", "--cpus", "2", "--kernel", "/k")
                .containsSubsequence("--initrd", "/i", "--cmdline", "quiet x", "--stats");
        assertThat(new Vmm.Qemu("qemu").command(MACHINE))
                .containsSubsequence("qemu", "-accel", "tcg", "-machine", "q35", "-m", "262144k")
                .containsSubsequence("-smp", "2", "-kernel", "/k", "-initrd", "/i")
                .containsSubsequence("-append", "quiet x");
    }

    @Test
    void qemuIsLookedForInThePath() throws Exception {
        Path qemu = Files.createFile(folder.resolve(Vmm.Qemu.PROGRAM));
        assertThat(Vmm.Qemu.find("/nowhere::" + folder)).isNull();
        Files.setPosixFilePermissions(qemu, PosixFilePermissions.fromString("rwxr-xr-x"));
        assertThat(Vmm.Qemu.find("/nowhere::" + folder)).isEqualTo(new Vmm.Qemu(qemu.toString()));
        assertThat(Vmm.Qemu.find(null)).isNull();
    }

    @Test
    void aProcessIsRunToItsEndWithItsLinesAndStatus() throws Exception {
        VmProcess process =
                VmProcess.run(
                        List.of("/bin/sh", "-c", "echo one; echo two >&2; exit 3"),
                        Duration.ofMinutes(1));
        assertThat(process.lines()).extracting(VmProcess.Line::text).containsExactly("one", "two");
        assertThat(process.status()).isEqualTo(3);
        assertThat(process.wallNanos()).isPositive();
    }

    @Test
    void aProcessThatDoesNotEndIsKilledAndTold() {
        assertThatThrownBy(
                        () ->
                                VmProcess.run(
                                        List.of("/bin/sh", "-c", "echo here; exec cat /dev/zero"),
                                        Duration.ofMillis(1)))
                .isInstanceOf(BenchException.class)
                .hasMessageContaining("did not end");
    }

    @Test
    void aCommandThatIsNotThereIsTold() {
        assertThatThrownBy(() -> VmProcess.run(List.of("/nonexistent"), Duration.ofMinutes(1)))
                .isInstanceOf(BenchException.class)
                .hasMessageContaining("/nonexistent");
    }

    @Test
    void thePeakIsReadFromTheKernelsStatus() {
        String status = "Name:\tjava\nVmPeak:\t 99 kB\nVmHWM:\t   2048 kB\n";
        assertThat(VmProcess.sizeIn(status, "VmHWM:")).isEqualTo(2 << 20);
        assertThat(VmProcess.sizeIn("Name:\tkthreadd\n", "VmHWM:")).isZero();
    }

    @Test
    void memorySizesAreReadWithTheirUnit() {
        assertThat(MachineOptions.bytes("256M")).isEqualTo(256L << 20);
        assertThat(MachineOptions.bytes("1G")).isEqualTo(1L << 30);
        assertThat(MachineOptions.bytes("4096")).isEqualTo(4096);
        assertThatThrownBy(() -> MachineOptions.bytes("256 MB"))
                .isInstanceOf(BenchException.class)
                .hasMessageContaining("256 MB");
    }
}
