package org.jvisor.emulator;

import java.io.Serial;

/**
 * An exception of the guest on its way from the instruction that raised it to the main loop.
 * Preallocated, one per CPU, and without a stack trace: throwing it costs no allocation.
 */
final class GuestFault extends RuntimeException {
    @Serial private static final long serialVersionUID = 1L;

    /** The exception vector, 0 to 31. */
    int vector;

    /** Whether {@link #error} is pushed. */
    boolean hasError;

    /** The error code. */
    int error;

    /** The faulting linear address of a page fault, or of a non-canonical access. */
    long address;

    /**
     * Set where a non-canonical linear address was met: the main loop turns #GP(0) into #SS(0) when
     * the access went through SS.
     */
    boolean nonCanonical;

    GuestFault() {
        super("guest fault", null, false, false);
    }
}
