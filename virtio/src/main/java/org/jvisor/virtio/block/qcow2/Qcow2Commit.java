package org.jvisor.virtio.block.qcow2;

import java.lang.foreign.Arena;
import java.util.function.LongConsumer;
import org.jvisor.linux.IoVector;
import org.jvisor.virtio.block.BlockBackend;
import org.jvisor.virtio.block.BlockException;

/** Moves the content of an image into its backing file. */
final class Qcow2Commit {
    private static final int STRETCH = 1 << 20;

    private Qcow2Commit() {}

    static void commit(Qcow2Image image, LongConsumer progress) throws BlockException {
        int bits = image.header.clusterBits;
        BlockBackend below = image.backing;
        if (below == null) {
            throw new BlockException(
                    BlockException.Kind.UNSUPPORTED,
                    "the image " + image.file.name() + " has no backing file to commit to");
        }
        if (below.size() < image.size()) {
            below.resize(image.size());
        }
        Run run = new Run();
        Arena arena = Arena.ofAuto();
        int chunk = Math.max(STRETCH, 1 << bits);
        try (IoVector buffer = IoVector.of(arena.allocate(chunk, 4096))) {
            long at = 0;
            while (at < image.size()) {
                image.metadata.find(at >>> bits, chunk >>> bits, run);
                long part = Math.min(image.size() - at, (long) run.clusters << bits);
                switch (run.kind) {
                    case UNALLOCATED -> {
                        // is there already
                    }
                    case ZERO, ZERO_ALLOCATED -> below.writeZeroes(at, part, true);
                    case NORMAL, COMPRESSED -> {
                        image.read(at, buffer, 0, part);
                        below.write(at, buffer, 0, part);
                    }
                }
                at += part;
                progress.accept(at);
            }
        }
        below.flush();
        image.metadata.clear();
    }
}
