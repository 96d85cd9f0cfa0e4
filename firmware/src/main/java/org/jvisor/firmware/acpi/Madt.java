package org.jvisor.firmware.acpi;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jvisor.firmware.layout.AddressMap;
import org.jvisor.firmware.layout.BoardDescription;
import org.jvisor.firmware.layout.BoardPorts;

/** The multiple APIC description table (ACPI 6.5 §5.2.12): CPUs, IOAPIC and how it is wired. */
final class Madt {
    static final int REVISION = 5;

    private static final int PCAT_COMPAT = 1;
    private static final byte LOCAL_APIC = 0, IO_APIC = 1, SOURCE_OVERRIDE = 2, LOCAL_NMI = 4;
    private static final byte LOCAL_X2APIC = 9, X2APIC_NMI = 10;
    private static final int ENABLED = 1;

    /** APIC IDs from here on only exist in x2APIC mode: 255 is broadcast. */
    private static final int FIRST_X2APIC_ID = 255;

    private static final byte ALL_CPUS = (byte) 0xff;

    /** MPS INTI flags (table 5.26). */
    private static final short AS_THE_BUS = 0, LEVEL_ACTIVE_HIGH = 0x0d;

    private Madt() {}

    /** Builds the table's contents after its header. */
    static byte[] build(BoardDescription board) {
        ByteBuffer out =
                ByteBuffer.allocate(64 + 16 * (board.cpus() + 1)).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt((int) AddressMap.LAPIC_BASE).putInt(PCAT_COMPAT);
        for (int cpu = 0; cpu < board.cpus(); cpu++) {
            if (cpu < FIRST_X2APIC_ID) {
                out.put(LOCAL_APIC).put((byte) 8).put((byte) cpu).put((byte) cpu).putInt(ENABLED);
            } else {
                out.put(LOCAL_X2APIC).put((byte) 16).putShort((short) 0);
                out.putInt(cpu).putInt(ENABLED).putInt(cpu);
            }
        }
        int ioApicId = 0;
        out.put(IO_APIC).put((byte) 12).put((byte) ioApicId).put((byte) 0);
        out.putInt((int) AddressMap.IOAPIC_BASE).putInt(0);
        // The timer is wired to pin 2, for the 8259's cascade has no pin of its own.
        override(out, 0, 2, AS_THE_BUS);
        override(out, BoardPorts.SCI_IRQ, BoardPorts.SCI_IRQ, LEVEL_ACTIVE_HIGH);
        out.put(LOCAL_NMI).put((byte) 6).put(ALL_CPUS).putShort(AS_THE_BUS).put((byte) 1);
        if (board.cpus() > FIRST_X2APIC_ID) {
            out.put(X2APIC_NMI).put((byte) 12).putShort(AS_THE_BUS).putInt(-1);
            out.put((byte) 1).put(new byte[3]);
        }
        return java.util.Arrays.copyOf(out.array(), out.position());
    }

    private static void override(ByteBuffer out, int irq, int gsi, short flags) {
        out.put(SOURCE_OVERRIDE).put((byte) 10).put((byte) 0).put((byte) irq);
        out.putInt(gsi).putShort(flags);
    }
}
