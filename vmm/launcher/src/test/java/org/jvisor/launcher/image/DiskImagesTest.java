package org.jvisor.launcher.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.jvisor.launcher.ExitStatus;
import org.jvisor.launcher.UserError;
import org.jvisor.virtio.block.BlockBackend;
import org.jvisor.virtio.block.Disk;
import org.jvisor.virtio.block.DiskOptions;

/** Clones of root disks, and what goes when images are removed. */
class DiskImagesTest {
    private static final int SIZE = 1 << 20;

    @TempDir Path folder;

    private ImageStore store() {
        return new ImageStore(folder.resolve("store"));
    }

    private DiskImages disks() {
        return new DiskImages(store());
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** An image whose disk begins with {@code content}. */
    private Image image(String name, String content) throws IOException {
        ByteBuffer whole = ByteBuffer.allocate(SIZE).put(bytes(content));
        Path disk = Files.write(folder.resolve("disk"), whole.array());
        return store().save(manifest(name).withDisk(store().adopt(disk, name), ""));
    }

    private ImageManifest manifest(String name) throws IOException {
        return new ImageManifest(
                name,
                store().put(bytes("kernel")),
                store().put(bytes("initrd")),
                "root=/dev/vda",
                "6.1",
                "a test",
                Instant.EPOCH,
                Initramfs.LAYOUT);
    }

    private BlockBackend open(Image image) throws IOException {
        Path disk = disk(image);
        return Disk.open(
                DiskOptions.of(disk, DiskImages.format(disk)).withBacking(disks().backing(disk)));
    }

    private static Path disk(Image image) {
        return Objects.requireNonNull(image.disk());
    }

    private Image found(String name) {
        return store().find(name).orElseThrow();
    }

    private long files() throws IOException {
        try (var all = Files.list(folder.resolve("store/disks"))) {
            return all.count();
        }
    }

    private static void assertFails(int status, String part, Runnable work) {
        assertThatThrownBy(work::run)
                .isInstanceOfSatisfying(
                        UserError.class, e -> assertThat(e.status()).isEqualTo(status))
                .hasMessageContaining(part);
    }

    @Test
    void aCloneIsOfTheSizeOfItsBaseAndTakesHardlyAnySpace() throws Exception {
        image("web", "hello");
        Image copy = disks().clone("web", "copy");
        assertThat(copy.base()).isEqualTo("web");
        Path disk = disk(copy);
        assertThat(disks().size(disk)).isEqualTo(SIZE);
        assertThat(disks().used(disk)).isLessThan(SIZE / 2);
    }

    @Test
    void disksAreForTheirOwnerOnly() throws Exception {
        image("web", "hello");
        assertThat(Files.getPosixFilePermissions(folder.resolve("store/disks")))
                .isEqualTo(PosixFilePermissions.fromString("rwx------"));
    }

    @Test
    void theBaseOfACloneWritesElsewhereFromThenOn() throws Exception {
        Path before = disk(image("web", "hello"));
        Image copy = disks().clone("web", "copy");
        Path disk = disk(found("web"));
        assertThat(disk).isNotEqualTo(before).isNotEqualTo(copy.disk());
        assertThat(disks().backing(disk)).containsExactly(before);
    }

    @Test
    void aCloneOfACloneIsLayeredOnBoth() throws Exception {
        Path first = disk(image("web", "hello"));
        Path second = disk(disks().clone("web", "copy"));
        Path third = disk(disks().clone("copy", "again"));
        assertThat(disks().backing(third)).containsExactly(second, first);
        try (BlockBackend whole = open(found("again"))) {
            assertThat(whole.size()).isEqualTo(SIZE);
        }
    }

    @Test
    void everyCloneIsToldAMachineIdOfItsOwn() throws Exception {
        image("web", "hello");
        Set<String> lines = new HashSet<>();
        lines.add(disks().clone("web", "copy").commandLine());
        lines.add(disks().clone("web", "other").commandLine());
        lines.add(disks().clone("copy", "again").commandLine());
        assertThat(lines)
                .hasSize(3)
                .allMatch(line -> line.matches("root=/dev/vda systemd[.]machine_id=[0-9a-f]{32}"));
        assertThat(found("web").commandLine()).isEqualTo("root=/dev/vda");
    }

    @Test
    void anImageIsNotRemovedBeforeItsClones() throws Exception {
        image("web", "hello");
        disks().clone("web", "copy");
        assertFails(ExitStatus.FILE, "its clones copy", () -> remove("web"));
        assertThat(store().find("web")).isPresent();
        remove("copy");
        remove("web");
        assertThat(files()).isZero();
    }

    private void remove(String name) {
        try {
            assertThat(disks().remove(name)).isTrue();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void anImageThatAMachineRunsOnIsNeitherClonedNorRemoved() throws Exception {
        Image web = image("web", "hello");
        try (BlockBackend _ = open(web)) {
            assertFails(ExitStatus.FILE, "cannot be cloned", () -> disks().clone("web", "copy"));
            assertFails(ExitStatus.FILE, "cannot be removed", () -> remove("web"));
        }
        assertThat(store().find("web")).contains(web);
    }

    @Test
    void aCloneTakesNoNameThatIsTaken() throws Exception {
        image("web", "hello");
        assertFails(ExitStatus.USAGE, "web already", () -> disks().clone("web", "web"));
        assertFails(ExitStatus.USAGE, "debian already", () -> disks().clone("web", "debian"));
        assertFails(ExitStatus.USAGE, "'a/b'", () -> disks().clone("web", "a/b"));
    }

    @Test
    void anImageWithoutADiskIsNotCloned() throws Exception {
        store().save(manifest("plain"));
        assertFails(ExitStatus.USAGE, "no disk", () -> disks().clone("plain", "copy"));
    }

    @Test
    void whatIsNotThereIsNotCloned() {
        assertFails(ExitStatus.FILE, "no image web", () -> disks().clone("web", "copy"));
    }

    @Test
    void aDiskStaysWhileADamagedImageMayBeOnIt() throws Exception {
        image("web", "hello");
        image("other", "hello");
        Files.writeString(folder.resolve("store/images/other.json"), "{");
        remove("web");
        assertThat(files()).isEqualTo(1);
    }

    @Test
    void aManifestCannotNameADiskOutsideTheStore() throws Exception {
        Image web = image("web", "hello");
        Path manifest = folder.resolve("store/images/web.json");
        Path disk = disk(web);
        Files.writeString(
                manifest,
                Files.readString(manifest)
                        .replace(disk.getFileName().toString(), "../../../../etc/passwd"));
        assertThat(store().find("web")).isEmpty();
    }
}
