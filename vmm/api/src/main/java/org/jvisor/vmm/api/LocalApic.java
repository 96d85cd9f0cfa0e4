package org.jvisor.vmm.api;

/**
 * What a software CPU asks of its local APIC. Called on the vCPU's thread only; the APIC itself is
 * driven by other threads too and guards its state. On KVM the kernel's APIC answers instead.
 */
public interface LocalApic {
    /**
     * Takes the interrupt to deliver now: the highest pending vector above the processor priority,
     * or the 8259's through ExtINT.
     *
     * @return the vector, 0 to 255, or -1 when there is none after all
     */
    int acknowledge();

    /** Whether {@link #acknowledge} would return a vector. Cheap: read before every delivery. */
    boolean interruptReady();

    /** IA32_APIC_BASE. */
    long base();

    /**
     * Writes IA32_APIC_BASE.
     *
     * @return false where the SDM calls for #GP
     */
    boolean setBase(long value);

    /** CR8: bits 7:4 of the task priority, 0 to 15. */
    int cr8();

    /** Writes CR8, 0 to 15. */
    void setCr8(int priority);

    /** Reads the xAPIC page at {@code offset} (0 to 0xfff), {@code size} bytes. */
    long readMmio(int offset, int size);

    /** Writes the xAPIC page. */
    void writeMmio(int offset, int size, long value);

    /** Whether RDMSR of x2APIC register {@code msr} (0x800 to 0x8ff) is allowed now; else #GP. */
    boolean x2apicReadable(int msr);

    /** Reads an x2APIC register that is readable. */
    long readX2apic(int msr);

    /**
     * Writes an x2APIC register.
     *
     * @return false where the SDM calls for #GP
     */
    boolean writeX2apic(int msr, long value);

    /** IA32_TSC_DEADLINE, in TSC ticks; 0 when not armed. */
    long tscDeadline();

    /** Writes IA32_TSC_DEADLINE; 0 disarms. */
    void setTscDeadline(long tsc);
}
