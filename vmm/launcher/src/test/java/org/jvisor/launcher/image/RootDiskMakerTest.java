package org.jvisor.launcher.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.jvisor.launcher.ExitStatus;
import org.jvisor.launcher.UserError;

/** Making root disks with programs that only play their parts. */
class RootDiskMakerTest {
    /** Makes what mmdebstrap makes: an archive, its next to last argument but one. */
    private static final String MMDEBSTRAP =
            """
            echo "I: running apt-get update..."
            for last; do tar=${prev-}; prev=$last; done
            t=$(mktemp -d); mkdir -p $t/boot $t/usr/lib/modules/6.1.0-9-cloud-amd64
            echo the kernel >$t/boot/vmlinuz-6.1; echo the ramdisk >$t/boot/initrd.img-6.1
            tar -C $t -cf "$tar" . ; rm -r $t
            """;

    private static final String MKE2FS =
            """
            for last; do :; done
            echo "a file system" | dd conv=notrunc of="$last" 2>/dev/null
            """;

    @TempDir Path folder;
    private final StringWriter told = new StringWriter();

    @BeforeEach
    void programs() throws IOException {
        Files.createDirectories(folder.resolve("bin"));
        program("mmdebstrap", MMDEBSTRAP);
        program("mke2fs", MKE2FS);
        program("tar", "exec /bin/tar \"$@\"");
        program("fakeroot", "shift; PATH=%s:$PATH exec \"$@\"".formatted(folder.resolve("bin")));
    }

    private void program(String name, String script) throws IOException {
        Path file = folder.resolve("bin").resolve(name);
        Files.writeString(file, "#!/bin/sh\n" + script);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private ImageStore store() {
        return new ImageStore(folder.resolve("store"));
    }

    private Image make() throws InterruptedException {
        return new RootDiskMaker(
                        store(),
                        new Tools(List.of(folder.resolve("bin"))),
                        false,
                        new Progress(new PrintWriter(told, true), false))
                .make(RootDisksTest.disk("web"));
    }

    private void assertFails(int status, String part) {
        assertThatThrownBy(this::make)
                .isInstanceOfSatisfying(
                        UserError.class, e -> assertThat(e.status()).isEqualTo(status))
                .hasMessageContaining(part);
    }

    private void assertNothingLeft() throws IOException {
        try (var files = Files.walk(folder.resolve("store"))) {
            assertThat(files.filter(Files::isRegularFile)).isEmpty();
        }
    }

    @Test
    void anImageHasTheDiskAndTheKernelAndRamDiskThatWereInstalled() throws Exception {
        Image image = make();
        assertThat(image.kernel()).hasContent("the kernel");
        assertThat(image.initrd()).hasContent("the ramdisk");
        assertThat(image.version()).isEqualTo("6.1.0-9-cloud-amd64");
        assertThat(image.disk()).hasSize(1L << 30);
        assertThat(store().find("web")).contains(image);
        try (var all = Files.list(folder.resolve("store"))) {
            assertThat(all.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder("blobs", "disks", "images", "lock", "tmp");
        }
    }

    @Test
    void theCommandLineNamesTheFileSystemThatIsMade() throws Exception {
        program("mke2fs", "printf '%s\\n' \"$@\" >" + folder.resolve("arguments") + "\n" + MKE2FS);
        String commandLine = make().commandLine();
        String uuid = commandLine.replaceAll(".*root=UUID=(\\S+).*", "$1");
        assertThat(Files.readAllLines(folder.resolve("arguments"))).contains("-U", uuid);
    }

    @Test
    void stepsAreTold() throws Exception {
        make();
        assertThat(told.toString()).contains("updating package lists", "making the file system");
    }

    @Test
    void programsThatAreMissingAreNamedWithWhatInstallsThem() throws Exception {
        Files.delete(folder.resolve("bin/mmdebstrap"));
        Files.delete(folder.resolve("bin/fakeroot"));
        assertFails(ExitStatus.HOST, "apt install mmdebstrap fakeroot");
    }

    @Test
    void aBootstrapThatFailsIsToldAndLeavesNothing() throws Exception {
        program("mmdebstrap", "echo 'E: no such suite: bookwurm'; exit 1");
        assertFails(ExitStatus.NO_IMAGE, "no such suite: bookwurm");
        assertNothingLeft();
    }

    @Test
    void aFullDiskIsToldAndLeavesNothing() throws Exception {
        program("mmdebstrap", "echo 'tar: write error: No space left on device' >&2; exit 1");
        assertFails(ExitStatus.IO, "make room");
        assertNothingLeft();
    }

    @Test
    void aDiskThatIsTooSmallIsToldAndLeavesNothing() throws Exception {
        program("mke2fs", "echo 'mke2fs: Could not allocate block in ext2 filesystem'; exit 1");
        assertFails(ExitStatus.USAGE, "larger --size");
        assertNothingLeft();
    }

    @Test
    void anImageThatIsThereIsKept() throws Exception {
        Image first = make();
        assertFails(ExitStatus.USAGE, "jvisor image rm web");
        assertThat(store().find("web")).contains(first);
    }

    @Test
    void whatAKilledProcessLeftGoesWithTheNext() throws Exception {
        Path left = Files.createDirectories(folder.resolve("store/create-1"));
        Files.writeString(left.resolve(".lock"), "");
        Files.writeString(left.resolve("root.tar"), "half of it");
        make();
        assertThat(left).doesNotExist();
    }
}
