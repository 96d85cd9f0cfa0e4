package org.jvisor.virtio.transport;

/** The bits of the device status field (virtio 1.2 §2.1). */
final class Status {
    static final int ACKNOWLEDGE = 1, DRIVER = 2, DRIVER_OK = 4, FEATURES_OK = 8;
    static final int NEEDS_RESET = 64, FAILED = 128;

    private Status() {}
}
