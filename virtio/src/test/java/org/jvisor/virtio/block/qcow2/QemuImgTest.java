package org.jvisor.virtio.block.qcow2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.jvisor.linux.IoVector;
import org.jvisor.virtio.block.BlockBackend;
import org.jvisor.virtio.block.BlockException;
import org.jvisor.virtio.block.Disk;
import org.jvisor.virtio.block.DiskFormat;
import org.jvisor.virtio.block.DiskOptions;
import org.jvisor.virtio.block.HostFile;

/** Images made here and used by qemu-img, and the other way round. */
class QemuImgTest {
    private static final int SIZE = 3 << 20;

    @TempDir Path folder;

    @BeforeAll
    static void needQemuImg() {
        boolean there =
                Arrays.stream(String.valueOf(System.getenv("PATH")).split(":"))
                        .anyMatch(path -> Files.isExecutable(Path.of(path, "qemu-img")));
        assumeTrue(there, "qemu-img is not installed (Debian: qemu-utils)");
    }

    private int status(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("qemu-img"));
        command.addAll(List.of(arguments));
        Process process =
                new ProcessBuilder(command)
                        .directory(folder.toFile())
                        .redirectErrorStream(true)
                        .start();
        output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return process.waitFor();
    }

    private String output = "";

    private void qemuImg(String... arguments) throws Exception {
        assertThat(status(arguments)).as("%s: %s", Arrays.toString(arguments), output).isZero();
    }

    private Path path(String name) {
        return folder.resolve(name);
    }

    private DiskOptions qcow2(String name) {
        return DiskOptions.of(path(name), DiskFormat.QCOW2);
    }

    /** Data that compress, with holes and with parts that do not compress. */
    private byte[] data(long seed) {
        byte[] bytes = new byte[SIZE];
        Random random = new Random(seed);
        for (int at = 0; at < SIZE; at += 40_000) {
            byte[] part = new byte[Math.min(40_000, SIZE - at)];
            switch (random.nextInt(3)) {
                case 0 -> random.nextBytes(part);
                case 1 -> Arrays.fill(part, (byte) random.nextInt(256));
                default -> {
                    continue;
                }
            }
            System.arraycopy(part, 0, bytes, at, part.length);
        }
        return bytes;
    }

    private static byte[] readAll(BlockBackend disk) throws BlockException {
        MemorySegment memory = Arena.ofAuto().allocate(disk.size(), 4096);
        try (IoVector all = IoVector.of(memory)) {
            disk.read(0, all, 0, disk.size());
        }
        return memory.toArray(ValueLayout.JAVA_BYTE);
    }

    private static void write(BlockBackend disk, long position, byte[] bytes)
            throws BlockException {
        MemorySegment memory = Arena.ofAuto().allocate(bytes.length, 4096);
        memory.copyFrom(MemorySegment.ofArray(bytes));
        try (IoVector all = IoVector.of(memory)) {
            disk.write(position, all, 0, bytes.length);
        }
    }

    private void checkBothWays(String name) throws Exception {
        qemuImg("check", "-f", "qcow2", name);
        try (HostFile file = Disk.openFile(path(name), false)) {
            assertThat(Qcow2Check.check(file).messages()).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "compat=0.10, 65536, -q",
        "compat=1.1, 65536, -q",
        "compat=1.1, 512, -q",
        "compat=1.1, 2097152, -q",
        "refcount_bits=1, 4096, -q",
        "refcount_bits=64, 4096, -q",
        "lazy_refcounts=on, 65536, -q",
        "compat=0.10, 65536, -c",
        "compat=1.1, 4096, -c",
        "compression_type=zstd, 65536, -c",
        "preallocation=metadata, 65536, -q"
    })
    void anImageMadeByQemuIsReadAndWritten(String option, int cluster, String flag)
            throws Exception {
        byte[] data = data(cluster);
        Files.write(path("raw"), data);
        String options = option + ",cluster_size=" + cluster;
        if (status("convert", "-f", "raw", "-O", "qcow2", flag, "-o", options, "raw", "disk")
                != 0) {
            assumeTrue(!output.contains("zstd"), "this qemu-img has no zstd: " + output);
        }
        try (BlockBackend disk = Disk.open(qcow2("disk"))) {
            assertThat(readAll(disk)).isEqualTo(data);
            Random random = new Random(1);
            for (int i = 0; i < 50; i++) {
                byte[] bytes = new byte[512 * (1 + random.nextInt(60))];
                random.nextBytes(bytes);
                int at = 512 * random.nextInt((SIZE - bytes.length) / 512);
                write(disk, at, bytes);
                System.arraycopy(bytes, 0, data, at, bytes.length);
            }
            disk.writeZeroes(100_352, 512_000, true);
            Arrays.fill(data, 100_352, 612_352, (byte) 0);
        }
        checkBothWays("disk");
        Files.write(path("expected"), data);
        qemuImg("compare", "-f", "raw", "-F", "qcow2", "expected", "disk");
    }

    @ParameterizedTest
    @ValueSource(ints = {512, 4096, 65536, 1 << 21})
    void anImageMadeHereIsReadByQemu(int cluster) throws Exception {
        byte[] data = data(cluster);
        Disk.createQcow2(path("disk"), new Qcow2Format.Options(SIZE, 3, cluster, null, null));
        try (BlockBackend disk = Disk.open(qcow2("disk"))) {
            write(disk, 0, data);
            disk.discard(0, 1 << 20);
            Arrays.fill(data, 0, 1 << 20, (byte) 0);
            disk.writeZeroes(0, 1 << 20, false);
            disk.resize(2 * SIZE);
        }
        checkBothWays("disk");
        Files.write(path("raw"), Arrays.copyOf(data, 2 * SIZE));
        qemuImg("compare", "-f", "raw", "-F", "qcow2", "raw", "disk");
    }

    @Test
    void aChainMadeByQemuIsReadIfItsFilesAreNamed() throws Exception {
        byte[] data = data(7);
        Files.write(path("raw"), data);
        qemuImg("convert", "-f", "raw", "-O", "qcow2", "-c", "raw", "base");
        qemuImg("create", "-f", "qcow2", "-b", "base", "-F", "qcow2", "middle");
        qemuImg("create", "-f", "qcow2", "-b", "middle", "-F", "qcow2", "top", "4M");
        assertThatThrownBy(() -> Disk.open(qcow2("top")).close())
                .hasMessageContaining("wants to be backed by");
        DiskOptions options = qcow2("top").withBacking(List.of(path("middle"), path("base")));
        byte[] expected = Arrays.copyOf(data, 4 << 20);
        try (BlockBackend disk = Disk.open(options)) {
            assertThat(readAll(disk)).isEqualTo(expected);
            write(disk, 1 << 20, new byte[] {1, 2, 3});
            System.arraycopy(new byte[] {1, 2, 3}, 0, expected, 1 << 20, 3);
        }
        checkBothWays("top");
        Files.write(path("expected"), expected);
        qemuImg("compare", "-f", "raw", "-F", "qcow2", "expected", "top");
    }

    @Test
    void internalSnapshotsStayAsTheyWere() throws Exception {
        byte[] data = data(9);
        Files.write(path("raw"), data);
        qemuImg("convert", "-f", "raw", "-O", "qcow2", "raw", "disk");
        qemuImg("snapshot", "-c", "before", "disk");
        try (BlockBackend disk = Disk.open(qcow2("disk"))) {
            for (int at = 0; at < SIZE; at += 300_032) {
                write(disk, at, new byte[1024]);
            }
            disk.discard(0, 1 << 20);
            assertThatThrownBy(() -> disk.resize(2 * SIZE))
                    .hasMessageContaining("internal snapshots");
        }
        checkBothWays("disk");
        qemuImg("snapshot", "-a", "before", "disk");
        qemuImg("compare", "-f", "raw", "-F", "qcow2", "raw", "disk");
        checkBothWays("disk");
    }

    @Test
    void aDiskInUseHereIsRefusedByQemu() throws Exception {
        qemuImg("create", "-f", "qcow2", "disk", "1M");
        try (BlockBackend disk = Disk.open(qcow2("disk"))) {
            assertThat(disk.size()).isEqualTo(1 << 20);
            assertThat(status("resize", "-f", "qcow2", "disk", "2M")).isNotZero();
            assertThat(output).contains("lock");
        }
        qemuImg("resize", "-f", "qcow2", "disk", "2M");
    }

    @ParameterizedTest
    @ValueSource(strings = {"encrypt.format=luks,encrypt.key-secret=s", "extended_l2=on"})
    void whatIsNotSupportedIsRefusedByName(String option) throws Exception {
        status(
                "create",
                "--object",
                "secret,id=s,data=x",
                "-f",
                "qcow2",
                "-o",
                option,
                "disk",
                "1M");
        assumeTrue(Files.exists(path("disk")), "this qemu-img cannot make it: " + output);
        assertThatThrownBy(() -> Disk.open(qcow2("disk")).close())
                .isInstanceOf(BlockException.class)
                .hasMessageContaining("not supported");
    }

    @Test
    void leaksAndErrorsAreFoundAndRepaired() throws Exception {
        Disk.createQcow2(path("disk"), Qcow2Format.Options.of(SIZE));
        try (BlockBackend disk = Disk.open(qcow2("disk"))) {
            write(disk, 0, data(1));
        }
        byte[] image = Files.readAllBytes(path("disk"));
        image[2 * 65536 + 2 * 20 + 1] = 0; // a cluster in use
        image[2 * 65536 + 2 * 2000 + 1] = 1; // one that is not
        Files.write(path("disk"), image);
        assertThat(status("check", "-f", "qcow2", "disk")).isEqualTo(2);
        try (HostFile file = Disk.openFile(path("disk"), true)) {
            Qcow2Check.Result found = Qcow2Check.repair(file);
            assertThat(found.leaks()).isOne();
            assertThat(found.errors()).isPositive();
        }
        checkBothWays("disk");
        Files.write(path("raw"), data(1));
        qemuImg("compare", "-f", "raw", "-F", "qcow2", "raw", "disk");
    }
}
