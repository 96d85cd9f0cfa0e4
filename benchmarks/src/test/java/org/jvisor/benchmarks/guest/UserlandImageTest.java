package org.jvisor.benchmarks.guest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.commons.compress.archivers.cpio.CpioArchiveEntry;
import org.apache.commons.compress.archivers.cpio.CpioArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UserlandImageTest {
    @TempDir Path folder;

    private static void add(
            TarArchiveOutputStream tar, String name, byte type, int mode, String content)
            throws Exception {
        TarArchiveEntry entry = new TarArchiveEntry(name, type);
        entry.setMode(mode);
        byte[] bytes = new byte[0];
        if (type == TarConstants.LF_LINK || type == TarConstants.LF_SYMLINK) {
            entry.setLinkName(content);
        } else if (type == TarConstants.LF_CHR) {
            entry.setDevMajor(5);
            entry.setDevMinor(1);
        } else {
            bytes = content.getBytes(StandardCharsets.UTF_8);
            entry.setSize(bytes.length);
        }
        tar.putArchiveEntry(entry);
        tar.write(bytes);
        tar.closeArchiveEntry();
    }

    @Test
    void aTarBecomesAnArchiveTheKernelUnpacks() throws Exception {
        Path file = folder.resolve("tar");
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(Files.newOutputStream(file))) {
            add(tar, "./", TarConstants.LF_DIR, 0755, "");
            add(tar, "./tmp/", TarConstants.LF_DIR, 01777, "");
            add(tar, "./a", TarConstants.LF_NORMAL, 0755, "content");
            add(tar, "./hard", TarConstants.LF_LINK, 0755, "./a");
            add(tar, "./soft", TarConstants.LF_SYMLINK, 0777, "a");
            add(tar, "./console", TarConstants.LF_CHR, 0600, "");
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        UserlandImage.convert(file, out);
        Map<String, String> found = new LinkedHashMap<>();
        try (CpioArchiveInputStream cpio =
                new CpioArchiveInputStream(new ByteArrayInputStream(out.toByteArray()))) {
            for (CpioArchiveEntry entry = cpio.getNextEntry();
                    entry != null;
                    entry = cpio.getNextEntry()) {
                found.put(
                        entry.getName(),
                        "%o %d:%d %s"
                                .formatted(
                                        entry.getMode(),
                                        entry.getRemoteDeviceMaj(),
                                        entry.getRemoteDeviceMin(),
                                        new String(cpio.readAllBytes(), StandardCharsets.UTF_8)));
            }
        }
        assertThat(found)
                .containsExactly(
                        Map.entry("tmp", "41777 0:0 "),
                        Map.entry("a", "100755 0:0 content"),
                        Map.entry("hard", "100755 0:0 content"),
                        Map.entry("soft", "120777 0:0 a"),
                        Map.entry("console", "20600 5:1 "));
    }
}
