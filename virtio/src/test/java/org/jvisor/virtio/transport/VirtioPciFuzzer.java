package org.jvisor.virtio.transport;

import org.jvisor.virtio.testing.GuestDriver.Transport;

/** Fuzzes virtio-pci; run by Jazzer, and by the tests. */
public final class VirtioPciFuzzer {
    private VirtioPciFuzzer() {}

    /** One run. */
    public static void fuzzerTestOneInput(byte[] data) {
        TransportFuzz.run(data, Transport.PCI, Transport.PCI_INTX);
    }
}
