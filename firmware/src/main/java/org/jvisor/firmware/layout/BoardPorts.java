package org.jvisor.firmware.layout;

/** The fixed I/O ports and interrupt numbers that the ACPI tables tell the guest about. */
public final class BoardPorts {
    /** PM1a event block: status at +0, enable at +2 (ACPI 6.5 §4.8.3.1). */
    public static final int PM1A_EVENT = 0x600;

    /** PM1a control (ACPI 6.5 §4.8.3.2). */
    public static final int PM1A_CONTROL = 0x604;

    /** The 32-bit power management timer (ACPI 6.5 §4.8.3.3). */
    public static final int PM_TIMER = 0x608;

    /** General-purpose event block 0: status bytes, then as many enable bytes. */
    public static final int GPE0 = 0x620;

    /** Bytes in general-purpose event block 0, status and enable together. */
    public static final int GPE0_LENGTH = 16;

    /** The reset control register; writing {@link #RESET_VALUE} resets the machine. */
    public static final int RESET = 0xcf9;

    /** What the guest writes to {@link #RESET}. */
    public static final int RESET_VALUE = 6;

    /** The SLP_TYP value in {@link #PM1A_CONTROL} that means soft-off. */
    public static final int SLEEP_TYPE_S5 = 5;

    /** The system control interrupt: an ISA interrupt, level-triggered, active high. */
    public static final int SCI_IRQ = 9;

    /** The first of the eight GSIs that carry PCI INTx. */
    public static final int PCI_GSI_BASE = 16;

    /** PCI configuration mechanism 1: address at +0, data at +4. */
    public static final int PCI_CONFIG = 0xcf8;

    private static final int[] SERIAL_PORTS = {0x3f8, 0x2f8, 0x3e8, 0x2e8};
    private static final int[] SERIAL_IRQS = {4, 3, 4, 3};

    private BoardPorts() {}

    /**
     * The GSI that an interrupt pin on bus 0 is wired to.
     *
     * @param device PCI device number, 0 to 31
     * @param pin 0 for INTA# to 3 for INTD#
     */
    public static int pciGsi(int device, int pin) {
        return PCI_GSI_BASE + ((device + pin) & 7);
    }

    /**
     * The first I/O port of a serial port.
     *
     * @param index 0 for COM1 to 3 for COM4
     */
    public static int serialPort(int index) {
        return SERIAL_PORTS[index];
    }

    /**
     * The ISA interrupt of a serial port.
     *
     * @param index 0 for COM1 to 3 for COM4
     */
    public static int serialIrq(int index) {
        return SERIAL_IRQS[index];
    }
}
