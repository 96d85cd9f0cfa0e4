package org.jvisor.virtio.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jvisor.virtio.balloon.VirtioBalloonFuzzer;
import org.jvisor.virtio.block.VirtioBlockFuzzer;
import org.jvisor.virtio.block.qcow2.Qcow2Fuzzer;
import org.jvisor.virtio.console.VirtioConsoleFuzzer;
import org.jvisor.virtio.entropy.VirtioRngFuzzer;
import org.jvisor.virtio.net.VirtioNetFuzzer;
import org.jvisor.virtio.queue.PackedQueueFuzzer;
import org.jvisor.virtio.queue.SplitQueueFuzzer;
import org.jvisor.virtio.transport.VirtioMmioFuzzer;
import org.jvisor.virtio.transport.VirtioPciFuzzer;
import org.jvisor.virtio.vsock.VirtioVsockFuzzer;

/** What is fuzzed, and with what it begins. */
@SuppressWarnings("ImmutableEnumChecker") // method references
enum FuzzTarget {
    SPLIT_QUEUE(SplitQueueFuzzer.class, SplitQueueFuzzer::fuzzerTestOneInput),
    PACKED_QUEUE(PackedQueueFuzzer.class, PackedQueueFuzzer::fuzzerTestOneInput),
    PCI(VirtioPciFuzzer.class, VirtioPciFuzzer::fuzzerTestOneInput),
    MMIO(VirtioMmioFuzzer.class, VirtioMmioFuzzer::fuzzerTestOneInput),
    BLOCK(VirtioBlockFuzzer.class, VirtioBlockFuzzer::fuzzerTestOneInput),
    NET(VirtioNetFuzzer.class, VirtioNetFuzzer::fuzzerTestOneInput),
    CONSOLE(VirtioConsoleFuzzer.class, VirtioConsoleFuzzer::fuzzerTestOneInput),
    RNG(VirtioRngFuzzer.class, VirtioRngFuzzer::fuzzerTestOneInput),
    BALLOON(VirtioBalloonFuzzer.class, VirtioBalloonFuzzer::fuzzerTestOneInput),
    VSOCK(VirtioVsockFuzzer.class, VirtioVsockFuzzer::fuzzerTestOneInput),
    QCOW2(
            Qcow2Fuzzer.class,
            Qcow2Fuzzer::fuzzerTestOneInput,
            Qcow2Fuzzer::seeds,
            Qcow2Fuzzer.MOST_BYTES);

    /** The longest input of those that are a list of choices, in bytes. */
    private static final int MOST_CHOICES = 2048;

    /** What earlier runs found worth keeping, and what once broke something. */
    private static final Path CORPUS = Path.of("src", "test", "corpus");

    /** The class that Jazzer runs. */
    final Class<?> entry;

    /** What it runs. */
    final Consumer<byte[]> run;

    /** The longest input in bytes. */
    final int mostBytes;

    private final Supplier<List<byte[]>> made;

    FuzzTarget(Class<?> entry, Consumer<byte[]> run) {
        this(entry, run, FuzzTarget::choices, MOST_CHOICES);
    }

    FuzzTarget(Class<?> entry, Consumer<byte[]> run, Supplier<List<byte[]>> made, int mostBytes) {
        this.entry = entry;
        this.run = run;
        this.made = made;
        this.mostBytes = mostBytes;
    }

    /** Lists of choices of many lengths. */
    private static List<byte[]> choices() {
        List<byte[]> all = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            byte[] bytes = new byte[MOST_CHOICES * (i + 1) / 32];
            new SplittableRandom(i).nextBytes(bytes);
            all.add(bytes);
        }
        return all;
    }

    /** The inputs a run begins with: made ones, and those of the corpus. */
    List<byte[]> seeds() throws IOException {
        List<byte[]> all = new ArrayList<>(made.get());
        Path folder = CORPUS.resolve(name().toLowerCase(Locale.ROOT));
        if (Files.isDirectory(folder)) {
            try (Stream<Path> files = Files.list(folder)) {
                for (Path file : files.sorted().toList()) {
                    all.add(Files.readAllBytes(file));
                }
            }
        }
        return all;
    }
}
