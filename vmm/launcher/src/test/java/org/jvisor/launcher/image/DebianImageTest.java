package org.jvisor.launcher.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.jvisor.launcher.ExitStatus;
import org.jvisor.launcher.UserError;

class DebianImageTest {
    @TempDir Path root;
    private final StringWriter messages = new StringWriter();

    private static PackageSource working(String kernel) {
        return (flavor, work, progress) ->
                new PackageSource.Ingredients(
                        kernel.getBytes(StandardCharsets.UTF_8),
                        new byte[] {0x7f},
                        KernelModules.NONE,
                        "6.1",
                        "the source of " + kernel);
    }

    private static PackageSource failing(String why) {
        return (flavor, work, progress) -> {
            throw new PackageSource.Unavailable(why);
        };
    }

    private ImageStore store() {
        return new ImageStore(root);
    }

    private DebianImage image(PackageSource... sources) {
        return new DebianImage(
                store(), List.of(sources), new Progress(new PrintWriter(messages), false));
    }

    @Test
    void aPulledImageIsInTheStore() throws Exception {
        image(working("linux")).pull(Flavor.CLOUD);
        assertThat(store().find("debian").orElseThrow().kernel()).hasContent("linux");
    }

    @Test
    void theGenericKernelMakesAnImageOfItsOwn() throws Exception {
        image(working("linux")).pull(Flavor.GENERIC);
        assertThat(store().find("debian-generic")).isPresent();
        assertThat(store().find("debian")).isEmpty();
    }

    @Test
    void whereOneSourceFailsTheNextIsUsedAndTheUserToldWhy() throws Exception {
        Image pulled = image(failing("no network"), working("host")).pull(Flavor.CLOUD);
        assertThat(pulled.kernel()).hasContent("host");
        assertThat(messages.toString()).contains("the source of host", "no network");
    }

    @Test
    void whereEverySourceFailsOneMessageTellsAllReasonsAndWhatToDo() {
        DebianImage image = image(failing("no network"), failing("no kernel here"));
        assertThatThrownBy(() -> image.pull(Flavor.CLOUD))
                .isInstanceOfSatisfying(
                        UserError.class, e -> assertThat(e.status()).isEqualTo(ExitStatus.NO_IMAGE))
                .hasMessageContainingAll("no network", "no kernel here", "--mirror", "--kernel");
    }

    @Test
    void aFullDiskIsAnErrorOfItsOwn() {
        DebianImage image =
                image(
                        (flavor, work, progress) -> {
                            throw new FileSystemException("f", null, "No space left on device");
                        },
                        working("unused"));
        assertThatThrownBy(() -> image.pull(Flavor.CLOUD))
                .isInstanceOfSatisfying(
                        UserError.class, e -> assertThat(e.status()).isEqualTo(ExitStatus.IO))
                .hasMessageContainingAll("No space left on device", "make room", root.toString());
    }

    @Test
    void aFailedPullLeavesTheFormerImage() throws Exception {
        image(working("old")).pull(Flavor.CLOUD);
        DebianImage image = image(failing("no network"));
        assertThatThrownBy(() -> image.pull(Flavor.CLOUD)).isInstanceOf(UserError.class);
        assertThat(store().find("debian").orElseThrow().kernel()).hasContent("old");
    }

    @Test
    void ensureDoesNotFetchWhatIsThere() throws Exception {
        image(working("first")).ensure(Flavor.CLOUD);
        Image second = image(failing("must not be asked")).ensure(Flavor.CLOUD);
        assertThat(second.kernel()).hasContent("first");
    }

    @Test
    void anImageOfAnOlderJvisorIsMadeAnewWhereThatIsPossible() throws Exception {
        image(working("old")).pull(Flavor.CLOUD);
        Path manifest = root.resolve("images/debian.json");
        String text = Files.readString(manifest);
        Files.writeString(manifest, text.replaceAll("\"layout\" : \"\\d+\"", "\"layout\" : \"1\""));
        assertThat(image(failing("no network")).ensure(Flavor.CLOUD).kernel()).hasContent("old");
        assertThat(messages.toString()).contains("older jvisor", "no network");
        assertThat(image(working("new")).ensure(Flavor.CLOUD).kernel()).hasContent("new");
    }

    @Test
    void whatAKilledPullLeftBehindIsRemoved() throws Exception {
        Path leftover = Files.createDirectory(root.resolve("pull-123"));
        Files.writeString(leftover.resolve("kernel.deb"), "half a pack");
        image(working("linux")).pull(Flavor.CLOUD);
        assertThat(leftover).doesNotExist();
    }

    @Test
    void noWorkFolderIsLeftBehind() throws Exception {
        image(failing("no network"), working("host")).pull(Flavor.CLOUD);
        try (var files = Files.list(root)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .noneMatch(name -> name.startsWith("pull-"));
        }
    }
}
