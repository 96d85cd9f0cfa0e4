package org.jvisor.vmm.api;

/**
 * One message-signalled interrupt that can be raised from any thread without a vCPU leaving the
 * guest: on KVM an irqfd, in software a call of the {@link MsiSink}. It has no message at first and
 * does nothing then.
 */
public interface InterruptRoute extends AutoCloseable {
    /**
     * Sets the message. Costs little when it does not change, possibly milliseconds when it does.
     *
     * @param address the message address, {@code 0xFEExxxxx} on x86
     * @param data the message data
     */
    void set(long address, int data);

    /** Sends the message. Allocates nothing. */
    void trigger();

    /** Gives back what it holds on the host; {@link #trigger} does nothing from then on. */
    @Override
    void close();
}
