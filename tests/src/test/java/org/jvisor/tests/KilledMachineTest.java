package org.jvisor.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.jvisor.benchmarks.guest.GuestCompiler;
import org.jvisor.benchmarks.guest.GuestException;
import org.jvisor.benchmarks.guest.Overlay;
import org.jvisor.launcher.image.Image;
import org.jvisor.launcher.image.ImageStore;

/**
 * A machine is killed with SIGKILL while its guest writes to an ext4 file system and makes what it
 * writes safe. Afterwards the disk is in order for QEMU's and ext4's tools, and every record that
 * the guest was told is safe is there. {@code -Djvisor.kills=N} kills N machines, 2 if not given.
 */
class KilledMachineTest {
    private static final int KILLS = Integer.getInteger("jvisor.kills", 2);
    private static final Duration LIMIT = Duration.ofMinutes(15);
    private static final int MOST_RECORDS = 120;
    private static final int LATEST_MILLIS = 200;

    /** What the disk is: in turn, so that a few rounds have all of them. */
    private enum Kind {
        LAYER,
        QCOW2,
        RAW
    }

    @TempDir static Path common;
    private static Path initrd;

    @TempDir Path folder;
    private Path raw;

    @BeforeAll
    static void packTheWriter() throws IOException, InterruptedException {
        HostTools.requirePrograms("qemu-img", "mke2fs", "e2fsck", "debugfs");
        DebianImage.require();
        Path writer = common.resolve("syncwriter");
        Path sources = Jvisor.root().resolve("tests/src/test/guest");
        try {
            GuestCompiler.ofHost().compile(List.of(sources.resolve("syncwriter.c")), writer);
        } catch (GuestException e) {
            HostTools.require(false, String.valueOf(e.getMessage()));
        }
        Image image = ImageStore.ofUser().find("debian").orElseThrow();
        initrd = common.resolve("initrd");
        new Overlay()
                .program("bin/syncwriter", Files.readAllBytes(writer))
                .appendTo(image.initrd(), initrd);
        Path fresh = common.resolve("fresh.raw");
        HostTools.succeeds(LIMIT, "mke2fs", "-q", "-t", "ext4", fresh.toString(), "96M");
    }

    @BeforeEach
    void copyTheFileSystem() throws IOException {
        raw = folder.resolve("disk.raw");
        Files.copy(common.resolve("fresh.raw"), raw, StandardCopyOption.REPLACE_EXISTING);
    }

    static Stream<Integer> rounds() {
        return Stream.iterate(0, round -> round + 1).limit(KILLS);
    }

    @ParameterizedTest
    @MethodSource("rounds")
    void whatTheGuestMadeSafeSurvivesAKill(int round) throws Exception {
        Random random = new Random(round);
        Kind kind = Kind.values()[round % 5 % 3];
        Path disk = disk(kind);
        List<SafeRecord> records = writeAndKill(disk, round, random);
        Path after = folder.resolve("after.raw");
        if (kind == Kind.RAW) {
            after = disk;
        } else {
            // A machine that is killed may leave clusters that nothing refers to: status 3.
            HostTools.Ended check =
                    HostTools.run(
                            LIMIT,
                            Map.of(),
                            List.of("qemu-img", "check", "-f", "qcow2", disk.toString()));
            assertThat(check.status()).as(check.output()).isIn(0, 3);
            assertThat(check.output()).doesNotContain("ERROR", "corrupt");
            HostTools.succeeds(
                    LIMIT,
                    "qemu-img",
                    "convert",
                    "-f",
                    "qcow2",
                    "-O",
                    "raw",
                    disk.toString(),
                    after.toString());
            System.out.printf(
                    "round %d, %s: %d records; qemu-img check: %s%n",
                    round, kind, records.size(), check.output().lines().findFirst().orElse(""));
        }
        HostTools.run(
                LIMIT, Map.of(), List.of("e2fsck", "-E", "journal_only", "-p", after.toString()));
        HostTools.succeeds(LIMIT, "e2fsck", "-fn", after.toString());
        Path found = Files.createDirectory(folder.resolve("found"));
        HostTools.succeeds(LIMIT, "debugfs", "-R", "rdump / " + found, after.toString());
        for (SafeRecord record : records) {
            assertThat(record.isIn(found, round)).as("%s in round %d", record, round).isTrue();
        }
    }

    private Path disk(Kind kind) throws IOException, InterruptedException {
        Path qcow2 = folder.resolve("disk.qcow2");
        String[] command =
                switch (kind) {
                    case RAW -> new String[0];
                    case QCOW2 ->
                            new String[] {"disk", "convert", raw.toString(), qcow2.toString()};
                    case LAYER ->
                            new String[] {
                                "disk", "create", "--backing", raw.toString(), qcow2.toString()
                            };
                };
        if (command.length == 0) {
            return raw;
        }
        Jvisor.Result made = Jvisor.run("", LIMIT, command);
        assertThat(made.status()).as(made.errors()).isZero();
        return qcow2;
    }

    /** Boots a guest that writes, kills it at some time, and returns all records that are safe. */
    private List<SafeRecord> writeAndKill(Path disk, int round, Random random) throws Exception {
        int enough = 1 + random.nextInt(MOST_RECORDS);
        int moment = random.nextInt(LATEST_MILLIS);
        Process machine =
                new ProcessBuilder(
                                Jvisor.root().resolve("jvisor").toString(),
                                "run",
                                "--accel",
                                "software",
                                "--image",
                                "debian",
                                "--initrd",
                                initrd.toString(),
                                "--disk",
                                disk.toString())
                        .redirectErrorStream(true)
                        .start();
        List<SafeRecord> records = new ArrayList<>();
        List<String> lines = new ArrayList<>();
        CountDownLatch written = new CountDownLatch(enough);
        Thread reader =
                Thread.ofVirtual()
                        .start(() -> read(machine.inputReader(), lines, records, written));
        try {
            OutputStream keys = machine.getOutputStream();
            keys.write(
                    "mount -t ext4 -o discard /dev/vda /mnt && exec syncwriter /mnt %d\n"
                            .formatted(round)
                            .getBytes(StandardCharsets.US_ASCII));
            keys.flush();
            boolean wrote = written.await(LIMIT.toSeconds(), TimeUnit.SECONDS);
            assertThat(wrote && machine.isAlive()).as("%s", lines).isTrue();
            // At any moment of the next records, not only when one was told to be safe.
            assertThat(machine.waitFor(moment, TimeUnit.MILLISECONDS)).as("%s", lines).isFalse();
            // By its handle, since the process itself would close the pipe with what is in it.
            machine.toHandle().destroyForcibly();
            reader.join();
            assertThat(records).hasSizeGreaterThanOrEqualTo(enough);
            return records;
        } finally {
            machine.destroyForcibly().waitFor();
        }
    }

    private static void read(
            BufferedReader from,
            List<String> lines,
            List<SafeRecord> records,
            CountDownLatch written) {
        try (from) {
            for (String line = from.readLine(); line != null; line = from.readLine()) {
                lines.add(line);
                SafeRecord record = SafeRecord.of(line);
                if (record != null) {
                    records.add(record);
                    written.countDown();
                }
            }
        } catch (IOException e) {
            lines.add("reading failed: " + e.getMessage());
        }
        while (written.getCount() > 0) {
            written.countDown(); // the machine ended: nothing is to be waited for
        }
    }
}
