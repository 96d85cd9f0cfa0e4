package org.jvisor.machine;

import java.util.List;
import org.jvisor.firmware.layout.AcpiDevice;

/** What a machine asks of its board, whichever it has. */
interface Board {
    /** Presses the power button. */
    void powerButton();

    /** Types Ctrl-Alt-Delete. */
    void ctrlAltDelete();

    /** Feeds COM1 (0) to COM4 (3); blocks while the guest does not read. */
    void serialInput(int port, byte[] bytes, int offset, int length) throws InterruptedException;

    /** Feeds a port of the virtio console; blocks while the guest does not read. */
    void consoleInput(int port, byte[] bytes, int offset, int length) throws InterruptedException;

    /** What the host may change about its virtio devices. */
    DeviceControls controls();

    /** The devices the guest can only find by being told of them. */
    List<AcpiDevice> described();

    /** Returns once no device touches guest memory; no vCPU runs. */
    void pause();

    /** Lets the devices go on, before vCPUs run. */
    void resume();

    /** Returns every device to its power-on state. */
    void reset();

    /** Closes the devices, sending what their back ends still hold. */
    void close();
}
