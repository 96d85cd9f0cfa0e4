package org.jvisor.vmm.api;

/** Where message-signalled interrupts go. May be called from any thread. */
@FunctionalInterface
public interface MsiSink {
    /**
     * Delivers one message (SDM 3A §11.11).
     *
     * @param address the message address, {@code 0xFEExxxxx} on x86
     * @param data the message data: vector, delivery mode, trigger mode
     */
    void send(long address, int data);
}
