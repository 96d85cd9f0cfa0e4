package org.jvisor.virtio.transport;

/**
 * The common configuration structure (virtio 1.2 §4.1.4.3). It may be read at any width; a write
 * has to be that of a whole field, or of half a 64-bit field, as the specification demands of
 * drivers, and is ignored otherwise.
 */
final class PciCommonConfig {
    /** Its size in bytes. */
    static final int SIZE = 56;

    private static final int DEVICE_FEATURE_SELECT = 0, DEVICE_FEATURE = 4;
    private static final int DRIVER_FEATURE_SELECT = 8, DRIVER_FEATURE = 12;
    private static final int CONFIG_MSIX_VECTOR = 16, NUM_QUEUES = 18, DEVICE_STATUS = 20;
    private static final int CONFIG_GENERATION = 21, QUEUE_SELECT = 22, QUEUE_SIZE = 24;
    private static final int QUEUE_MSIX_VECTOR = 26, QUEUE_ENABLE = 28, QUEUE_NOTIFY_OFF = 30;
    private static final int QUEUE_DESC = 32, QUEUE_DRIVER = 40, QUEUE_DEVICE = 48;

    /** Where each field starts, and after the last. */
    private static final int[] FIELDS = {
        DEVICE_FEATURE_SELECT,
        DEVICE_FEATURE,
        DRIVER_FEATURE_SELECT,
        DRIVER_FEATURE,
        CONFIG_MSIX_VECTOR,
        NUM_QUEUES,
        DEVICE_STATUS,
        CONFIG_GENERATION,
        QUEUE_SELECT,
        QUEUE_SIZE,
        QUEUE_MSIX_VECTOR,
        QUEUE_ENABLE,
        QUEUE_NOTIFY_OFF,
        QUEUE_DESC,
        QUEUE_DRIVER,
        QUEUE_DEVICE,
        SIZE
    };

    /** The field each byte belongs to, as an index of {@link #FIELDS}. */
    private static final byte[] FIELD_OF = new byte[SIZE];

    static {
        for (int i = 0; i < FIELDS.length - 1; i++) {
            for (int at = FIELDS[i]; at < FIELDS[i + 1]; at++) {
                FIELD_OF[at] = (byte) i;
            }
        }
    }

    private final VirtioCore core;
    private final VirtioPci function;

    PciCommonConfig(VirtioCore core, VirtioPci function) {
        this.core = core;
        this.function = function;
    }

    // ---- Reading

    long read(int offset, int size) {
        synchronized (core) {
            long value = 0;
            int at = offset;
            while (at < offset + size && at < SIZE) {
                int field = FIELD_OF[at];
                int start = FIELDS[field];
                int end = Math.min(FIELDS[field + 1], offset + size);
                long bytes = field(start) >>> (at - start) * 8;
                long mask = end - at == 8 ? -1L : (1L << (end - at) * 8) - 1;
                value |= (bytes & mask) << (at - offset) * 8;
                at = end;
            }
            return value;
        }
    }

    private long field(int start) {
        QueueState queue = core.queueState();
        return switch (start) {
            case DEVICE_FEATURE_SELECT -> core.deviceFeaturesSelect();
            case DEVICE_FEATURE -> core.deviceFeatures();
            case DRIVER_FEATURE_SELECT -> core.driverFeaturesSelect();
            case DRIVER_FEATURE -> core.driverFeatures();
            case CONFIG_MSIX_VECTOR -> function.configVector();
            case NUM_QUEUES -> core.queues();
            case DEVICE_STATUS -> core.status();
            case CONFIG_GENERATION -> core.generation();
            case QUEUE_SELECT -> core.selectedQueue();
            default -> queue == null ? 0 : queueField(queue, start);
        };
    }

    private long queueField(QueueState queue, int start) {
        return switch (start) {
            case QUEUE_SIZE -> queue.size;
            case QUEUE_MSIX_VECTOR -> function.queueVector(core.selectedQueue());
            case QUEUE_ENABLE -> queue.enabled ? 1 : 0;
            case QUEUE_NOTIFY_OFF -> core.selectedQueue();
            case QUEUE_DESC -> queue.descriptors;
            case QUEUE_DRIVER -> queue.driver;
            default -> queue.device;
        };
    }

    // ---- Writing

    void write(int offset, int size, long value) {
        synchronized (core) {
            switch (size) {
                case 1 -> {
                    if (offset == DEVICE_STATUS) {
                        core.writeStatus((int) value);
                    }
                }
                case 2 -> writeShort(offset, (int) value);
                case 4 -> writeInt(offset, (int) value);
                default -> {
                    if (offset >= QUEUE_DESC && offset < SIZE && offset % 8 == 0) {
                        writeInt(offset, (int) value);
                        writeInt(offset + 4, (int) (value >>> 32));
                    }
                }
            }
        }
    }

    private void writeShort(int offset, int value) {
        switch (offset) {
            case CONFIG_MSIX_VECTOR -> function.setConfigVector(value);
            case QUEUE_SELECT -> core.selectQueue(value);
            case QUEUE_SIZE -> core.setQueueSize(value);
            case QUEUE_MSIX_VECTOR -> {
                if (core.queueState() != null) {
                    function.setQueueVector(core.selectedQueue(), value);
                }
            }
            case QUEUE_ENABLE -> {
                // §4.1.4.3.2: the driver must not write 0.
                if (value == 1) {
                    core.enableQueue();
                }
            }
            default -> {
                // Read-only, or not a field of this width.
            }
        }
    }

    private void writeInt(int offset, int value) {
        switch (offset) {
            case DEVICE_FEATURE_SELECT -> core.selectDeviceFeatures(value);
            case DRIVER_FEATURE_SELECT -> core.selectDriverFeatures(value);
            case DRIVER_FEATURE -> core.setDriverFeatures(value);
            default -> {
                QueueState queue = core.mutableQueue();
                if (queue != null) {
                    writeAddress(queue, offset, value);
                }
            }
        }
    }

    private static void writeAddress(QueueState queue, int offset, int value) {
        boolean high = (offset & 4) != 0;
        switch (offset & ~4) {
            case QUEUE_DESC -> queue.descriptors = VirtioMmio.half(queue.descriptors, high, value);
            case QUEUE_DRIVER -> queue.driver = VirtioMmio.half(queue.driver, high, value);
            case QUEUE_DEVICE -> queue.device = VirtioMmio.half(queue.device, high, value);
            default -> {
                // Not a field of this width.
            }
        }
    }
}
