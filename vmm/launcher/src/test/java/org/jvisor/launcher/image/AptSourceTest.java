package org.jvisor.launcher.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Plays apt with shell scripts. */
class AptSourceTest {
    private static final String CACHE =
            """
            case "$*" in
            *" show "*linux-image-cloud-amd64) printf 'Package: linux-image-cloud-amd64\\nDepends: linux-image-6.1.0-9-cloud-amd64 (= 6.1.27-1)\\n' ;;
            *" show "*linux-image-6.1.0-9-cloud-amd64) printf 'Package: linux-image-6.1.0-9-cloud-amd64\\nVersion: 6.1.27-1\\n' ;;
            *) exit 100 ;;
            esac
            """;

    @TempDir Path folder;
    private Path bin;
    private Path work;
    private final StringWriter screen = new StringWriter();

    @BeforeEach
    void makeFolders() throws IOException {
        bin = Files.createDirectory(folder.resolve("bin"));
        work = Files.createDirectory(folder.resolve("work"));
    }

    private void script(String name, String body) throws IOException {
        Path file = bin.resolve(name);
        Files.writeString(file, "#!/bin/sh\n" + body);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private void packages() throws IOException {
        Files.write(
                folder.resolve("kernel.deb"),
                Debs.deb(".xz", Map.of("./boot/vmlinuz-6.1.0-9", bytes("kernel"))));
        Files.write(
                folder.resolve("busybox.deb"),
                Debs.deb(".xz", Map.of("./bin/busybox", bytes("busybox"))));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private PackageSource.Ingredients fetch() throws Exception {
        return new AptSource(folder.resolve("apt"), List.of(bin))
                .fetch(Flavor.CLOUD, work, new Progress(new PrintWriter(screen), true));
    }

    private static String get(String update, String download) {
        return """
        case "$*" in
        *" update") %s ;;
        *" download "*) %s ;;
        *) exit 100 ;;
        esac
        """
                .formatted(update, download);
    }

    private String delivery() {
        return "echo dlstatus:1:42.9:Retrieving; cp %1$s/kernel.deb linux-image-6.1.0-9-cloud-amd64_6.1.27-1_amd64.deb; cp %1$s/busybox.deb busybox-static_1_amd64.deb"
                .formatted(folder);
    }

    @Test
    void theKernelTheMetaPackageDependsOnIsUnpacked() throws Exception {
        packages();
        script("apt-cache", CACHE);
        script("apt-get", get("exit 0", delivery()));
        PackageSource.Ingredients parts = fetch();
        assertThat(parts.kernel()).isEqualTo(bytes("kernel"));
        assertThat(parts.busybox()).isEqualTo(bytes("busybox"));
        assertThat(parts.version()).isEqualTo("6.1.27-1");
        assertThat(screen.toString()).contains("42%");
    }

    @Test
    void aSourceThatFailsDoesNotMatterWhereThePackagesAreKnown() throws Exception {
        packages();
        script("apt-cache", CACHE);
        script("apt-get", get("echo 'E: some source failed' >&2; exit 100", delivery()));
        assertThat(fetch().kernel()).isEqualTo(bytes("kernel"));
    }

    @Test
    void withoutListsTheUpdatesOwnErrorIsTold() throws Exception {
        script("apt-cache", "exit 100");
        script("apt-get", get("echo 'E: no route to the mirror' >&2; exit 100", "exit 1"));
        assertThatThrownBy(this::fetch)
                .isInstanceOf(PackageSource.Unavailable.class)
                .hasMessageContaining("no route to the mirror");
    }

    @Test
    void anUpdateThatOnlyWarnsOfItsFailureIsToldToo() throws Exception {
        script("apt-cache", "exit 100");
        script("apt-get", get("echo 'W: Failed to fetch the lists' >&2; exit 0", "exit 1"));
        assertThatThrownBy(this::fetch)
                .isInstanceOf(PackageSource.Unavailable.class)
                .hasMessageContaining("Failed to fetch the lists");
    }

    @Test
    void aHostWhoseSourcesLackThePackageSaysSo() throws Exception {
        script("apt-cache", "exit 100");
        script("apt-get", get("exit 0", "exit 1"));
        assertThatThrownBy(this::fetch)
                .isInstanceOf(PackageSource.Unavailable.class)
                .hasMessageContaining("no package linux-image-cloud-amd64");
    }

    @Test
    void aFailedDownloadIsToldWithAptsReason() throws Exception {
        script("apt-cache", CACHE);
        script("apt-get", get("exit 0", "echo 'E: Hash Sum mismatch' >&2; exit 100"));
        assertThatThrownBy(this::fetch)
                .isInstanceOf(PackageSource.Unavailable.class)
                .hasMessageContaining("Hash Sum mismatch");
    }

    @Test
    void aHostWithoutAptSaysSo() {
        assertThatThrownBy(this::fetch)
                .isInstanceOf(PackageSource.Unavailable.class)
                .hasMessage("apt-get is not on this machine");
    }

    @Test
    void aptIsKeptOutOfTheHostsOwnState() throws Exception {
        packages();
        script("apt-cache", CACHE);
        script(
                "apt-get",
                "printf '%s\\n' \"$@\" >>" + folder + "/args\n" + get("exit 0", delivery()));
        fetch();
        Path apt = folder.resolve("apt");
        assertThat(Files.readAllLines(folder.resolve("args")))
                .contains(
                        "Dir::State=" + apt.resolve("state"), "Dir::Cache=" + apt.resolve("cache"));
    }
}
