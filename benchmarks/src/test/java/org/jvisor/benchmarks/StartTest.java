package org.jvisor.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StartTest {
    @TempDir Path folder;

    private StartMachine.Guests guests() throws IOException {
        Vmm.Machine linux =
                new Vmm.Machine(Path.of("/k"), Path.of("/i"), "quiet", StartGuests.MEMORY, 1);
        return StartGuests.tiny(folder, linux);
    }

    @Test
    void theRomJumpsFromTheResetVectorToTheSameCode() throws IOException {
        StartMachine.Guests guests = guests();
        byte[] flat = Files.readAllBytes(Path.of(guests.flat()));
        byte[] rom = Files.readAllBytes(Path.of(guests.rom()));
        assertThat(rom).hasSize(64 << 10).startsWith(flat);
        int target = 0xfff3 + (rom[0xfff1] & 0xff) + ((rom[0xfff2] & 0xff) << 8);
        assertThat(rom[0xfff0] & 0xff).isEqualTo(0xe9);
        assertThat(target & 0xffff).isZero();
    }

    @Test
    void qemusTinyGuestIsItsFirmware() throws IOException {
        StartMachine qemu = StartMachine.qemu(new Vmm.Qemu("/q"), "kvm", guests(), true);
        assertThat(qemu.title()).isEqualTo("QEMU KVM");
        assertThat(qemu.flat()).containsSequence("-accel", "kvm").contains("-bios");
        assertThat(qemu.flat()).doesNotContain("-kernel");
        assertThat(qemu.linux()).containsSequence("-kernel", "/k");
    }

    @Test
    void oursTakesTheTinyGuestAsAFlatBinary() throws IOException {
        StartMachine ours = StartMachine.ours("x", List.of("/j"), "kvm", guests(), false);
        assertThat(ours.flat()).startsWith("/j", "run", "--accel", "kvm").contains("--flat");
        assertThat(ours.linux()).isNull();
    }

    @Test
    void otherMonitorsGetTheSameKernelAndMemory() throws IOException {
        assertThat(StartMachine.lkvm("/l", guests()).linux())
                .containsSequence("--kernel", "/k")
                .containsSequence("--mem", "256");
        assertThat(StartMachine.cloudHypervisor("/c", guests()).linux())
                .containsSequence("--initramfs", "/i")
                .containsSequence("--memory", "size=" + StartGuests.MEMORY);
    }

    @Test
    void theGuestsMemoryIsTheMappingOfItsSize() {
        List<String> smaps =
                List.of(
                        "7f00-7f10 rw-p 00000000 00:00 0",
                        "Size:             262144 kB",
                        "Rss:               60000 kB",
                        "7f20-7f30 rw-p 00000000 00:00 0",
                        "Size:               1000 kB",
                        "Rss:                 500 kB");
        MemoryProbe probe = MemoryProbe.parse(smaps, 256L << 20);
        assertThat(probe.resident()).isEqualTo(60_500L << 10);
        assertThat(probe.guest()).isEqualTo(60_000L << 10);
        assertThat(probe.overhead()).isEqualTo(500L << 10);
    }

    @Test
    void withoutSuchAMappingTheOverheadIsUnknown() {
        MemoryProbe probe = MemoryProbe.parse(List.of("Size: 4 kB", "Rss: 4 kB"), 256L << 20);
        assertThat(probe.overhead()).isEqualTo(-1);
    }

    @Test
    void timesAreComparedWithQemus() throws IOException {
        StartTimes ours = new StartTimes();
        ours.flat(200_000_000, 300_000_000);
        StartTimes qemu = new StartTimes();
        qemu.flat(100_000_000, 110_000_000);
        StartMachine us = StartMachine.ours("us", List.of("/j"), "software", guests(), false);
        StartMachine them = StartMachine.qemu(new Vmm.Qemu("/q"), "tcg", guests(), false);
        assertThat(StartTimes.blocks(Map.of(us, ours, them, qemu)).getFirst().toString())
                .contains("200 (200..200), 2.00");
    }

    @Test
    void pausesOutsideTheWindowDoNotCount() {
        List<String> log =
                List.of(
                        "[90ms][info][safepoint] Safepoint \"Cleanup\", Time since last: 5 ns,"
                                + " Reaching safepoint: 1 ns, At safepoint: 2 ns, Total: 900 ns, Threads: 1",
                        "[150ms][info][safepoint] Safepoint \"ICBufferFull\", Time since last: 5 ns,"
                                + " Reaching safepoint: 1 ns, At safepoint: 2 ns, Total: 300 ns, Threads: 1");
        SoakRun.Pauses pauses = SoakRun.Pauses.parse(log, 100, 200);
        assertThat(pauses.count()).isEqualTo(1);
        assertThat(pauses.longest()).isEqualTo(300);
        assertThat(pauses.kinds()).containsExactly("ICBufferFull");
    }

    @Test
    void escapeSequencesBeforeTheMarkDoNotHideIt() {
        VmProcess process =
                new VmProcess(
                        List.of(
                                new VmProcess.Line(1_000, "SeaBIOS"),
                                new VmProcess.Line(5_000, "\u001b[2J@")),
                        0,
                        500,
                        0,
                        0,
                        0,
                        List.of());
        assertThat(process.nanosTo(StartGuests.MARK)).isEqualTo(4_500);
        assertThat(process.nanosTo("nothing")).isEqualTo(-1);
    }
}
