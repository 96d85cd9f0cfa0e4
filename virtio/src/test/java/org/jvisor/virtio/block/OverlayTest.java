package org.jvisor.virtio.block;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.jvisor.linux.IoVector;

class OverlayTest {
    @TempDir Path folder;

    @Test
    void layersOverOneDiskTakeTheirOwnWritesAndLeaveItAlone() throws Exception {
        byte[] base = new byte[1 << 20];
        Arrays.fill(base, (byte) 1);
        Path path = Files.write(folder.resolve("disk"), base);
        DiskOptions options = DiskOptions.of(path, DiskFormat.RAW).withOverlay();
        try (BlockBackend first = Disk.open(options);
                BlockBackend second = Disk.open(options);
                IoVector sector = IoVector.of(Arena.ofAuto().allocate(512))) {
            sector.fill(0, 512, (byte) 7);
            first.write(5120, sector, 0, 512);
            first.flush();
            second.writeZeroes(5120, 512, true);
            first.read(5120, sector, 0, 512);
            assertThat(sector.getByte(0)).isEqualTo(7);
            first.read(4608, sector, 0, 512);
            assertThat(sector.getByte(511)).isOne();
            second.read(5120, sector, 0, 512);
            assertThat(sector.isZero(0, 512)).isTrue();
        }
        assertThat(Files.readAllBytes(path)).isEqualTo(base);
    }
}
