package org.jvisor.launcher.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The set-up script, run on an empty root with a chroot that notes what it is asked. */
class RootSetupTest {
    private static final String UUID = "01234567-89ab-cdef-0123-456789abcdef";

    @TempDir Path folder;
    private Path root;

    @BeforeEach
    void setUp() throws Exception {
        root = Files.createDirectories(folder.resolve("it's a root"));
        Path bin = Files.createDirectories(folder.resolve("bin"));
        Path chroot = Files.writeString(bin.resolve("chroot"), "#!/bin/sh\nshift; echo \"$*\"\n");
        Files.setPosixFilePermissions(chroot, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private List<String> run() throws Exception {
        String script = RootSetup.script(RootDisksTest.disk("web"), UUID);
        Files.createDirectories(root.resolve("etc"));
        List<String> asked = new ArrayList<>();
        Tools.Result result =
                new Tools(List.of())
                        .run(
                                List.of(
                                        "/bin/sh",
                                        "-c",
                                        "PATH=%s:$PATH\n%s"
                                                .formatted(folder.resolve("bin"), script),
                                        "setup",
                                        root.toString()),
                                asked::add);
        assertThat(result.status()).as("%s", result.last()).isZero();
        return asked;
    }

    @Test
    void theRootFileSystemIsFoundByItsUuidAndGrowsWithTheDisk() throws Exception {
        run();
        assertThat(root.resolve("etc/fstab"))
                .content()
                .startsWith("UUID=" + UUID + " / ext4 ")
                .contains("x-systemd.growfs");
    }

    @Test
    void theGuestHasItsNameAndAsksForAnAddress() throws Exception {
        run();
        assertThat(root.resolve("etc/hostname")).hasContent("web");
        assertThat(root.resolve("etc/hosts")).content().contains("127.0.1.1 web");
        assertThat(root.resolve("etc/systemd/network/80-dhcp.network"))
                .content()
                .contains("DHCP=yes");
    }

    @Test
    void theKeyMayLogInAsRootAndAsTheUser() throws Exception {
        run();
        for (String home : List.of("root", "home/joe")) {
            Path keys = root.resolve(home).resolve(".ssh/authorized_keys");
            assertThat(keys).hasContent(RootDisksTest.KEY);
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(keys)))
                    .isEqualTo("rw-------");
        }
    }

    @Test
    void servicesUserAndHostKeysAreMadeInTheNewRoot() throws Exception {
        assertThat(run())
                .contains(
                        "systemctl enable systemd-networkd systemd-resolved ssh",
                        "systemctl enable serial-getty@ttyS0.service",
                        "ssh-keygen -A",
                        "systemctl enable jvisor-host-keys.service",
                        "useradd -m -s /bin/bash -G sudo joe",
                        "chown -R joe:joe /home/joe/.ssh");
    }

    /** Boots as far as the service that makes host keys goes; returns the key. */
    private String boot(String commandLine) throws Exception {
        Files.createDirectories(root.resolve("proc"));
        Files.writeString(root.resolve("proc/cmdline"), commandLine + "\n");
        Path bin = folder.resolve("bin");
        String make =
                """
                #!/bin/sh
                key="$3/etc/ssh/ssh_host_rsa_key"
                [ -e "$key" ] || cat /proc/sys/kernel/random/uuid >"$key"
                """;
        Path keygen = Files.writeString(bin.resolve("ssh-keygen"), make);
        Files.setPosixFilePermissions(keygen, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path script = root.resolve(CloneIdentity.SCRIPT_PATH.substring(1));
        assertThat(script).isExecutable();
        Process process =
                new ProcessBuilder(
                                "/bin/sh",
                                "-c",
                                "PATH=%s:$PATH exec \"$0\" \"$1\"".formatted(bin),
                                script.toString(),
                                root.toString())
                        .inheritIO()
                        .start();
        assertThat(process.waitFor()).isZero();
        return Files.readString(root.resolve("etc/ssh/ssh_host_rsa_key"));
    }

    @Test
    void aCloneMakesNewHostKeysOnceAndItsCloneAgain() throws Exception {
        run();
        Files.createDirectories(root.resolve("etc/ssh"));
        Files.writeString(root.resolve("etc/ssh/ssh_host_rsa_key"), "the image's");
        assertThat(boot("root=/dev/vda rw")).isEqualTo("the image's");
        String clone = "root=/dev/vda rw systemd.machine_id=0123456789abcdef0123456789abcdef quiet";
        String first = boot(clone);
        assertThat(first).isNotEqualTo("the image's");
        assertThat(boot(clone)).isEqualTo(first);
        assertThat(boot(clone.replace("=0123", "=3210"))).isNotEqualTo(first);
    }

    @Test
    void theServiceComesBeforeSsh() throws Exception {
        run();
        assertThat(root.resolve(CloneIdentity.UNIT_PATH.substring(1)))
                .content()
                .contains("Before=ssh.service", "ExecStart=" + CloneIdentity.SCRIPT_PATH);
    }

    @Test
    void aQuoteInATextStaysInIt() {
        assertThat(RootSetup.quoted("it's")).isEqualTo("'it'\\''s'");
    }
}
