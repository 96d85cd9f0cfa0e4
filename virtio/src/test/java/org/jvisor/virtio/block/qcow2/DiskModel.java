package org.jvisor.virtio.block.qcow2;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jvisor.linux.IoVector;
import org.jvisor.virtio.block.BlockBackend;
import org.jvisor.virtio.block.BlockException;

/**
 * Does random things to a disk and knows what must be on it: each sector has a stamp all over, and
 * the stamps it may have after a crash are those since the last flush.
 */
final class DiskModel {
    private static final int SECTOR = 512;
    private static final int MOST = 1 << 18;

    private final Random random;
    private final List<List<Integer>> stamps = new ArrayList<>();
    private final MemorySegment memory = Arena.ofAuto().allocate(MOST, 4096);
    private final IoVector vector = IoVector.of(memory);
    private int next = 1;

    DiskModel(Random random, int sectors) {
        this.random = random;
        resized(sectors);
    }

    /** Tells what a backing file has. */
    void startWith(int sector, int stamp) {
        stamps.set(sector, new ArrayList<>(List.of(stamp)));
    }

    int sectors() {
        return stamps.size();
    }

    private void resized(int sectors) {
        while (stamps.size() > sectors) {
            stamps.removeLast();
        }
        while (stamps.size() < sectors) {
            stamps.add(new ArrayList<>(List.of(0)));
        }
    }

    private void put(int sector, int stamp) {
        stamps.get(sector).add(stamp);
    }

    private int stamp(int sector) {
        return stamps.get(sector).getLast();
    }

    static void fill(MemorySegment target, int stamp) {
        for (int i = 0; i < target.byteSize(); i += 4) {
            target.set(ValueLayout.JAVA_INT, i, stamp);
        }
    }

    /** Does one random thing. */
    void step(BlockBackend disk) throws BlockException {
        int size = sectors();
        int length = 1 + random.nextInt(random.nextInt(4) == 0 ? Math.min(size, MOST / SECTOR) : 9);
        length = Math.min(length, size);
        int first = random.nextInt(size - length + 1);
        long position = (long) first * SECTOR;
        long bytes = (long) length * SECTOR;
        switch (random.nextInt(12)) {
            case 0 -> {
                disk.flush();
                flushed();
            }
            case 1 -> {
                // Known before it is tried, as a failed request may be done in part.
                for (int i = 0; i < length; i++) {
                    put(first + i, 0);
                }
                disk.writeZeroes(position, bytes, random.nextBoolean());
            }
            case 2 -> {
                for (int i = 0; i < length; i++) {
                    stamps.get(first + i).addFirst(0);
                }
                disk.discard(position, bytes);
                discarded(disk, first, length);
            }
            case 3, 4, 5 -> verify(disk, first, length);
            default -> {
                int stamp = next++;
                fill(memory.asSlice(0, bytes), stamp);
                for (int i = 0; i < length; i++) {
                    put(first + i, stamp);
                }
                disk.write(position, vector, 0, bytes);
            }
        }
    }

    /** What was discarded may be as it was, or zero; the disk tells. */
    private void discarded(BlockBackend disk, int first, int length) throws BlockException {
        for (int i = first; i < first + length; i++) {
            disk.read((long) i * SECTOR, vector, 0, SECTOR);
            int now = memory.get(ValueLayout.JAVA_INT, 0);
            assertThat(now).isIn(0, stamp(i));
            put(i, now);
        }
    }

    void flushed() {
        for (List<Integer> possible : stamps) {
            int now = possible.getLast();
            possible.clear();
            possible.add(now);
        }
    }

    void resize(BlockBackend disk, int sectors) throws BlockException {
        disk.resize((long) sectors * SECTOR);
        resized(sectors);
    }

    /** Compares all of the disk with what must be on it. */
    void verifyAll(BlockBackend disk) throws BlockException {
        assertThat(disk.size()).isEqualTo((long) sectors() * SECTOR);
        for (int first = 0; first < sectors(); first += MOST / SECTOR) {
            verify(disk, first, Math.min(MOST / SECTOR, sectors() - first));
        }
    }

    private void verify(BlockBackend disk, int first, int length) throws BlockException {
        disk.read((long) first * SECTOR, vector, 0, (long) length * SECTOR);
        for (int i = 0; i < length; i++) {
            int expected = stamp(first + i);
            MemorySegment sector = memory.asSlice((long) i * SECTOR, SECTOR);
            if (!isAll(sector, expected)) {
                assertThat(sector.get(ValueLayout.JAVA_INT, 0))
                        .as("sector %d", first + i)
                        .isEqualTo(expected);
                throw new AssertionError("sector " + (first + i) + " is torn");
            }
        }
    }

    private static boolean isAll(MemorySegment sector, int stamp) {
        for (int i = 0; i < sector.byteSize(); i += 4) {
            if (sector.get(ValueLayout.JAVA_INT, i) != stamp) {
                return false;
            }
        }
        return true;
    }

    /** Compares a disk after a crash with what may be on it. */
    void verifyAfterCrash(BlockBackend disk) throws BlockException {
        for (int i = 0; i < sectors(); i++) {
            disk.read((long) i * SECTOR, vector, 0, SECTOR);
            int now = memory.get(ValueLayout.JAVA_INT, 0);
            assertThat(stamps.get(i)).as("sector %d may have", i).contains(now);
            assertThat(isAll(memory.asSlice(0, SECTOR), now)).as("sector %d is whole", i).isTrue();
        }
    }
}
