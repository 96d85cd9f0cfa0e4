package org.jvisor.virtio.block.qcow2;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.jspecify.annotations.Nullable;
import org.jvisor.linux.IoVector;
import org.jvisor.virtio.block.BlockBackend;
import org.jvisor.virtio.block.BlockException;

/** Random work on images, against a model of the disk. */
class Qcow2PropertyTest {
    private static final BackingOpener NONE =
            (name, format) -> {
                throw new AssertionError("no backing file was given");
            };

    private static Qcow2Format.Options options(int sectors, int version, int bits) {
        return new Qcow2Format.Options(sectors * 512L, version, 1 << bits, null, null);
    }

    /** A backing disk of half the size with a stamp in each third sector. */
    private static MemoryFile base(int sectors, DiskModel model) throws BlockException {
        MemoryFile file = new MemoryFile();
        Qcow2Format.create(file, options(sectors / 2, 3, 12));
        try (Qcow2Image disk = Qcow2Image.open(file, false, NONE);
                IoVector sector = IoVector.of(Arena.ofAuto().allocate(512))) {
            MemorySegment memory = MemorySegment.ofAddress(sector.address(0)).reinterpret(512);
            for (int i = 0; i < sectors / 2; i += 3) {
                DiskModel.fill(memory, 1_000_000 + i);
                disk.write(i * 512L, sector, 0, 512);
                model.startWith(i, 1_000_000 + i);
            }
        }
        return file;
    }

    private static Qcow2Image open(byte[] content, byte @Nullable [] base) throws BlockException {
        MemoryFile file = new MemoryFile(content);
        return open(file, base);
    }

    private static Qcow2Image open(MemoryFile file, byte @Nullable [] base) throws BlockException {
        if (base == null) {
            return Qcow2Image.open(file, false, NONE);
        }
        BlockBackend below = Qcow2Image.open(new MemoryFile(base), true, NONE);
        return Qcow2Image.open(file, below);
    }

    @Property(tries = 60)
    void aDiskHasWhatWasWrittenThroughEveryReopening(
            @ForAll long seed,
            @ForAll @IntRange(min = 2, max = 3) int version,
            @ForAll @IntRange(min = 9, max = 14) int bits,
            @ForAll boolean backed)
            throws BlockException {
        Random random = new Random(seed);
        int sectors = 1 + random.nextInt(1 << random.nextInt(1, 13));
        DiskModel model = new DiskModel(random, sectors);
        byte[] base = backed ? base(sectors, model).content() : null;
        MemoryFile file = new MemoryFile();
        Qcow2Format.create(file, options(sectors, version, bits));
        for (int round = 0; round < 4; round++) {
            try (Qcow2Image disk = open(file, base)) {
                for (int i = 0; i < 60; i++) {
                    model.step(disk);
                }
                model.verifyAll(disk);
                if (round == 2) {
                    model.resize(disk, 1 + random.nextInt(sectors * 2));
                    model.verifyAll(disk);
                }
            }
            Qcow2Check.Result found = Qcow2Check.check(new MemoryFile(file.content()));
            assertThat(found.messages()).isEmpty();
        }
    }

    @Property(tries = 120)
    void aCrashLosesNothingThatWasFlushedAndDamagesNothing(
            @ForAll long seed,
            @ForAll @IntRange(min = 2, max = 3) int version,
            @ForAll @IntRange(min = 9, max = 12) int bits,
            @ForAll boolean backed)
            throws BlockException {
        Random random = new Random(seed);
        int sectors = 1 + random.nextInt(1 << random.nextInt(3, 11));
        DiskModel model = new DiskModel(random, sectors);
        byte[] base = backed ? base(sectors, model).content() : null;
        MemoryFile file = new MemoryFile();
        Qcow2Format.create(file, options(sectors, version, bits));
        Qcow2Image disk = open(file, base);
        for (int i = 0; i < 40; i++) {
            model.step(disk);
        }
        file.writesLeft = random.nextInt(60);
        try {
            for (int i = 0; i < 100; i++) {
                model.step(disk);
            }
        } catch (BlockException e) {
            assertThat(e.kind()).isEqualTo(BlockException.Kind.IO);
        }
        // A write that failed half way may have changed what it was to change.
        for (int crash = 0; crash < 6; crash++) {
            byte[] left = crash == 0 ? file.content() : file.afterCrash(random);
            Qcow2Check.Result found = Qcow2Check.check(new MemoryFile(left));
            assertThat(found.errors()).as("%s", found.messages()).isZero();
            try (Qcow2Image again = open(left, base)) {
                model.verifyAfterCrash(again);
            }
            MemoryFile repaired = new MemoryFile(left);
            Qcow2Check.repair(repaired);
            assertThat(Qcow2Check.check(repaired).clean()).isTrue();
            try (Qcow2Image again = open(repaired, base)) {
                model.verifyAfterCrash(again);
            }
        }
    }

