package org.jvisor.virtio.block.qcow2;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jvisor.linux.IoVector;

/** What one request needs besides the guest's memory. */
final class Scratch {
    final MemorySegment head;
    final MemorySegment tail;
    final IoVector headVector;
    final IoVector tailVector;
    final IoVector all = new IoVector(64);
    final Run run = new Run();

    Scratch(int clusterSize) {
        Arena arena = Arena.ofAuto();
        head = arena.allocate(clusterSize, 4096);
        tail = arena.allocate(clusterSize, 4096);
        headVector = IoVector.of(head);
        tailVector = IoVector.of(tail);
    }
}
