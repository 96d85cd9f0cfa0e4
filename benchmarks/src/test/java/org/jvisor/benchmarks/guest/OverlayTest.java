package org.jvisor.benchmarks.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.apache.commons.compress.archivers.cpio.CpioArchiveEntry;
import org.apache.commons.compress.archivers.cpio.CpioArchiveInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OverlayTest {
    @TempDir Path folder;

    @Test
    void theOverlayBeginsBehindTheImageAtAMultipleOfFour() throws Exception {
        Path initrd = Files.write(folder.resolve("initrd"), new byte[] {1, 2, 3, 4, 5});
        Path target = folder.resolve("target");
        new Overlay().folder("bench").script("bench/plan", "true\n").appendTo(initrd, target);
        byte[] bytes = Files.readAllBytes(target);
        assertThat(Arrays.copyOf(bytes, 8)).containsExactly(1, 2, 3, 4, 5, 0, 0, 0);
        try (CpioArchiveInputStream cpio =
                new CpioArchiveInputStream(new ByteArrayInputStream(bytes, 8, bytes.length - 8))) {
            CpioArchiveEntry bench = cpio.getNextEntry();
            assertThat(bench.getName()).isEqualTo("bench");
            assertThat(bench.isDirectory()).isTrue();
            CpioArchiveEntry plan = cpio.getNextEntry();
            assertThat(plan.getName()).isEqualTo("bench/plan");
            assertThat(plan.getMode() & 0777).isEqualTo(0755);
            assertThat(new String(cpio.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo("true\n");
            assertThat(cpio.getNextEntry()).isNull();
        }
    }

    @Test
    void aFileIsReadBackFromAnArchive() throws Exception {
        Path empty = Files.createFile(folder.resolve("empty"));
        Path initrd = folder.resolve("initrd");
        new Overlay().script("init", "hello").appendTo(empty, initrd);
        assertThat(Overlay.read(initrd, "init")).asString().isEqualTo("hello");
        assertThatThrownBy(() -> Overlay.read(initrd, "missing"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("missing");
    }

    @Test
    void aMissingCompilerIsToldWithWhatToDo() {
        assertThatThrownBy(
                        () ->
                                GuestCompiler.named("/nonexistent/cc")
                                        .compile(List.of(), folder.resolve("out")))
                .isInstanceOf(GuestException.class)
                .hasMessageContaining("/nonexistent/cc")
                .hasMessageContaining("install gcc");
    }
}
