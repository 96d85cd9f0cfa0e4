package org.jvisor.virtio.block;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.File;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.jvisor.linux.DiskFile;
import org.jvisor.linux.IoVector;
import org.jvisor.virtio.block.qcow2.Qcow2Check;
import org.jvisor.virtio.block.qcow2.Qcow2Format;

/** Kills a real process in the midst of writing, several times on the same image. */
class KillTest {
    private static final int ROUNDS = 3;

    @TempDir Path folder;

    private static String location(Class<?> type) {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().getPath())
                .toString();
    }

    /** Runs the writer until it has flushed {@code enough} times; returns its last word. */
    private int runAndKill(Path image, long seed, int enough) throws Exception {
        String tests = Path.of(System.getProperty("basedir", ""), "target/test-classes").toString();
        String classes =
                String.join(
                        File.pathSeparator,
                        location(BlockBackend.class),
                        location(DiskFile.class),
                        tests);
        Process child =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                                "-Xshare:auto",
                                "--enable-native-access=ALL-UNNAMED",
                                "-cp",
                                classes,
                                KillChild.class.getName(),
                                image.toString(),
                                Long.toString(seed))
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        int last = 0;
        try (BufferedReader reader = child.inputReader()) {
            for (int i = 0; i < enough; i++) {
                last = Integer.parseInt(reader.readLine());
            }
            child.toHandle().destroyForcibly(); // leaves the pipe open, and what is in it
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                last = Integer.parseInt(line);
            }
        } finally {
            child.destroyForcibly();
        }
        return last;
    }

    @Test
    @Timeout(240)
    void aKilledProcessLosesNothingItFlushed() throws Exception {
        Path image = folder.resolve("disk.qcow2");
        Disk.createQcow2(image, new Qcow2Format.Options(1L << 28, 3, 4096, null, null));
        FileNotes.write(image, "test", "there");
        boolean notes = FileNotes.read(image, "test") != null;
        int[] known = new int[KillChild.SECTORS];
        for (int round = 0; round < ROUNDS; round++) {
            int flushed = runAndKill(image, round, 1 + new Random(round).nextInt(100));
            try (HostFile file = Disk.openFile(image, false)) {
                Qcow2Check.Result found = Qcow2Check.check(file);
                assertThat(found.errors()).as("%s", found.messages()).isZero();
            }
            verify(image, round, flushed, known);
            try (HostFile file = Disk.openFile(image, false)) {
                // Without extended attributes nothing tells that there was a crash.
                assertThat(Qcow2Check.check(file).leaks() == 0 || !notes).isTrue();
            }
        }
        assertThat(Files.size(image)).isPositive();
    }

    /** Each sector has the last write to it that was flushed, or one that came later. */
    private static void verify(Path image, long seed, int flushed, int[] known) throws Exception {
        int later = flushed + 20;
        int[] oldest = known.clone();
        for (int i = 1; i <= flushed; i++) {
            oldest[KillChild.sector(seed, i)] = i;
        }
        try (BlockBackend disk = Disk.open(DiskOptions.of(image, DiskFormat.QCOW2));
                IoVector sector = IoVector.of(Arena.ofAuto().allocate(512))) {
            for (int at = 0; at < KillChild.SECTORS; at++) {
                disk.read(at * 512L, sector, 0, 512);
                int now = sector.getInt(0);
                boolean isLater =
                        now > flushed && now <= later && KillChild.sector(seed, now) == at;
                assertThat(now == oldest[at] || isLater)
                        .as("sector %d has %d instead of %d", at, now, oldest[at])
                        .isTrue();
                known[at] = now;
            }
        }
    }
}
