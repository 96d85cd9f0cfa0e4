package org.jvisor.virtio.queue;

/** Fuzzes split rings; run by Jazzer, and by the tests with its corpus. */
public final class SplitQueueFuzzer {
    private SplitQueueFuzzer() {}

    /** One run. */
    public static void fuzzerTestOneInput(byte[] data) {
        QueueFuzz.run(data, false);
    }
}
