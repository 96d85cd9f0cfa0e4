package org.jvisor.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Debian's own drivers use the virtio devices, in software. Needs the {@link DebianImage}, which
 * has them as modules.
 */
class VirtioBootTest {
    private static final Duration LIMIT = Duration.ofMinutes(6);
    private static final int MIB = 1 << 20;

    /** What no kernel should say. */
    private static final String NO_WARNING =
            "dmesg | grep -E 'WARNING:|BUG:|Oops|Call Trace|I/O error' || echo no-kernel-warning\n";

    @TempDir Path directory;

    @BeforeAll
    static void pullTheImage() throws IOException, InterruptedException {
        DebianImage.require();
    }

    private static Jvisor.Result boot(String script, String... arguments)
            throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of("run", "--accel", "software"));
        all.addAll(List.of(arguments));
        return Jvisor.run(script + "poweroff -f\n", LIMIT, all.toArray(String[]::new));
    }

    /** A file of random bytes. */
    private Path disk(String name, int size) throws IOException {
        byte[] bytes = new byte[size];
        new Random(name.hashCode()).nextBytes(bytes);
        return Files.write(directory.resolve(name), bytes);
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("no SHA-256 in this JDK", e);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"pci", "mmio"})
    void disksAreReadAndWrittenAndTheEntropySourceGivesBytes(String transport) throws Exception {
        Path disk = disk("disk.img", 4 * MIB);
        byte[] before = Files.readAllBytes(disk);
        Path kept = disk("kept.img", MIB);
        byte[] keptBytes = Files.readAllBytes(kept);
        Jvisor.Result result =
                boot(
                        """
                        sha256sum /dev/vda /dev/vdb /dev/vdc
                        echo serial=$(cat /sys/block/vda/serial) ro=$(cat /sys/block/vdb/ro)
                        dd if=/dev/vda of=/dev/vda bs=64k count=16 skip=48 conv=notrunc,fsync 2>/dev/null
                        dd if=/dev/zero of=/dev/vdb bs=4k count=1 conv=fsync 2>/dev/null || echo ro-refused
                        dd if=/dev/zero of=/dev/vdc bs=64k conv=fsync 2>/dev/null
                        echo 3 > /proc/sys/vm/drop_caches
                        echo zeros=$(sha256sum < /dev/vdc)
                        echo rng=$(cat /sys/class/misc/hw_random/rng_current) $(head -c 100 /dev/hwrng | wc -c)
                        """
                                + NO_WARNING,
                        "--transport",
                        transport,
                        "--disk",
                        disk + ",serial=JVISOR-1",
                        "--disk",
                        kept + ",ro",
                        "--disk",
                        kept + ",overlay");
        byte[] after = before.clone();
        System.arraycopy(before, 3 * MIB, after, 0, MIB);
        assertThat(result.text())
                .contains(
                        sha256(before) + "  /dev/vda",
                        sha256(keptBytes) + "  /dev/vdb",
                        sha256(keptBytes) + "  /dev/vdc",
                        "serial=JVISOR-1 ro=1",
                        "\nro-refused",
                        "zeros=" + sha256(new byte[MIB]),
                        "rng=virtio_rng.0 100",
                        "\nno-kernel-warning");
        assertThat(result.status()).isZero();
        assertThat(sha256(Files.readAllBytes(disk))).isEqualTo(sha256(after));
        assertThat(sha256(Files.readAllBytes(kept))).isEqualTo(sha256(keptBytes));
    }

    @Test
    void manyCpusUseTheQueuesOfADiskAtOnce() throws Exception {
        Path disk = disk("disk.img", 16 * MIB);
        byte[] before = Files.readAllBytes(disk);
        Jvisor.Result result =
                boot(
                        """
                        cat > /job <<'END'
                        dd if=/dev/vda of=/tmp/$1 bs=64k skip=$((($1 - 1) * 32)) count=32 2>/dev/null
                        for i in 1 2 3; do dd if=/tmp/$1 of=/dev/vda bs=16k seek=$((512 + ($1 - 1) * 128)) conv=notrunc,fsync 2>/dev/null; done
                        END
                        for n in 1 2 3 4; do sh /job $n & done; wait
                        echo queues=$(ls /sys/block/vda/mq | wc -l)
                        """
                                + NO_WARNING,
                        "--cpus",
                        "4",
                        "--disk",
                        disk.toString());
        assertThat(result.text()).contains("queues=4", "\nno-kernel-warning");
        assertThat(result.status()).isZero();
        byte[] after = Files.readAllBytes(disk);
        byte[] half = Arrays.copyOf(before, 8 * MIB);
        assertThat(sha256(Arrays.copyOf(after, 8 * MIB))).isEqualTo(sha256(half));
        assertThat(sha256(Arrays.copyOfRange(after, 8 * MIB, 16 * MIB))).isEqualTo(sha256(half));
    }

    @Test
    void theImageGoesOverToARootDiskGivenOnTheCommandLine() throws Exception {
        Path disk = Files.write(directory.resolve("root.img"), new byte[8 * MIB]);
        Jvisor.Result made =
                boot(
                        """
                        mke2fs -F /dev/vda >/dev/null 2>&1; mount /dev/vda /mnt
                        mkdir -p /mnt/bin /mnt/proc /mnt/sys /mnt/dev /mnt/sbin; cp /bin/busybox /mnt/bin
                        for i in sh mount cat echo poweroff; do ln -s busybox /mnt/bin/$i; done
                        printf '#!/bin/sh\\nmount -t proc proc /proc\\necho from-the-disk $(cat /word)\\npoweroff -f\\n' > /mnt/sbin/init
                        chmod 755 /mnt/sbin/init; echo xyzzy > /mnt/word; umount /mnt && echo made=ok
                        """,
                        "--disk",
                        disk.toString());
        assertThat(made.text()).contains("\nmade=ok");
        Jvisor.Result result =
                Jvisor.run(
                        "",
                        LIMIT,
                        "run",
                        "--accel",
                        "software",
                        "--disk",
                        disk + ",overlay",
                        "--cmdline",
                        "console=ttyS0 root=/dev/vda rw");
        assertThat(result.text()).contains("from-the-disk xyzzy");
        assertThat(result.status()).isZero();
    }

    @Test
    void consoleBalloonAndVsockHaveTheirDrivers() throws Exception {
        Path terminal = directory.resolve("hvc0");
        Path agent = directory.resolve("agent");
        Path socket = directory.resolve("v.sock");
        Jvisor.Result result =
                boot(
                        """
                        echo on-the-terminal > /dev/hvc0
                        for port in /sys/class/virtio-ports/*; do
                            [ "$(cat $port/name)" != org.jvisor.test ] || echo to-the-agent > /dev/${port##*/}
                        done
                        for device in /sys/bus/virtio/devices/*; do
                            echo driver=$(basename $(readlink $device/driver))
                        done
                        ls -l /dev/vsock
                        """
                                + NO_WARNING,
                        "--virtio-console",
                        "file=" + terminal,
                        "--virtio-console",
                        "file=" + agent + ",name=org.jvisor.test",
                        "--balloon",
                        "--vsock",
                        socket + ",cid=42");
        assertThat(result.text())
                .contains(
                        "driver=virtio_console",
                        "driver=virtio_balloon",
                        "driver=vmw_vsock_virtio_transport",
                        "/dev/vsock",
                        "\nno-kernel-warning");
        assertThat(result.status()).isZero();
        assertThat(Files.readString(terminal)).contains("on-the-terminal");
        assertThat(Files.readString(agent)).isEqualTo("to-the-agent\n");
        assertThat(socket).doesNotExist();
    }

    @Test
    void aDiskThatCannotBeHadIsToldInOneSentence() throws Exception {
        Jvisor.Result result = boot("", "--disk", directory.resolve("absent.img").toString());
        assertThat(result.errors()).contains("absent.img").doesNotContain("Exception", "\tat ");
        assertThat(result.errors().lines()).hasSize(1);
        assertThat(result.status()).isEqualTo(66);
        byte[] notQcow2 = "not an image".getBytes(StandardCharsets.UTF_8);
        Path wrong = Files.write(directory.resolve("wrong.qcow2"), notQcow2);
        assertThat(boot("", "--disk", wrong.toString()).status()).isEqualTo(66);
    }
}
