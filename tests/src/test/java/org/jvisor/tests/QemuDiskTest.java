package org.jvisor.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.jvisor.launcher.image.DiskImages;

/**
 * A whole Debian boots from an image that qemu-img made, compressed and with a layer over it, and
 * qemu-img reads what our images have. By request only, see {@link WholeDebian}.
 */
class QemuDiskTest {
    private static final Duration LIMIT = Duration.ofMinutes(10);

    @TempDir Path folder;

    @BeforeAll
    static void needsTheDisk() throws Exception {
        HostTools.requirePrograms("qemu-img", "e2fsck");
        WholeDebian.require();
    }

    private static String qemuImg(String... arguments) throws Exception {
        String[] command = new String[arguments.length + 1];
        command[0] = "qemu-img";
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        return HostTools.succeeds(LIMIT, command);
    }

    @Test
    void aCompressedImageOfQemusWithALayerOfQemusBootsAndIsReadByQemu() throws Exception {
        String source = WholeDebian.disk().toString();
        String format = DiskImages.format(WholeDebian.disk()).text();
        String base = folder.resolve("base.qcow2").toString();
        String layer = folder.resolve("layer.qcow2").toString();
        qemuImg("convert", "-c", "-f", format, "-O", "qcow2", source, base);
        qemuImg("create", "-q", "-f", "qcow2", "-b", base, "-F", "qcow2", layer);
        try (DebianMachine machine = DebianMachine.onDisk(folder, layer + ",backing=" + base)) {
            assertThat(machine.succeeds("hostname")).isEqualTo(WholeDebian.HOSTNAME + "\n");
            machine.succeeds("dd if=/dev/urandom of=/root/blob bs=1M count=20 status=none");
            machine.succeeds("cd /root; sha256sum blob >blob.sum; sync");
            machine.powerOff();
        }
        qemuImg("check", "-f", "qcow2", layer);
        qemuImg("check", "-f", "qcow2", base);
        qemuImg("compare", "-f", format, "-F", "qcow2", source, base);
        assertThat(qemuImg("map", "--output=json", layer)).contains("\"depth\": 0", "\"depth\": 1");
        // What we make of it, and what QEMU makes of it, are the same disk.
        String ours = folder.resolve("ours.qcow2").toString();
        String theirs = folder.resolve("theirs.raw").toString();
        qemuImg("convert", "-O", "raw", layer, theirs);
        assertThat(WholeDebian.jvisor(LIMIT, "disk", "convert", theirs, ours).status()).isZero();
        qemuImg("check", "-f", "qcow2", ours);
        qemuImg("compare", "-f", "qcow2", "-F", "qcow2", layer, ours);
        HostTools.succeeds(LIMIT, "e2fsck", "-fn", theirs);
    }
}
