package org.jvisor.virtio.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.jvisor.linux.IoVector;

class RawBackendTest {
    @TempDir Path folder;

    private DiskOptions disk(int size) throws Exception {
        Path path = folder.resolve("disk");
        Files.write(path, new byte[size]);
        return DiskOptions.of(path, DiskFormat.RAW);
    }

    @Test
    void aDiskThatIsWrittenIsRefusedToOthers() throws Exception {
        DiskOptions options = disk(4096);
        try (BlockBackend first = Disk.open(options)) {
            assertThat(first.size()).isEqualTo(4096);
            for (DiskOptions other : List.of(options, options.asReadOnly())) {
                assertThatThrownBy(() -> Disk.open(other).close())
                        .isInstanceOf(BlockException.class)
                        .hasMessageContaining("in use by another");
            }
        }
        Disk.open(options).close();
    }

    @Test
    void readersShareADiskAndKeepWritersAway() throws Exception {
        DiskOptions options = disk(4096);
        try (BlockBackend first = Disk.open(options.asReadOnly());
                BlockBackend second = Disk.open(options.asReadOnly())) {
            assertThat(first.size()).isEqualTo(second.size());
            assertThatThrownBy(() -> Disk.open(options).close())
                    .hasMessageContaining("in use by another");
        }
    }

    @Test
    void aMissingDiskIsToldWithAdvice() {
        assertThatThrownBy(
                        () ->
                                Disk.open(DiskOptions.of(folder.resolve("none"), DiskFormat.RAW))
                                        .close())
                .isInstanceOf(BlockException.class)
                .hasMessageContaining("There is no such file");
    }

    @Test
    void aReadOnlyDiskRefusesWrites() throws Exception {
        try (BlockBackend disk = Disk.open(disk(4096).asReadOnly());
                IoVector sector = IoVector.of(Arena.ofAuto().allocate(512))) {
            assertThatThrownBy(() -> disk.write(0, sector, 0, 512))
                    .isInstanceOfSatisfying(
                            BlockException.class,
                            e -> assertThat(e.kind()).isEqualTo(BlockException.Kind.READ_ONLY));
        }
    }

    @Test
    void directAccessToAnyRangeGivesWhatWasWritten() throws Exception {
        DiskOptions plain = disk(1 << 18);
        DiskOptions options =
                new DiskOptions(plain.path(), DiskFormat.RAW, false, true, false, List.of());
        byte[] model = new byte[1 << 18];
        Random random = new Random(1);
        try (BlockBackend disk = open(options);
                Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(1 << 17, 4096);
            for (int i = 0; i < 300; i++) {
                int length = 512 * (1 + random.nextInt(32));
                int position = 512 * random.nextInt((model.length - length) / 512);
                MemorySegment part = memory.asSlice(512 * random.nextInt(16), length);
                try (IoVector ranges = IoVector.of(part)) {
                    if (random.nextBoolean()) {
                        byte[] bytes = new byte[length];
                        random.nextBytes(bytes);
                        part.copyFrom(MemorySegment.ofArray(bytes));
                        disk.write(position, ranges, 0, length);
                        System.arraycopy(bytes, 0, model, position, length);
                    } else {
                        disk.read(position, ranges, 0, length);
                        assertThat(
                                        part.mismatch(
                                                MemorySegment.ofArray(model)
                                                        .asSlice(position, length)))
                                .isEqualTo(-1);
                    }
                }
            }
        }
        assertThat(Files.readAllBytes(options.path())).isEqualTo(model);
    }

    private static BlockBackend open(DiskOptions options) throws BlockException {
        try {
            return Disk.open(options);
        } catch (BlockException e) {
            if (e.getMessage().contains("O_DIRECT")) {
                return abort("no O_DIRECT here: " + e.getMessage());
            }
            throw e;
        }
    }

    @Test
    void anIncompleteLastSectorReadsAsZerosAndCanBeWritten() throws Exception {
        DiskOptions options = disk(700);
        try (BlockBackend disk = Disk.open(options);
                IoVector sector = IoVector.of(Arena.ofAuto().allocate(512))) {
            assertThat(disk.size()).isEqualTo(1024);
            sector.fill(0, 512, (byte) 7);
            disk.read(512, sector, 0, 512);
            assertThat(sector.isZero(0, 512)).isTrue();
            sector.fill(0, 512, (byte) 7);
            disk.write(512, sector, 0, 512);
        }
        assertThat(Files.size(options.path())).isEqualTo(1024);
    }

    @Test
    void zeroedAndResizedRangesReadAsZeros() throws Exception {
        DiskOptions options = disk(1 << 20);
        byte[] ones = new byte[1 << 20];
        java.util.Arrays.fill(ones, (byte) 1);
        Files.write(options.path(), ones);
        try (BlockBackend disk = Disk.open(options);
                IoVector all = IoVector.of(Arena.ofAuto().allocate(1 << 20))) {
            disk.writeZeroes(512, 100 * 512, true);
            disk.writeZeroes(300 * 512, 100 * 512, false);
            disk.discard(500 * 512, 0);
            disk.read(0, all, 0, 1 << 20);
            assertThat(all.isZero(512, 100 * 512)).isTrue();
            assertThat(all.isZero(300 * 512, 100 * 512)).isTrue();
            assertThat(all.getByte(511)).isOne();
            assertThat(all.getByte(101 * 512)).isOne();
            disk.resize(1 << 21);
            assertThat(disk.size()).isEqualTo(1 << 21);
            disk.read(1 << 20, all, 0, 1 << 20);
            assertThat(all.isZero(0, 1 << 20)).isTrue();
        }
    }
}
