package org.jvisor.launcher.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DebArchiveTest {
    private static final byte[] KERNEL = new byte[100_000];

    static {
        new Random(7).nextBytes(KERNEL);
    }

    @TempDir Path folder;

    private Path deb(byte[] content) throws IOException {
        return Files.write(folder.resolve("test.deb"), content);
    }

    private static DebArchive.Entry kernel(Path deb) throws IOException {
        return DebArchive.read(deb, path -> path.startsWith("boot/vmlinuz-"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".xz", ".gz", ".zst"})
    void aFileIsReadWhateverTheCompression(String suffix) throws IOException {
        Path deb = deb(Debs.deb(suffix, Map.of("./boot/vmlinuz-6.1", KERNEL)));
        DebArchive.Entry entry = kernel(deb);
        assertThat(entry.path()).isEqualTo("boot/vmlinuz-6.1");
        assertThat(entry.content()).isEqualTo(KERNEL);
    }

    @Test
    void aPackageWithoutTheFileIsAnError() throws IOException {
        Path deb = deb(Debs.deb(".xz", Map.of("./boot/config-6.1", KERNEL)));
        assertThatThrownBy(() -> kernel(deb))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("does not hold the file");
    }

    @Test
    void anUnknownCompressionIsNamed() throws IOException {
        Path deb = deb(Debs.deb(".br", Map.of("./boot/vmlinuz-6.1", KERNEL)));
        assertThatThrownBy(() -> kernel(deb))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("data.tar.br");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".xz", ".gz", ".zst"})
    void aTruncatedPackageIsAnIoExceptionWhereverItIsCut(String suffix) throws IOException {
        byte[] whole = Debs.deb(suffix, Map.of("./boot/vmlinuz-6.1", KERNEL));
        for (int length = 0; length < KERNEL.length; length += 9_973) {
            Path deb = deb(Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> kernel(deb)).isInstanceOf(IOException.class);
        }
    }

    @Test
    void whatIsNoPackageIsAnIoException() throws IOException {
        Path deb = deb(KERNEL);
        assertThatThrownBy(() -> kernel(deb)).isInstanceOf(IOException.class);
    }
}