    @Property(tries = 60)
    void aFullHostLosesNothingThatWasAcknowledged(
            @ForAll long seed, @ForAll @IntRange(min = 9, max = 12) int bits)
            throws BlockException {
        Random random = new Random(seed);
        int sectors = 512;
        DiskModel model = new DiskModel(random, sectors);
        MemoryFile file = new MemoryFile();
        Qcow2Format.create(file, options(sectors, 3, bits));
        Qcow2Image disk = open(file, null);
        file.limit = file.size() + random.nextInt(200 * 512);
        for (int i = 0; i < 200; i++) {
            try {
                model.step(disk);
            } catch (BlockException e) {
                assertThat(e.kind()).isEqualTo(BlockException.Kind.NO_SPACE);
                break;
            }
        }
        file.limit = MemoryFile.MOST;
        disk.flush();
        try (Qcow2Image again = open(file.content(), null)) {
            model.verifyAfterCrash(again);
        }
        assertThat(Qcow2Check.check(new MemoryFile(file.content())).errors()).isZero();
    }

    /** A part of a disk, so that each thread has one of its own. */
    private record Window(BlockBackend disk, long start, long size) implements BlockBackend {
        @Override
        public boolean readOnly() {
            return false;
        }

        @Override
        public void read(long position, IoVector target, long from, long bytes)
                throws BlockException {
            disk.read(start + position, target, from, bytes);
        }

        @Override
        public void write(long position, IoVector source, long from, long bytes)
                throws BlockException {
            disk.write(start + position, source, from, bytes);
        }

        @Override
        public void flush() throws BlockException {
            disk.flush();
        }

        @Override
        public void discard(long position, long bytes) throws BlockException {
            disk.discard(start + position, bytes);
        }

        @Override
        public void writeZeroes(long position, long bytes, boolean mayUnmap) throws BlockException {
            disk.writeZeroes(start + position, bytes, mayUnmap);
        }

        @Override
        public void resize(long bytes) {
            throw new AssertionError("nobody resizes a part");
        }

        @Override
        public void close() {}
    }

    @Property(tries = 8)
    void manyThreadsDoNotDisturbOneAnother(
            @ForAll long seed, @ForAll @IntRange(min = 9, max = 16) int bits) throws Exception {
        int threads = 4;
        int each = 1000 + Math.floorMod(seed, 1000); // borders in the midst of clusters
        MemoryFile file = new MemoryFile();
        Qcow2Format.create(file, options(each * threads, 3, bits));
        List<DiskModel> models = new ArrayList<>();
        try (Qcow2Image disk = open(file, null)) {
            List<Callable<Void>> work = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                DiskModel model = new DiskModel(new Random(seed + i), each);
                models.add(model);
                Window window = new Window(disk, i * each * 512L, each * 512L);
                work.add(
                        () -> {
                            for (int step = 0; step < 200; step++) {
                                model.step(window);
                            }
                            return null;
                        });
            }
            try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
                for (Future<Void> done : pool.invokeAll(work)) {
                    done.get();
                }
            }
        }
        assertThat(Qcow2Check.check(new MemoryFile(file.content())).messages()).isEmpty();
        try (Qcow2Image disk = open(file.content(), null)) {
            for (int i = 0; i < threads; i++) {
                models.get(i).verifyAll(new Window(disk, i * each * 512L, each * 512L));
            }
        }
    }
}
