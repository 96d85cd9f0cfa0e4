package org.jvisor.vmm.api;

/** An access to guest-physical addresses that are not RAM. */
public final class GuestMemoryException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final long address;
    private final long length;

    /**
     * Made where an access is refused.
     *
     * @param address guest-physical
     * @param length bytes
     */
    public GuestMemoryException(long address, long length) {
        super("no guest RAM at %#x + %#x bytes".formatted(address, length));
        this.address = address;
        this.length = length;
    }

    /** The guest-physical address of the access. */
    public long address() {
        return address;
    }

    /** Its length in bytes. */
    public long length() {
        return length;
    }
}
