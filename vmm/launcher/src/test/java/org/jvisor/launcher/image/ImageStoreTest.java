package org.jvisor.launcher.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageStoreTest {
    @TempDir Path root;

    private ImageStore store() {
        return new ImageStore(root.resolve("store"));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static Image save(ImageStore store, String name, String kernel, String initrd)
            throws IOException {
        return store.save(
                new ImageManifest(
                        name,
                        store.put(bytes(kernel)),
                        store.put(bytes(initrd)),
                        "console=ttyS0 quote=\"x\"",
                        "6.1",
                        "a test",
                        Instant.EPOCH,
                        Initramfs.LAYOUT));
    }

    private List<String> blobs() throws IOException {
        try (var files = Files.list(root.resolve("store/blobs/sha256"))) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void aSavedImageIsFoundAgain() throws IOException {
        Image saved = save(store(), "debian", "kernel", "initrd");
        assertThat(store().find("debian")).contains(saved);
        assertThat(saved.kernel()).hasContent("kernel");
        assertThat(saved.initrd()).hasContent("initrd");
    }

    @Test
    void filesAreNamedByTheirSha256() throws IOException {
        assertThat(store().put(bytes("")))
                .isEqualTo("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    @Test
    void anImageWhoseFileIsGoneIsNotFound() throws IOException {
        Image saved = save(store(), "debian", "kernel", "initrd");
        Files.delete(saved.kernel());
        assertThat(store().find("debian")).isEmpty();
    }

    @Test
    void aDamagedManifestIsNotFoundAndCanBeReplaced() throws IOException {
        save(store(), "debian", "kernel", "initrd");
        Files.writeString(root.resolve("store/images/debian.json"), "{\"name\": ");
        assertThat(store().find("debian")).isEmpty();
        save(store(), "debian", "kernel", "initrd");
        assertThat(store().find("debian")).isPresent();
    }

    @Test
    void aManifestCannotPointOutOfTheStore() throws IOException {
        Image saved = save(store(), "debian", "kernel", "initrd");
        Path manifest = root.resolve("store/images/debian.json");
        Files.writeString(
                manifest,
                Files.readString(manifest)
                        .replace(
                                saved.kernel().getFileName().toString(), "../../../../etc/passwd"));
        assertThat(store().find("debian")).isEmpty();
    }

    @Test
    void aNameCannotLeaveTheStore() {
        assertThat(store().find("../../secret")).isEmpty();
        assertThatThrownBy(() -> save(store(), "../evil", "k", "i"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aDamagedBlobOfAnotherLengthIsWrittenAnew() throws IOException {
        Image saved = save(store(), "debian", "kernel", "initrd");
        Files.writeString(saved.kernel(), "ker");
        save(store(), "debian", "kernel", "initrd");
        assertThat(saved.kernel()).hasContent("kernel");
    }

    @Test
    void imagesAreListedByName() throws IOException {
        save(store(), "b", "kernel", "initrd");
        save(store(), "a", "kernel", "other");
        assertThat(store().list()).extracting(Image::name).containsExactly("a", "b");
    }

    @Test
    void anEmptyStoreListsNothing() throws IOException {
        assertThat(store().list()).isEmpty();
    }

    @Test
    void removingKeepsWhatOtherImagesShare() throws IOException {
        save(store(), "a", "kernel", "initrd of a");
        Image b = save(store(), "b", "kernel", "initrd of b");
        assertThat(store().remove("a")).isTrue();
        assertThat(blobs())
                .containsExactlyInAnyOrder(
                        b.kernel().getFileName().toString(), b.initrd().getFileName().toString());
    }

    @Test
    void removingWhatIsNotThereSaysSo() throws IOException {
        assertThat(store().remove("nothing")).isFalse();
    }

    @Test
    void removingClearsWhatACrashLeftBehind() throws IOException {
        save(store(), "a", "kernel", "initrd");
        Path leftover = Files.writeString(root.resolve("store/tmp/123"), "half a ker");
        store().remove("a");
        assertThat(leftover).doesNotExist();
    }

    @Test
    void writersInOneProcessAreKeptApartByTheirTemporaryFiles() throws Exception {
        ImageStore store = store();
        List<Callable<Image>> writers = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            writers.add(() -> save(store, "debian", "kernel".repeat(10_000), "initrd"));
        }
        try (ExecutorService pool = Executors.newFixedThreadPool(8)) {
            for (Future<Image> done : pool.invokeAll(writers)) {
                assertThat(Files.size(done.get().kernel())).isEqualTo(60_000);
            }
        }
        assertThat(blobs()).hasSize(2);
        assertThat(root.resolve("store/tmp")).isEmptyDirectory();
    }
}
