package org.jvisor.launcher.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.jvisor.launcher.ExitStatus;
import org.jvisor.launcher.UserError;

/** What a root disk to be made may be like. */
class RootDisksTest {
    static final String KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIK0wmN joe@home";

    static RootDisk disk(String name) {
        return new RootDisk(
                name,
                1L << 30,
                "bookworm",
                RootDisk.DEFAULT_MIRROR,
                List.of("fio"),
                "web",
                "joe",
                List.of(KEY));
    }

    private static RootDisk with(long size, String suite, String mirror, String pack, String key) {
        return new RootDisk("web", size, suite, mirror, List.of(pack), "web", "", List.of(key));
    }

    private static void assertRefused(Runnable making, String part) {
        assertThatThrownBy(making::run)
                .isInstanceOfSatisfying(
                        UserError.class, e -> assertThat(e.status()).isEqualTo(ExitStatus.USAGE))
                .hasMessageContaining(part);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "../web", "a b", ".hidden"})
    void aNameThatCannotBeAnImagesIsRefused(String name) {
        assertRefused(() -> disk(name), "'" + name + "'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"debian", "debian-generic"})
    void theNameOfAFetchedImageIsRefused(String name) {
        assertRefused(() -> disk(name), "the name " + name + " belongs");
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -4096, 1 << 20, (1L << 30) + 512, 1L << 60})
    void aSizeNoFileSystemHasIsRefused(long size) {
        assertRefused(
                () -> with(size, "bookworm", RootDisk.DEFAULT_MIRROR, "fio", KEY),
                Long.toString(size));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-o", "a,b", "$(id)", "Bookworm"})
    void aPackageThatIsAnOptionOrAShellsIsRefused(String name) {
        assertRefused(
                () -> with(1L << 30, "bookworm", RootDisk.DEFAULT_MIRROR, name, KEY),
                "'" + name + "'");
    }

    @Test
    void aReleaseThatIsAnOptionIsRefused() {
        assertRefused(
                () -> with(1L << 30, "--help", RootDisk.DEFAULT_MIRROR, "fio", KEY), "--help");
    }

    @Test
    void aMirrorThatIsNoUrlIsRefused() {
        assertRefused(() -> with(1L << 30, "bookworm", "deb.debian.org", "fio", KEY), "mirror");
    }

    @Test
    void aPrivateKeyIsRefused() {
        assertRefused(
                () ->
                        with(
                                1L << 30,
                                "bookworm",
                                RootDisk.DEFAULT_MIRROR,
                                "fio",
                                "-----BEGIN OPENSSH PRIVATE KEY-----"),
                ".pub");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Web_1.", "web-1", "WEB.1--"})
    void aHostNameIsMadeOfAnImagesName(String name) {
        assertThat(RootDisk.hostnameOf(name)).isEqualTo("web-1");
    }
}
