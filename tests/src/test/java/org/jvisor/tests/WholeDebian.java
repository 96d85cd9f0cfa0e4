package org.jvisor.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jvisor.launcher.image.Image;
import org.jvisor.launcher.image.ImageStore;
import org.jvisor.virtio.net.user.SlirpLibrary;

/**
 * The root disk that tests of a whole Debian boot, made by {@code image create} once and kept in
 * {@code tests/target}. That takes a mirror and minutes, and so does each boot: the tests run only
 * if asked to by {@code -Djvisor.rootdisk=true}.
 */
final class WholeDebian {
    static final String HOSTNAME = "web";

    /** What tests use in the guest, beside what every image has. */
    private static final List<String> PACKAGES =
            List.of("fio", "iperf3", "cloud-init", "curl", "socat");

    private static final Duration CREATION = Duration.ofMinutes(20);
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private WholeDebian() {}

    /** Skips the test, with the reason, unless it was asked for and can be; makes the image. */
    static synchronized void require() throws IOException, InterruptedException {
        HostTools.require(
                Boolean.getBoolean("jvisor.rootdisk"), "takes minutes: -Djvisor.rootdisk=true");
        HostTools.requirePrograms("mmdebstrap", "mke2fs", "ssh", "scp", "ssh-keygen");
        HostTools.require(SlirpLibrary.present(), "libslirp.so.0 is not installed (libslirp0)");
        Files.createDirectories(folder());
        if (!Files.exists(key())) {
            HostTools.succeeds(
                    LIMIT, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key().toString());
        }
        String image = image();
        // the launcher of a fresh checkout builds itself first
        if (jvisor(CREATION, "image", "info", image).status() == 0) {
            return;
        }
        List<String> create = new ArrayList<>(List.of("image", "create", "debian"));
        create.addAll(List.of("--name", image, "--hostname", HOSTNAME, "--size", "3G"));
        create.addAll(List.of("--ssh-key", key() + ".pub"));
        PACKAGES.forEach(name -> create.addAll(List.of("--package", name)));
        HostTools.Ended made = jvisor(CREATION, create.toArray(String[]::new));
        assertThat(made.status()).as(made.output()).isZero();
    }

    /** The private key that logs in. */
    static Path key() {
        return folder().resolve("key");
    }

    /** The image's name, which tells what is in it. */
    static String image() {
        return "debian-" + Integer.toHexString(PACKAGES.hashCode());
    }

    /** The image in its store. */
    static Image stored() {
        return new ImageStore(folder().resolve("jvisor")).find(image()).orElseThrow();
    }

    /** The image's disk, not to be written. */
    static Path disk() {
        return Objects.requireNonNull(stored().disk());
    }

    /** Where the image is kept. */
    static Map<String, String> environment() {
        return Map.of("XDG_CACHE_HOME", folder().toString());
    }

    /** Runs the launcher to its end. */
    static HostTools.Ended jvisor(Duration limit, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Jvisor.root().resolve("jvisor").toString());
        command.addAll(List.of(arguments));
        return HostTools.run(limit, environment(), command);
    }

    private static Path folder() {
        return Jvisor.root().resolve("tests/target/rootdisk");
    }
}
