package org.jvisor.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.jvisor.virtio.block.BlockBackend;
import org.jvisor.virtio.block.Disk;
import org.jvisor.virtio.block.DiskFormat;
import org.jvisor.virtio.block.DiskOptions;

/** What the user sees of {@code jvisor disk}. */
class DiskCommandTest {
    @TempDir Path folder;
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int disk(String... arguments) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        String[] all = new String[arguments.length + 1];
        all[0] = "disk";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        return Main.execute(new PrintWriter(out, true), new PrintWriter(err, true), all);
    }

    private String path(String name) {
        return folder.resolve(name).toString();
    }

    private byte[] random(String name, int size) throws IOException {
        byte[] bytes = new byte[size];
        byte[] half = new byte[size / 2];
        new Random(size).nextBytes(half);
        System.arraycopy(half, 0, bytes, size / 4, half.length);
        Files.write(folder.resolve(name), bytes);
        return bytes;
    }

    @Test
    void helpNamesEveryCommand() {
        assertThat(disk("--help")).isZero();
        assertThat(out.toString())
                .contains("create", "info", "check", "resize", "commit", "convert");
    }

    @Test
    void aRawDiskIsAFileOfItsSize() throws Exception {
        assertThat(disk("create", path("disk.img"), "3M")).isZero();
        assertThat(Files.size(folder.resolve("disk.img"))).isEqualTo(3 << 20);
        assertThat(disk("info", path("disk.img"))).isZero();
        assertThat(out.toString()).contains("raw", "3M (3145728 bytes)");
    }

    @Test
    void aQcow2DiskTellsWhatItIsAndIsClean() {
        assertThat(disk("create", "--cluster-size", "4K", path("disk.qcow2"), "1G")).isZero();
        assertThat(disk("info", path("disk.qcow2"))).isZero();
        assertThat(out.toString()).contains("qcow2", "1G (1073741824 bytes)", "4K (4096 bytes)");
        assertThat(disk("check", path("disk.qcow2"))).isZero();
        assertThat(out.toString()).contains("no errors");
    }

    @Test
    void anExistingFileIsNotOverwritten() {
        disk("create", path("disk.img"), "1M");
        assertThat(disk("create", path("disk.img"), "1M")).isEqualTo(ExitStatus.FILE);
        assertThat(err.toString()).contains("EEXIST", "Choose another name");
    }

    @Test
    void oddSizesAndMissingOnesAreMistakes() {
        assertThat(disk("create", path("disk.img"), "1000")).isEqualTo(ExitStatus.USAGE);
        assertThat(disk("create", path("disk.img"))).isEqualTo(ExitStatus.USAGE);
        assertThat(disk("create", "--format", "vmdk", path("disk.img"), "1M"))
                .isEqualTo(ExitStatus.USAGE);
        assertThat(disk("create", "--cluster-size", "3K", path("disk.qcow2"), "1M"))
                .isEqualTo(ExitStatus.USAGE);
        assertThat(Files.exists(folder.resolve("disk.qcow2"))).isFalse();
    }

    @Test
    void convertingThereAndBackGivesTheSameDisk() throws Exception {
        byte[] bytes = random("disk.img", 2 << 20);
        assertThat(disk("convert", path("disk.img"), path("disk.qcow2"))).isZero();
        assertThat(disk("convert", path("disk.qcow2"), path("back.img"))).isZero();
        assertThat(Files.readAllBytes(folder.resolve("back.img"))).isEqualTo(bytes);
        assertThat(Files.size(folder.resolve("disk.qcow2"))).isLessThan(2 << 20);
    }

    @Test
    void whatACopyOnWriteLayerHasIsCommittedToItsBase() throws Exception {
        byte[] bytes = random("base.img", 1 << 20);
        assertThat(disk("create", "--backing", path("base.img"), path("top.qcow2"))).isZero();
        try (BlockBackend disk =
                Disk.open(DiskOptions.of(folder.resolve("top.qcow2"), DiskFormat.QCOW2))) {
            disk.writeZeroes(300_032, 100_352, true);
        }
        assertThat(Files.readAllBytes(folder.resolve("base.img"))).isEqualTo(bytes);
        assertThat(disk("commit", path("top.qcow2"))).isZero();
        Arrays.fill(bytes, 300_032, 400_384, (byte) 0);
        assertThat(Files.readAllBytes(folder.resolve("base.img"))).isEqualTo(bytes);
        assertThat(disk("check", path("top.qcow2"))).isZero();
        assertThat(out.toString()).contains("no errors", "0 of 16 clusters");
    }

    @Test
    void resizingGrowsAndShrinksOnlyIfTold() {
        disk("create", path("disk.qcow2"), "1M");
        assertThat(disk("resize", path("disk.qcow2"), "+1M")).isZero();
        assertThat(disk("resize", path("disk.qcow2"), "512K")).isEqualTo(ExitStatus.USAGE);
        assertThat(err.toString()).contains("--shrink");
        assertThat(disk("resize", "--shrink", path("disk.qcow2"), "512K")).isZero();
        disk("info", path("disk.qcow2"));
        assertThat(out.toString()).contains("512K");
    }

    @Test
    void aFileThatIsNoImageIsTold() throws Exception {
        random("noise.qcow2", 1 << 16);
        assertThat(disk("check", path("noise.qcow2"))).isEqualTo(ExitStatus.FILE);
        assertThat(err.toString()).contains("is no qcow2 image");
        assertThat(disk("info", path("none.qcow2"))).isEqualTo(ExitStatus.FILE);
        assertThat(err.toString()).contains("There is no such file");
    }

    @Test
    void damageIsFoundAndRepaired() throws Exception {
        byte[] bytes = random("disk.img", 1 << 20);
        disk("convert", path("disk.img"), path("disk.qcow2"));
        Path file = folder.resolve("disk.qcow2");
        byte[] image = Files.readAllBytes(file);
        image[2 * 65536 + 2 * 8 + 1] = 0;
        Files.write(file, image);
        assertThat(disk("check", path("disk.qcow2"))).isEqualTo(ExitStatus.FILE);
        assertThat(disk("check", "--repair", path("disk.qcow2"))).isZero();
        assertThat(disk("check", path("disk.qcow2"))).isZero();
        disk("convert", path("disk.qcow2"), path("back.img"));
        assertThat(Files.readAllBytes(folder.resolve("back.img"))).isEqualTo(bytes);
    }

    @Test
    void aDiskInUseIsLeftAlone() throws Exception {
        disk("create", path("disk.qcow2"), "1M");
        try (BlockBackend held =
                Disk.open(DiskOptions.of(folder.resolve("disk.qcow2"), DiskFormat.QCOW2))) {
            assertThat(held.size()).isEqualTo(1 << 20);
            assertThat(disk("resize", path("disk.qcow2"), "2M")).isEqualTo(ExitStatus.FILE);
            assertThat(err.toString()).contains("in use");
        }
    }
}
