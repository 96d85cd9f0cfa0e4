package org.jvisor.launcher.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class MirrorSourceTest {
    private static final String INDEX = "dists/stable/main/binary-amd64/Packages.xz";

    @TempDir Path work;
    private HttpFolder mirror;

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String sha256(byte[] content) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    }

    @BeforeEach
    void fillTheMirror() throws Exception {
        mirror = new HttpFolder();
        byte[] kernel = Debs.deb(".xz", Map.of("./boot/vmlinuz-6.1", bytes("kernel")));
        byte[] busybox = Debs.deb(".xz", Map.of("./usr/bin/busybox", bytes("busybox")));
        mirror.files.put("pool/k.deb", kernel);
        mirror.files.put("pool/b.deb", busybox);
        byte[] index =
                Debs.compress(
                        ".xz",
                        bytes(
                                """
                                Package: busybox-static
                                Version: 1.35
                                Filename: pool/b.deb
                                SHA256: %s

                                Package: linux-image-cloud-amd64
                                Depends: linux-image-6.1-cloud (= 6.1.27-1)

                                Package: linux-image-6.1-cloud
                                Version: 6.1.27-1
                                Filename: pool/k.deb
                                SHA256: %s
                                """
                                        .formatted(sha256(busybox), sha256(kernel))));
        mirror.files.put(INDEX, index);
        mirror.files.put(
                "dists/stable/InRelease",
                bytes(
                        """
                        -----BEGIN PGP SIGNED MESSAGE-----
                        Hash: SHA256

                        Origin: Debian
                        MD5Sum:
                         0123456789abcdef0123456789abcdef 10 main/binary-amd64/Packages.xz
                        SHA256:
                         %s  10 main/binary-arm64/Packages.xz
                         %s  %d main/binary-amd64/Packages.xz
                        -----BEGIN PGP SIGNATURE-----

                        nonsense
                        -----END PGP SIGNATURE-----
                        """
                                .formatted("0".repeat(64), sha256(index), index.length)));
    }

    @AfterEach
    void closeTheMirror() throws IOException {
        mirror.close();
    }

    private PackageSource.Ingredients fetch() throws Exception {
        return MirrorSource.at(mirror.url(), "stable")
                .fetch(
                        Flavor.CLOUD,
                        work,
                        new Progress(new PrintWriter(Writer.nullWriter()), false));
    }

    @Test
    void thePackagesAreFoundThroughTheIndex() throws Exception {
        PackageSource.Ingredients parts = fetch();
        assertThat(parts.kernel()).isEqualTo(bytes("kernel"));
        assertThat(parts.busybox()).isEqualTo(bytes("busybox"));
        assertThat(parts.version()).isEqualTo("6.1.27-1");
    }

    @Test
    void aPackageWithAnotherChecksumIsRefused() throws Exception {
        mirror.files.put(
                "pool/k.deb", Debs.deb(".xz", Map.of("./boot/vmlinuz-6.1", bytes("evil"))));
        assertThatThrownBy(this::fetch)
                .isInstanceOf(PackageSource.Unavailable.class)
                .hasMessageContainingAll("pool/k.deb", "SHA-256");
    }

    @Test
    void anIndexWithAnotherChecksumIsRefused() throws Exception {
        mirror.files.put(INDEX, Debs.compress(".xz", bytes("Package: evil\n")));
        assertThatThrownBy(this::fetch)
                .isInstanceOf(PackageSource.Unavailable.class)
                .hasMessageContainingAll("Packages.xz", "SHA-256");
    }

    @Test
    void aMissingFileIsToldWithItsStatus() {
        mirror.files.remove("pool/b.deb");
        assertThatThrownBy(this::fetch)
                .isInstanceOf(PackageSource.Unavailable.class)
                .hasMessageContainingAll("pool/b.deb", "404");
    }

    @Test
    void aMirrorThatIsNotThereIsTold() throws Exception {
        mirror.close();
        assertThatThrownBy(this::fetch)
                .isInstanceOf(PackageSource.Unavailable.class)
                .hasMessageContaining("cannot be reached");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://mirror.test/debian",
                "ftp://mirror.test",
                "file:///etc",
                "a b",
                "debian"
            })
    void onlyHttpsIsTrusted(String url) {
        assertThatThrownBy(() -> MirrorSource.at(url, "stable"))
                .isInstanceOf(PackageSource.Unavailable.class);
    }
}
