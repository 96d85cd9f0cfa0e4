package org.jvisor.virtio.console;

/** Where a port's output goes. Called on the device's thread; must not block. */
public interface ConsoleSink extends AutoCloseable {
    /** A port whose output vanishes. */
    ConsoleSink NONE = (bytes, offset, length) -> length;

    /**
     * Takes bytes the guest sends.
     *
     * @param bytes valid only during the call
     * @return how many were taken, 0 to {@code length}; if fewer, {@link ConsolePort#outputReady}
     *     has to be called when there is room
     */
    int output(byte[] bytes, int offset, int length);

    /** A program in the guest opened or closed its end. */
    default void guestOpen(boolean open) {}

    /** The guest took input: {@link ConsolePort#input} has room again. */
    default void inputTaken() {}

    /** Lets go of what it holds. May be called twice. */
    @Override
    default void close() {}
}
