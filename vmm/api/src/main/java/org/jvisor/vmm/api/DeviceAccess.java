package org.jvisor.vmm.api;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Threshold;

/**
 * JFR's event of an access to a device that took long: the vCPU stands still meanwhile. The class
 * is not loaded before a recording has been started.
 */
@Name("org.jvisor.DeviceAccess")
@Label("Device Access")
@Description("A vCPU left guest code for port I/O or MMIO, and a device took long to answer")
@Category({"jvisor", "CPU"})
@StackTrace(false)
@Threshold("1 ms")
final class DeviceAccess extends Event {
    @Label("Bus")
    String bus = "";

    @Label("Address")
    String address = "";

    @Label("Size in Bytes")
    int size;

    @Label("Write")
    boolean write;

    @Label("Value")
    String value = "";

    static DeviceAccess started() {
        DeviceAccess event = new DeviceAccess();
        event.begin();
        return event;
    }

    void ended(String bus, long address, int size, boolean write, long value) {
        end();
        if (shouldCommit()) {
            this.bus = bus;
            this.address = "0x" + Long.toHexString(address);
            this.size = size;
            this.write = write;
            this.value = "0x" + Long.toHexString(value);
            commit();
        }
    }
}
