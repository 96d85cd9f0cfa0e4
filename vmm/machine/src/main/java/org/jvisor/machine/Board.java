package org.jvisor.machine;

/** What a machine asks of its board, whichever it has. */
interface Board {
    /** Presses the power button. */
    void powerButton();

    /** Types Ctrl-Alt-Delete. */
    void ctrlAltDelete();

    /** Feeds COM1 (0) to COM4 (3); blocks while the guest does not read. */
    void serialInput(int port, byte[] bytes, int offset, int length) throws InterruptedException;

    /** Returns every device to its power-on state. */
    void reset();

    /** Closes the devices, sending what their back ends still hold. */
    void close();
}
