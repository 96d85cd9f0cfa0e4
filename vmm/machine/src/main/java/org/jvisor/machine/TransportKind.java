package org.jvisor.machine;

import java.util.Locale;

/** How a machine's virtio devices reach its guest. */
public enum TransportKind {
    /** As PCI devices, which the guest finds by itself. */
    PCI,
    /** As memory-mapped devices, of which ACPI tells the guest. */
    MMIO;

    /** The name used on the command line and in configuration files. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
