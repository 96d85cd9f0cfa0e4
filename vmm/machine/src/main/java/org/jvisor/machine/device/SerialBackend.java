package org.jvisor.machine.device;

/**
 * The far end of a serial line: where a {@link Uart16550} sends. Input goes the other way, by
 * {@link Uart16550#receive}.
 */
public interface SerialBackend extends AutoCloseable {
    /** A line with nothing at the other end: output vanishes. */
    SerialBackend NONE = value -> true;

    /**
     * Takes a byte the guest sends. Called on vCPU threads with the UART's monitor held: it must
     * neither block nor call the UART.
     *
     * @param value 0 to 255
     * @return false when there is no room: the UART then holds the byte back, and its transmitter
     *     looks busy to the guest until {@link Uart16550#outputReady} is called
     */
    boolean transmit(int value);

    /** Sends what is still buffered and lets go of the host's resources. */
    @Override
    default void close() {}
}
