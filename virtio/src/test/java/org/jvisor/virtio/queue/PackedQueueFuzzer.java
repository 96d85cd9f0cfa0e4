package org.jvisor.virtio.queue;

/** Fuzzes packed rings; run by Jazzer, and by the tests with its corpus. */
public final class PackedQueueFuzzer {
    private PackedQueueFuzzer() {}

    /** One run. */
    public static void fuzzerTestOneInput(byte[] data) {
        QueueFuzz.run(data, true);
    }
}
