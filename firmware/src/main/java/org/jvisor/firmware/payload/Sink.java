package org.jvisor.firmware.payload;

/**
 * Takes unpacked bytes in their order.
 *
 * @param <E> what it throws when it cannot take them
 */
@FunctionalInterface
public interface Sink<E extends Exception> {
    /**
     * Takes the next bytes; the array is only valid during the call.
     *
     * @param bytes holds them
     * @param offset of the first
     * @param length how many, at least 1
     * @throws E if they are not acceptable; unpacking stops
     */
    void accept(byte[] bytes, int offset, int length) throws E;
}
