package org.jvisor.virtio.transport;

import org.jvisor.virtio.testing.GuestDriver.Transport;

/** Fuzzes virtio-mmio; run by Jazzer, and by the tests. */
public final class VirtioMmioFuzzer {
    private VirtioMmioFuzzer() {}

    /** One run. */
    public static void fuzzerTestOneInput(byte[] data) {
        TransportFuzz.run(data, Transport.MMIO);
    }
}
