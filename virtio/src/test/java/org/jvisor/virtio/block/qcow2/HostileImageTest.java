package org.jvisor.virtio.block.qcow2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.util.Random;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.jvisor.linux.IoVector;
import org.jvisor.virtio.block.BlockBackend;
import org.jvisor.virtio.block.BlockException;
import org.jvisor.virtio.testing.FuzzInput;

/** Images that lie: whatever they say, the answer is an error of the image and nothing else. */
class HostileImageTest {
    private static final int SECTORS = 2048;

    private static final BackingOpener NO_BACKING =
            (name, format) -> {
                throw new BlockException(BlockException.Kind.NO_ACCESS, "no backing file");
            };

    /** An image with data, zeros and holes. */
    private static byte[] image(int version, int bits, long seed) throws BlockException {
        return image(version, bits, seed, SECTORS, 30);
    }

    static byte[] image(int version, int bits, long seed, int sectors, int steps)
            throws BlockException {
        MemoryFile file = new MemoryFile();
        Qcow2Format.create(
                file, new Qcow2Format.Options(sectors * 512L, version, 1 << bits, null, null));
        DiskModel model = new DiskModel(new Random(seed), sectors);
        try (Qcow2Image disk = Qcow2Image.open(file, false, NO_BACKING)) {
            for (int i = 0; i < steps; i++) {
                model.step(disk);
            }
        }
        return file.content();
    }

    static void use(MemoryFile file, RandomGenerator random) {
        try {
            Qcow2Info.read(file);
            Qcow2Check.check(new MemoryFile(file.content()));
        } catch (BlockException e) {
            assertThat(e.getMessage()).isNotEmpty();
        }
        try {
            Qcow2Check.repair(new MemoryFile(file.content()));
        } catch (BlockException e) {
            assertThat(e.getMessage()).isNotEmpty();
        }
        try (Arena arena = Arena.ofConfined();
                Qcow2Image disk = Qcow2Image.open(file, random.nextInt(4) == 0, NO_BACKING);
                IoVector data = IoVector.of(arena.allocate(1 << 16))) {
            for (int i = 0; i < 40 && !FuzzInput.isExhausted(random); i++) {
                step(disk, data, random);
            }
        } catch (BlockException e) {
            assertThat(e.getMessage()).isNotEmpty();
        }
    }

    private static void step(BlockBackend disk, IoVector data, RandomGenerator random) {
        long size = Math.min(disk.size(), 1L << 50);
        int bytes = (int) Math.min(size, 512 * (1 + random.nextInt(128)));
        long position =
                random.nextInt(4) == 0
                        ? size - bytes
                        : random.nextLong(Math.min(size, SECTORS * 512L) - bytes + 1) & -512;
        position = Math.max(0, position);
        try {
            switch (random.nextInt(7)) {
                case 0, 1 -> disk.read(position, data, 0, bytes);
                case 2, 3 -> disk.write(position, data, 0, bytes);
                case 4 -> disk.flush();
                case 5 -> disk.discard(position, bytes);
                default -> disk.writeZeroes(position, bytes, random.nextBoolean());
            }
        } catch (BlockException e) {
            assertThat(e.getMessage()).isNotEmpty();
        }
    }

    @Property(tries = 400)
    void randomDamageIsAnErrorOfTheImage(
            @ForAll long seed,
            @ForAll @IntRange(min = 2, max = 3) int version,
            @ForAll @IntRange(min = 9, max = 13) int bits)
            throws BlockException {
        Random random = new Random(seed);
        byte[] image = image(version, bits, seed);
        int damages = 1 + random.nextInt(4);
        for (int i = 0; i < damages; i++) {
            // Mostly where the header and the tables are.
            int area = random.nextInt(3) == 0 ? image.length : Math.min(image.length, 5 << bits);
            int at = random.nextInt(random.nextInt(3) == 0 ? 112 : area);
            switch (random.nextInt(3)) {
                case 0 -> image[at] = (byte) random.nextInt(256);
                case 1 -> image[at] ^= (byte) (1 << random.nextInt(8));
                default -> {
                    int entry = Math.min(at & ~7, image.length - 8);
                    long value = random.nextLong() >>> random.nextInt(64);
                    Layout.setLong(
                            image, entry, random.nextBoolean() ? value & -(1L << bits) : value);
                }
            }
        }
        use(new MemoryFile(image), random);
    }

    private static void refused(Consumer<byte[]> damage, String message) throws BlockException {
        byte[] image = image(3, 12, 1);
        damage.accept(image);
        assertThatThrownBy(() -> Qcow2Image.open(new MemoryFile(image), false, NO_BACKING).close())
                .isInstanceOf(BlockException.class)
                .hasMessageContaining(message);
    }

    @Test
    void numbersOutsideTheirLimitsAreRefusedByName() throws BlockException {
        refused(image -> image[0] = 0, "is no qcow2 image");
        refused(image -> image[7] = 9, "version 9");
        refused(image -> image[23] = 60, "clusters of 2^60 bytes");
        refused(image -> image[35] = 1, "encryption");
        refused(image -> Layout.setInt(image, Layout.L1_SIZE, 1 << 30), "L1 table of 1073741824");
        refused(image -> Layout.setInt(image, Layout.L1_SIZE, 0), "L1 table of 0");
        refused(image -> Layout.setLong(image, Layout.L1_TABLE_OFFSET, 1), "L1 table is said");
        refused(image -> Layout.setLong(image, Layout.SIZE, -1), "a size of");
        refused(
                image -> Layout.setInt(image, Layout.REFCOUNT_TABLE_CLUSTERS, -1),
                "refcount table");
        refused(image -> Layout.setInt(image, Layout.REFCOUNT_ORDER, 7), "2^7 bits");
        refused(image -> Layout.setInt(image, Layout.HEADER_LENGTH, 1 << 20), "its header");
        refused(image -> Layout.setInt(image, Layout.NB_SNAPSHOTS, -1), "snapshots");
        refused(image -> image[79] = 4, "external data file");
        refused(image -> image[72] = 1, "unknown features");
        refused(image -> image[79] = 2, "marked as damaged");
    }

    @Test
    void aWriteOverMetadataIsRefusedAndMarksTheImage() throws BlockException {
        MemoryFile file = new MemoryFile();
        Qcow2Format.create(file, new Qcow2Format.Options(1 << 20, 3, 4096, null, null));
        try (IoVector data = IoVector.of(Arena.ofAuto().allocate(4096))) {
            try (Qcow2Image disk = Qcow2Image.open(file, false, NO_BACKING)) {
                disk.write(0, data, 0, 4096);
            }
            byte[] image = file.content();
            long l1 = Layout.getLong(image, Layout.L1_TABLE_OFFSET);
            long l2 = Layout.getLong(image, (int) l1) & Layout.OFFSET;
            // The disk's first cluster is said to be the L1 table.
            Layout.setLong(image, (int) l2, l1 | Layout.COPIED);
            MemoryFile damaged = new MemoryFile(image);
            try (Qcow2Image disk = Qcow2Image.open(damaged, false, NO_BACKING)) {
                assertThatThrownBy(() -> disk.write(0, data, 0, 4096))
                        .isInstanceOf(BlockException.class)
                        .hasMessageContaining("damaged");
                assertThatThrownBy(() -> disk.write(1 << 19, data, 0, 4096))
                        .isInstanceOf(BlockException.class);
            }
            assertThat(Qcow2Info.read(damaged).corrupt()).isTrue();
            byte[] after = damaged.content();
            assertThat(Layout.getLong(after, (int) l1) & Layout.OFFSET).isEqualTo(l2);
        }
    }
}
