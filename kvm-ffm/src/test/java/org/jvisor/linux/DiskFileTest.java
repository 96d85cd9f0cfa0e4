package org.jvisor.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskFileTest {
    @TempDir Path folder;
    private final Arena arena = Arena.ofConfined();
    private DiskFile file;

    @BeforeEach
    void create() {
        file = DiskFile.open(folder.resolve("disk"), DiskFile.Mode.CREATE, false);
    }

    @AfterEach
    void release() {
        file.close();
        arena.close();
    }

    private IoVector bytes(int length, int value) {
        MemorySegment range = arena.allocate(length, 4096);
        range.fill((byte) value);
        return IoVector.of(range);
    }

    @Test
    void whatIsWrittenIsRead() {
        try (IoVector out = bytes(3, 7);
                IoVector in = bytes(5, 1)) {
            file.write(10, out, 0, 3);
            assertThat(file.read(9, in, 1, 3)).isEqualTo(3);
            assertThat(in.getInt(0)).isEqualTo(0x07070001);
            assertThat(in.getByte(4)).isEqualTo(1);
        }
    }

    @Test
    void aReadBeyondTheEndIsShort() {
        file.truncate(10);
        try (IoVector in = bytes(8, 1)) {
            assertThat(file.read(6, in, 0, 8)).isEqualTo(4);
            assertThat(file.read(10, in, 0, 8)).isZero();
        }
    }

    @Test
    void aFileIsNoBlockDevice() {
        file.truncate(12345);
        assertThat(file.isBlockDevice()).isFalse();
        assertThat(file.size()).isEqualTo(12345);
    }

    @Test
    void anExistingFileIsNotCreatedAgain() {
        assertThatThrownBy(() -> DiskFile.open(file.path(), DiskFile.Mode.CREATE, false).close())
                .isInstanceOf(LinuxException.class)
                .hasMessageContaining("EEXIST");
    }

    @Test
    void aPunchedHoleReadsAsZerosAndIsFound() {
        try (IoVector out = bytes(1 << 18, 7);
                IoVector in = bytes(1 << 18, 1)) {
            file.write(0, out, 0, 1 << 18);
            assumeTrue(file.discard(1 << 16, 1 << 16), "this file system punches no holes");
            file.read(0, in, 0, 1 << 18);
            assertThat(in.isZero(1 << 16, 1 << 16)).isTrue();
            assertThat(in.getByte((1 << 16) - 1)).isEqualTo(7);
            assertThat(in.getByte(1 << 17)).isEqualTo(7);
            assertThat(file.nextHole(0)).isIn(1L << 16, 1L << 18);
            assertThat(file.size()).isEqualTo(1 << 18);
        }
    }

    @Test
    void anEmptyFileHasNoData() {
        file.truncate(1 << 20);
        assertThat(file.nextData(0)).isIn(-1L, 0L);
        assertThat(file.nextData(1 << 20)).isEqualTo(-1);
    }

    @Test
    void anExclusiveLockExcludesEveryOther() {
        try (DiskFile other = DiskFile.open(file.path(), DiskFile.Mode.WRITE, false)) {
            assertThat(file.lock(100, 1, true)).isTrue();
            assertThat(other.lock(100, 1, false)).isFalse();
            assertThat(other.isLockedByOther(100, 1)).isTrue();
            assertThat(file.isLockedByOther(100, 1)).isFalse();
            file.unlock(100, 1);
            assertThat(other.lock(100, 1, true)).isTrue();
        }
    }

    @Test
    void sharedLocksGoTogetherAndEndWithTheFile() {
        try (DiskFile other = DiskFile.open(file.path(), DiskFile.Mode.READ, false)) {
            assertThat(file.lock(100, 1, false)).isTrue();
            assertThat(other.lock(100, 1, false)).isTrue();
            file.close();
            assertThat(other.isLockedByOther(100, 1)).isFalse();
        }
    }

    @Test
    void directAccessMovesWholePages() throws Exception {
        Path path = folder.resolve("direct");
        Files.write(path, new byte[8192]);
        try (DiskFile direct = openDirect(path);
                IoVector out = bytes(4096, 7)) {
            assertThat(direct.alignment()).isGreaterThanOrEqualTo(4096);
            direct.write(4096, out, 0, 4096);
            direct.sync();
        }
        assertThat(Files.readAllBytes(path)[4096]).isEqualTo((byte) 7);
        assertThat(Files.readAllBytes(path)[4095]).isZero();
    }

    private static DiskFile openDirect(Path path) {
        try {
            return DiskFile.open(path, DiskFile.Mode.WRITE, true);
        } catch (LinuxException e) {
            return abort("no O_DIRECT here: " + e.getMessage());
        }
    }

    @Test
    void aPipeTakesAndGivesRanges() {
        try (EventFd event = EventFd.create();
                IoVector value = IoVector.of(arena.allocate(ValueLayout.JAVA_LONG))) {
            assertThat(event.fd().read(value, 0, 8)).isEqualTo(-1);
            value.setLong(0, 5);
            assertThat(event.fd().write(value, 0, 8)).isEqualTo(8);
            value.setLong(0, 0);
            assertThat(event.fd().read(value, 0, 8)).isEqualTo(8);
            assertThat(value.getLong(0)).isEqualTo(5);
        }
    }
}
