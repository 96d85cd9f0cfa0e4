package org.jvisor.firmware;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageFileTest {
    private static final int SIZE = 20_000_003;

    @TempDir Path folder;

    private byte[] random() {
        byte[] bytes = new byte[SIZE];
        new Random(1).nextBytes(bytes);
        return bytes;
    }

    @Test
    void readsALargeFileAsItIs() throws IOException, BootException {
        byte[] bytes = random();
        Path file = Files.write(folder.resolve("initrd"), bytes);
        try (ImageFile image = ImageFile.open(file, "initrd")) {
            assertThat(image.read(0, SIZE, "contents")).isEqualTo(bytes);
            assertThat(image.readUpTo(SIZE - 3, 10)).containsExactly(tail(bytes));
        }
    }

    private static byte[] tail(byte[] bytes) {
        return Arrays.copyOfRange(bytes, SIZE - 3, SIZE);
    }

    @Test
    void readsToTheHeapInPartsForWhichTheJdkKeepsSmallBuffers() {
        ByteBuffer heap = ByteBuffer.allocate(SIZE).position(5);
        assertThat(ImageFile.part(heap).remaining()).isEqualTo(ImageFile.HEAP_CHUNK);
        assertThat(ImageFile.part(heap.position(SIZE - 7)).remaining()).isEqualTo(7);
    }

    @Test
    void readsToGuestMemoryAtOnce() {
        ByteBuffer direct = ByteBuffer.allocateDirect(4 * ImageFile.HEAP_CHUNK).position(5);
        assertThat(ImageFile.part(direct).remaining()).isEqualTo(direct.remaining());
    }
}
