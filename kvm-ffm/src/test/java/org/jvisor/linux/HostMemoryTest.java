package org.jvisor.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostMemoryTest {
    private static final long MIB = 1 << 20;

    @TempDir Path folder;

    @Test
    void anonymousMemoryIsFullOfZeros() {
        try (HostMemory memory = HostMemory.anonymous(MIB, HugePages.NONE)) {
            assertThat(memory.size()).isEqualTo(MIB);
            assertThat(memory.segment().mismatch(zeros(MIB))).isEqualTo(-1);
        }
    }

    @Test
    void memoryThatIsNotTouchedCostsNothing() {
        // More than any machine here has: only the addresses are taken.
        try (HostMemory memory = HostMemory.anonymous(1L << 40, HugePages.NONE)) {
            memory.segment().set(ValueLayout.JAVA_BYTE, (1L << 40) - 1, (byte) 1);
            assertThat(memory.segment().get(ValueLayout.JAVA_BYTE, (1L << 40) - 1)).isOne();
        }
    }

    @Test
    void slicesAreCheckedAgainstTheBounds() {
        try (HostMemory memory = HostMemory.anonymous(MIB, HugePages.NONE)) {
            assertThatThrownBy(() -> memory.slice(MIB - 1, 2))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @Test
    void accessAfterClosingIsRefused() {
        HostMemory memory = HostMemory.anonymous(MIB, HugePages.NONE);
        MemorySegment slice = memory.slice(0, 8);
        memory.close();
        assertThatThrownBy(() -> slice.get(ValueLayout.JAVA_BYTE, 0))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void memoryMayBeClosedTwice() {
        HostMemory memory = HostMemory.memfd("test", MIB, HugePages.NONE);
        memory.close();
        assertThatCode(memory::close).doesNotThrowAnyException();
    }

    @Test
    void aSizeThatIsNotMadeOfPagesIsRefused() {
        assertThatThrownBy(() -> HostMemory.anonymous(5000, HugePages.NONE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("5000");
    }

    @Test
    void hugePagesNeedASizeMadeOfThem() {
        assertThatThrownBy(() -> HostMemory.anonymous(MIB, HugePages.HUGETLB_2M))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("2097152");
    }

    @Test
    void transparentHugePagesAreOnlyAWish() {
        try (HostMemory memory = HostMemory.anonymous(4 * MIB, HugePages.TRANSPARENT)) {
            memory.segment().set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
            assertThat(memory.segment().get(ValueLayout.JAVA_BYTE, 0)).isOne();
        }
    }

    @Test
    void moreMemoryThanAddressesIsRefusedWithAdvice() {
        assertThatThrownBy(() -> HostMemory.anonymous(1L << 50, HugePages.NONE))
                .isInstanceOf(LinuxException.class)
                .hasMessageContaining("mmap of 1125899906842624 bytes")
                .hasMessageContaining("ENOMEM")
                .hasMessageContaining("less memory");
    }

    @Test
    void discardedAnonymousMemoryReadsAsZeros() {
        try (HostMemory memory = HostMemory.anonymous(MIB, HugePages.NONE)) {
            memory.segment().fill((byte) 1);
            memory.discard(4096, 8192);
            assertThat(memory.slice(4096, 8192).mismatch(zeros(8192))).isEqualTo(-1);
            assertThat(memory.segment().get(ValueLayout.JAVA_BYTE, 4095)).isOne();
            assertThat(memory.segment().get(ValueLayout.JAVA_BYTE, 4096 + 8192)).isOne();
        }
    }

    @Test
    void discardedMemfdReadsAsZeros() {
        try (HostMemory memory = HostMemory.memfd("test", MIB, HugePages.NONE)) {
            memory.segment().fill((byte) 1);
            memory.discard(0, MIB);
            assertThat(memory.segment().mismatch(zeros(MIB))).isEqualTo(-1);
        }
    }

    @Test
    void discardingHalfAPageIsRefused() {
        try (HostMemory memory = HostMemory.anonymous(MIB, HugePages.NONE)) {
            assertThatThrownBy(() -> memory.discard(100, 4096))
                    .isInstanceOf(LinuxException.class)
                    .hasMessageContaining("EINVAL");
        }
    }

    @Test
    void aMemfdHasADescriptorWithItsContent() throws Exception {
        try (HostMemory memory = HostMemory.memfd("test", MIB, HugePages.NONE)) {
            memory.segment().set(ValueLayout.JAVA_BYTE, 7, (byte) 42);
            Fd fd = Objects.requireNonNull(memory.fd());
            int number = fd.acquire();
            try {
                byte[] content = Files.readAllBytes(Path.of("/proc/self/fd/" + number));
                assertThat(content).hasSize((int) MIB);
                assertThat(content[7]).isEqualTo((byte) 42);
            } finally {
                fd.release();
            }
        }
    }

    @Test
    void aSharedFileIsWrittenThroughTheMapping() throws Exception {
        Path file = Files.write(folder.resolve("disk"), new byte[10_000]);
        try (HostMemory memory = HostMemory.file(file, HostMemory.FileMode.SHARED)) {
            assertThat(memory.size()).isEqualTo(3 * 4096);
            memory.segment().set(ValueLayout.JAVA_BYTE, 9_999, (byte) 42);
            memory.flush();
        }
        assertThat(Files.readAllBytes(file)[9_999]).isEqualTo((byte) 42);
    }

    @Test
    void aPrivateFileKeepsItsContent() throws Exception {
        Path file = Files.write(folder.resolve("disk"), new byte[4096]);
        try (HostMemory memory = HostMemory.file(file, HostMemory.FileMode.PRIVATE)) {
            memory.segment().set(ValueLayout.JAVA_BYTE, 0, (byte) 42);
        }
        assertThat(Files.readAllBytes(file)[0]).isZero();
    }

    @Test
    void aReadOnlyFileCannotBeWrittenThroughTheSegment() throws Exception {
        Path file = Files.write(folder.resolve("rom"), new byte[] {1, 2, 3});
        try (HostMemory memory = HostMemory.file(file, HostMemory.FileMode.READ_ONLY)) {
            assertThat(memory.segment().get(ValueLayout.JAVA_BYTE, 2)).isEqualTo((byte) 3);
            assertThat(memory.segment().isReadOnly()).isTrue();
        }
    }

    @Test
    void anEmptyFileCannotBeMapped() throws Exception {
        Path file = Files.createFile(folder.resolve("empty"));
        assertThatThrownBy(() -> HostMemory.file(file, HostMemory.FileMode.READ_ONLY))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("empty");
    }

    @Test
    void anAbsentFileIsNamed() {
        Path file = folder.resolve("nothing");
        assertThatThrownBy(() -> HostMemory.file(file, HostMemory.FileMode.READ_ONLY))
                .isInstanceOf(LinuxException.class)
                .hasMessageContaining("open of " + file + " failed: ENOENT");
    }

    private static MemorySegment zeros(long size) {
        return MemorySegment.ofArray(new byte[(int) size]);
    }

    @Test
    void releasedPagesReadAsZeros() {
        try (HostMemory anonymous = HostMemory.anonymous(8192, HugePages.NONE);
                HostMemory shared = HostMemory.memfd("test", 8192, HugePages.NONE)) {
            for (HostMemory memory : new HostMemory[] {anonymous, shared}) {
                memory.segment().fill((byte) 7);
                HostMemory.release(memory.slice(4096, 4096));
                assertThat(memory.segment().get(ValueLayout.JAVA_BYTE, 4095)).isEqualTo((byte) 7);
                assertThat(memory.segment().get(ValueLayout.JAVA_BYTE, 4096)).isZero();
            }
        }
    }
}
