package org.jvisor.machine;

/**
 * The far end of a guest's serial line: where its output goes. Input is given to {@link
 * Machine#serialInput}.
 */
@FunctionalInterface
public interface SerialPort {
    /** Throws the output away. */
    SerialPort NULL = (bytes, length) -> {};

    /**
     * Takes bytes the guest sent, in order. Called on one thread of the machine that is not a vCPU
     * thread; blocking slows the guest's serial line, nothing else. Exceptions are taken as the
     * line being unplugged: later output is dropped.
     *
     * @param bytes valid only during the call
     * @param length how many, 1 or more
     */
    void output(byte[] bytes, int length) throws java.io.IOException;
}
