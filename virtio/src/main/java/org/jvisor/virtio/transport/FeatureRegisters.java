package org.jvisor.virtio.transport;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.jvisor.virtio.Features;

/**
 * The registers by which features are negotiated, 32 bits at a time (virtio 1.2 §2.2). Guarded by
 * the {@link VirtioCore}, but for what the driver chose, which the device's threads read.
 */
final class FeatureRegisters {
    private final long offered;
    private int deviceSelect;
    private int driverSelect;
    private volatile long driver;

    FeatureRegisters(long offered) {
        this.offered = offered;
    }

    void reset() {
        deviceSelect = 0;
        driverSelect = 0;
        driver = 0;
    }

    long offered() {
        return offered;
    }

    /** All that the driver chose. */
    long chosen() {
        return driver;
    }

    /** Whether a modern driver chose among what is offered. */
    boolean acceptable() {
        return (driver & ~offered) == 0 && (driver & Features.VERSION_1) != 0;
    }

    void selectDevice(int select) {
        deviceSelect = select;
    }

    int deviceSelect() {
        return deviceSelect;
    }

    int device() {
        return word(offered, deviceSelect);
    }

    void selectDriver(int select) {
        driverSelect = select;
    }

    int driverSelect() {
        return driverSelect;
    }

    int driver() {
        return word(driver, driverSelect);
    }

    /** Takes a word of the driver's choice. */
    void setDriver(int value) {
        if ((driverSelect & ~1) == 0) {
            int shift = driverSelect * 32;
            driver = driver & ~(0xffff_ffffL << shift) | (value & 0xffff_ffffL) << shift;
        }
    }

    private static int word(long features, int select) {
        return (select & ~1) == 0 ? (int) (features >>> select * 32) : 0;
    }

    void save(DataOutput out) throws IOException {
        out.writeInt(deviceSelect);
        out.writeInt(driverSelect);
        out.writeLong(driver);
    }

    void restore(DataInput in) throws IOException {
        deviceSelect = in.readInt();
        driverSelect = in.readInt();
        driver = in.readLong();
    }
}
