package org.jvisor.virtio.block.qcow2;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jvisor.linux.IoVector;
import org.jvisor.virtio.block.BlockException;
import org.jvisor.virtio.block.HostFile;

/** Moves arrays between the heap and the image's file. Used by one thread at a time. */
final class TableIo {
    private static final int BUFFER = 1 << 16;

    private final HostFile file;
    private final MemorySegment buffer = Arena.ofAuto().allocate(BUFFER, 4096);
    private final IoVector vector = IoVector.of(buffer);

    TableIo(HostFile file) {
        this.file = file;
    }

    byte[] read(long position, int bytes) throws BlockException {
        byte[] target = new byte[bytes];
        for (int done = 0; done < bytes; done += BUFFER) {
            int part = Math.min(BUFFER, bytes - done);
            file.read(position + done, vector, 0, part);
            MemorySegment.copy(buffer, ValueLayout.JAVA_BYTE, 0, target, done, part);
        }
        return target;
    }

    /** Writes {@code bytes} bytes of {@code source} from {@code from} on. */
    void write(long position, byte[] source, int from, int bytes) throws BlockException {
        for (int done = 0; done < bytes; done += BUFFER) {
            int part = Math.min(BUFFER, bytes - done);
            MemorySegment.copy(source, from + done, buffer, ValueLayout.JAVA_BYTE, 0, part);
            file.write(position + done, vector, 0, part);
        }
    }
}
