package org.jvisor.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * fio in a whole Debian writes to a raw disk and to a qcow2 layer over another disk and reads back
 * what it wrote; ext4 is made there, filled, trimmed and found in order. By request only, see
 * {@link WholeDebian}.
 */
class DiskStressTest {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final int SECONDS = Integer.getInteger("jvisor.fio.seconds", 20);

    /** How fio writes: engines and numbers of requests at once. */
    private static final List<String> WAYS =
            List.of(
                    "--ioengine=psync --rw=randrw --bs=4k",
                    "--ioengine=libaio --iodepth=8 --direct=1 --rw=randrw --bsrange=512-64k"
                            + " --blockalign=512",
                    "--ioengine=libaio --iodepth=32 --direct=1 --rw=randwrite --bs=4k --fsync=64",
                    "--ioengine=libaio --iodepth=4 --direct=1 --rw=write --bs=1M",
                    "--ioengine=libaio --iodepth=32 --direct=1 --rw=randrw --bs=16k --fdatasync=16");

    @TempDir Path folder;

    @BeforeAll
    static void needsTheDisk() throws Exception {
        HostTools.requirePrograms("qemu-img", "e2fsck");
        WholeDebian.require();
    }

    private static void jvisor(String... arguments) throws Exception {
        HostTools.Ended ended = WholeDebian.jvisor(LIMIT, arguments);
        assertThat(ended.status()).as(ended.output()).isZero();
    }

    private static void verify(DebianMachine machine, String device) throws Exception {
        for (String way : WAYS) {
            machine.succeeds(
                    """
                    fio --name=verify --filename=%s --size=192M --verify=crc32c --verify_fatal=1 \
                        --verify_backlog=512 --do_verify=1 --runtime=%d --randseed=7 %s 2>&1
                    """
                            .formatted(device, SECONDS, way));
        }
    }

    /** Fills a new file system, deletes half, trims, and fills it again; sums stay. */
    private static void fill(DebianMachine machine, String device) throws Exception {
        machine.succeeds(
                """
                mkfs.ext4 -q -F %1$s; mkdir -p /mnt/t; mount -o discard %1$s /mnt/t; cd /mnt/t
                mkdir tree; cp -a /usr/bin /usr/sbin tree
                (cd tree; find . -type f | sort | xargs sha256sum) >/root/sums
                dd if=/dev/urandom of=half bs=1M count=40 status=none
                dd if=/dev/zero of=rest bs=1M status=none 2>/dev/null || true
                df -h . ; rm rest; fstrim .; echo 3 >/proc/sys/vm/drop_caches
                (cd tree; sha256sum --quiet -c /root/sums)
                dd if=/dev/zero of=rest bs=64k status=none 2>/dev/null || true
                rm half; sync; cd /; umount /mnt/t
                e2fsck -fn %1$s
                mount %1$s /mnt/t; (cd /mnt/t/tree; sha256sum --quiet -c /root/sums); umount /mnt/t
                """
                        .formatted(device));
    }

    @Test
    void whatIsWrittenToRawDisksAndLayersIsReadBack() throws Exception {
        Path raw = folder.resolve("disk.raw");
        Path base = folder.resolve("base.qcow2");
        Path layer = folder.resolve("layer.qcow2");
        jvisor("disk", "create", raw.toString(), "512M");
        jvisor("disk", "create", base.toString(), "512M");
        jvisor("disk", "create", "--backing", base.toString(), layer.toString());
        try (DebianMachine machine =
                DebianMachine.boot(folder, "--disk", raw.toString(), "--disk", layer.toString())) {
            for (String device : List.of("/dev/vdb", "/dev/vdc")) {
                verify(machine, device);
                machine.succeeds("blkdiscard " + device);
                fill(machine, device);
            }
            machine.powerOff();
        }
        HostTools.succeeds(LIMIT, "e2fsck", "-fn", raw.toString());
        HostTools.succeeds(LIMIT, "qemu-img", "check", layer.toString());
        Path copy = folder.resolve("copy.raw");
        HostTools.succeeds(
                LIMIT, "qemu-img", "convert", "-O", "raw", layer.toString(), copy.toString());
        HostTools.succeeds(LIMIT, "e2fsck", "-fn", copy.toString());
        Files.delete(copy);
    }
}
