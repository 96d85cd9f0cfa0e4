package org.jvisor.vmm.api;

/**
 * The wires from an APIC into a software CPU. May be called from any thread; each also wakes a
 * halted CPU's thread.
 */
public interface CpuSignals {
    /** An interrupt may be ready: {@link LocalApic#interruptReady} should be asked soon. */
    void interrupt();

    /** A non-maskable interrupt, edge-triggered. */
    void nmi();

    /**
     * INIT: the CPU returns to its INIT state and, if it is no boot processor, waits for a SIPI.
     */
    void init();

    /**
     * A start-up IPI: a CPU that waits for one starts at {@code vector << 12} in real mode.
     *
     * @param vector 0 to 255
     */
    void startup(int vector);
}
