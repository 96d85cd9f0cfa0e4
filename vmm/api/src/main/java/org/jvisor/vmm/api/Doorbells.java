package org.jvisor.vmm.api;

import java.util.OptionalLong;

/**
 * How a guest's write to a doorbell register reaches its device without the vCPU leaving the guest,
 * where the accelerator can do that (KVM: ioeventfd). It is a short cut and no more: the write may
 * come through the {@link Bus} all the same, where the accelerator cannot, where it has no room
 * left, or while a region is being moved. So the device's {@link IoRegion} answers the register
 * too, and the two ways must be equal. Any thread may call any method.
 */
@FunctionalInterface
public interface Doorbells {
    /** No short cut: every write comes through the bus. */
    Doorbells NONE = (address, size, match, ring) -> () -> {};

    /** One doorbell's short cut. */
    @FunctionalInterface
    interface Registration extends AutoCloseable {
        /**
         * Ends the short cut. A write the guest made before may still ring, once, soon after this
         * returns. May be called twice; does not wait for the device.
         */
        @Override
        void close();
    }

    /**
     * Has writes to {@code address} ring.
     *
     * @param address guest-physical; in a view on a region, bytes from its base
     * @param size bytes the write must have: 1, 2, 4 or 8, or 0 for any
     * @param match the value it must have; empty for any
     * @param ring called for one write or several, on a thread that all doorbells of the machine
     *     share: it must not block
     */
    Registration attach(long address, int size, OptionalLong match, Runnable ring);

    /** A view of these for a region at {@code base}: addresses are bytes from there. */
    default Doorbells from(long base) {
        return (offset, size, match, ring) -> attach(base + offset, size, match, ring);
    }
}
