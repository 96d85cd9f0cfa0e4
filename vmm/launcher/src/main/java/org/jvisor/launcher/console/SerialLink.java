package org.jvisor.launcher.console;

import org.jvisor.machine.SerialPort;

/** What a guest's serial line is connected to on the host. */
public interface SerialLink extends SerialPort, AutoCloseable {
    /** Output is dropped, there is no input. */
    SerialLink NULL = (bytes, length) -> {};

    /**
     * Starts handing input to the guest, from threads of its own. Called once, when the machine is
     * about to start.
     */
    default void connect(ConsoleGuest guest) {}

    /** Ends the connection and puts the terminal back as it was. */
    @Override
    default void close() {}
}
