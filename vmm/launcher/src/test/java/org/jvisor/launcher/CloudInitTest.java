package org.jvisor.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The disk for cloud-init, read as ECMA-119 has it. */
class CloudInitTest {
    private static final int SECTOR = 2048;

    @TempDir Path folder;

    /** The files of the root folder that the volume descriptor in {@code sector} names. */
    private static Map<String, String> files(byte[] disk, int sector, Charset names) {
        ByteBuffer bytes = ByteBuffer.wrap(disk).order(ByteOrder.LITTLE_ENDIAN);
        int root = bytes.getInt(sector * SECTOR + 156 + 2) * SECTOR;
        Map<String, String> files = new HashMap<>();
        for (int at = root; disk[at] != 0; at += disk[at]) {
            boolean isFolder = (disk[at + 25] & 2) != 0;
            if (!isFolder) {
                int content = bytes.getInt(at + 2) * SECTOR;
                int size = bytes.getInt(at + 10);
                files.put(
                        new String(disk, at + 33, disk[at + 32], names),
                        new String(disk, content, size, StandardCharsets.UTF_8));
            }
        }
        return files;
    }

    private static String text(byte[] disk, int sector, int offset, int length, Charset charset) {
        return new String(disk, sector * SECTOR + offset, length, charset);
    }

    private static byte[] volume(String userData) {
        return CloudInit.volume(userData.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void bothVolumeDescriptorsHaveTheLabelCloudInitLooksFor() {
        byte[] disk = volume("#cloud-config\n");
        assertThat(text(disk, 16, 0, 6, StandardCharsets.US_ASCII)).isEqualTo("\1CD001");
        assertThat(text(disk, 16, 40, 32, StandardCharsets.US_ASCII).strip()).isEqualTo("CIDATA");
        assertThat(text(disk, 17, 0, 6, StandardCharsets.US_ASCII)).isEqualTo("\2CD001");
        assertThat(text(disk, 17, 40, 32, StandardCharsets.UTF_16BE).strip()).isEqualTo("CIDATA");
    }

    @Test
    void theJolietTreeHasTheFilesByTheirNames() {
        assertThat(files(volume("#cloud-config\n"), 17, StandardCharsets.UTF_16BE))
                .containsOnlyKeys("meta-data", "user-data")
                .containsEntry("user-data", "#cloud-config\n");
    }

    @Test
    void thePlainTreeHasTheSameFiles() {
        assertThat(files(volume("#!/bin/sh\n"), 16, StandardCharsets.US_ASCII))
                .containsOnlyKeys("META-DATA.;1", "USER-DATA.;1")
                .containsEntry("USER-DATA.;1", "#!/bin/sh\n");
    }

    @Test
    void dataOfSeveralSectorsAreWhole() {
        String data = "#cloud-config\n" + "# ä comment\n".repeat(1000);
        assertThat(files(volume(data), 17, StandardCharsets.UTF_16BE))
                .containsEntry("user-data", data);
    }

    @Test
    void noUserDataIsAnEmptyFile() {
        assertThat(files(volume(""), 17, StandardCharsets.UTF_16BE)).containsEntry("user-data", "");
    }

    @Test
    void theInstanceChangesWithTheData() {
        assertThat(volume("a")).isEqualTo(volume("a"));
        assertThat(files(volume("a"), 17, StandardCharsets.UTF_16BE).get("meta-data"))
                .startsWith("instance-id: jvisor-")
                .isNotEqualTo(files(volume("b"), 17, StandardCharsets.UTF_16BE).get("meta-data"));
    }

    @Test
    void theDiskIsReadOnlyAndGoesWhenItIsClosed() throws Exception {
        Path data = Files.writeString(folder.resolve("user-data.yaml"), "#cloud-config\n");
        Path file;
        try (CloudInit seed = CloudInit.of(data)) {
            file = seed.disk().file();
            assertThat(seed.disk().readOnly()).isTrue();
            assertThat(Files.size(file) % SECTOR).isZero();
        }
        assertThat(file).doesNotExist();
    }

    @Test
    void userDataThatAreNotThereAreTold() {
        assertThatThrownBy(() -> CloudInit.of(folder.resolve("none.yaml")))
                .isInstanceOfSatisfying(
                        UserError.class, e -> assertThat(e.status()).isEqualTo(ExitStatus.FILE))
                .hasMessageContaining("none.yaml");
    }
}
