package org.jvisor.firmware.acpi;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jvisor.firmware.layout.BoardDescription;
import org.jvisor.firmware.layout.BoardPorts;

/**
 * The fixed ACPI description table, revision 6 (ACPI 6.5 §5.2.9): a PC with the legacy power
 * management registers, always in ACPI mode (there is no SMI command port). Offsets are from the
 * start of the table.
 */
final class Fadt {
    static final int REVISION = 6;
    static final int LENGTH = 276;

    private static final int FIRMWARE_CTRL = 36, DSDT = 40;
    private static final int SCI_INT = 46, PM1A_EVT_BLK = 56, PM1A_CNT_BLK = 64, PM_TMR_BLK = 76;
    private static final int GPE0_BLK = 80, PM1_EVT_LEN = 88, PM1_CNT_LEN = 89, PM_TMR_LEN = 91;
    private static final int GPE0_BLK_LEN = 92, P_LVL2_LAT = 96, P_LVL3_LAT = 98;
    private static final int RTC_CENTURY = 108, IAPC_BOOT_ARCH = 109, FLAGS = 112, RESET_REG = 116;
    private static final int RESET_VALUE = 128, MINOR_VERSION = 131, X_DSDT = 140;
    private static final int X_PM1A_EVT_BLK = 148, X_PM1A_CNT_BLK = 172, X_PM_TMR_BLK = 208;
    private static final int X_GPE0_BLK = 220, HYPERVISOR_VENDOR = 268;

    /** IAPC_BOOT_ARCH (table 5.11). */
    private static final int LEGACY_DEVICES = 1, HAS_8042 = 1 << 1, NO_VGA = 1 << 2;

    /** Feature flags (table 5.10): the power button is a fixed one, there is no sleep button. */
    private static final int WBINVD = 1,
            PROC_C1 = 1 << 2,
            NO_FIXED_SLEEP_BUTTON = 1 << 5,
            NO_FIXED_RTC_WAKE = 1 << 6,
            TIMER_32_BIT = 1 << 8,
            RESET_SUPPORTED = 1 << 10;

    /** Latencies above these mean that C2 and C3 do not exist. */
    private static final short NO_C2 = 0x0fff, NO_C3 = 0x0fff;

    /** Generic address structure (§5.2.3.2): address space and access sizes. */
    private static final byte SYSTEM_IO = 1, BYTE_ACCESS = 1, WORD_ACCESS = 2, DWORD_ACCESS = 3;

    private static final byte CMOS_CENTURY = 0x32;

    private Fadt() {}

    /**
     * Builds the table's contents after its header.
     *
     * @param facs guest-physical address of the FACS, below 4 GiB
     * @param dsdt guest-physical address of the DSDT, below 4 GiB
     */
    static byte[] build(BoardDescription board, long facs, long dsdt) {
        ByteBuffer out = ByteBuffer.allocate(LENGTH).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(FIRMWARE_CTRL, (int) facs);
        out.putInt(DSDT, (int) dsdt);
        out.putLong(X_DSDT, dsdt);
        out.putShort(SCI_INT, (short) BoardPorts.SCI_IRQ);
        out.putInt(PM1A_EVT_BLK, BoardPorts.PM1A_EVENT);
        out.putInt(PM1A_CNT_BLK, BoardPorts.PM1A_CONTROL);
        out.putInt(PM_TMR_BLK, BoardPorts.PM_TIMER);
        out.putInt(GPE0_BLK, BoardPorts.GPE0);
        out.put(PM1_EVT_LEN, (byte) 4);
        out.put(PM1_CNT_LEN, (byte) 2);
        out.put(PM_TMR_LEN, (byte) 4);
        out.put(GPE0_BLK_LEN, (byte) BoardPorts.GPE0_LENGTH);
        out.putShort(P_LVL2_LAT, NO_C2);
        out.putShort(P_LVL3_LAT, NO_C3);
        out.put(RTC_CENTURY, CMOS_CENTURY);
        out.putShort(
                IAPC_BOOT_ARCH,
                (short) (LEGACY_DEVICES | NO_VGA | (board.keyboard() ? HAS_8042 : 0)));
        out.putInt(
                FLAGS,
                WBINVD
                        | PROC_C1
                        | NO_FIXED_SLEEP_BUTTON
                        | NO_FIXED_RTC_WAKE
                        | TIMER_32_BIT
                        | RESET_SUPPORTED);
        register(out, RESET_REG, BoardPorts.RESET, 8, BYTE_ACCESS);
        out.put(RESET_VALUE, (byte) BoardPorts.RESET_VALUE);
        out.put(MINOR_VERSION, (byte) 0);
        register(out, X_PM1A_EVT_BLK, BoardPorts.PM1A_EVENT, 32, WORD_ACCESS);
        register(out, X_PM1A_CNT_BLK, BoardPorts.PM1A_CONTROL, 16, WORD_ACCESS);
        register(out, X_PM_TMR_BLK, BoardPorts.PM_TIMER, 32, DWORD_ACCESS);
        register(out, X_GPE0_BLK, BoardPorts.GPE0, 8 * BoardPorts.GPE0_LENGTH, BYTE_ACCESS);
        out.put(HYPERVISOR_VENDOR, SystemTable.ascii("JVISOR"));
        byte[] contents = new byte[LENGTH - SystemTable.HEADER];
        out.get(SystemTable.HEADER, contents);
        return contents;
    }

    private static void register(ByteBuffer out, int at, int port, int bits, byte access) {
        out.put(at, SYSTEM_IO);
        out.put(at + 1, (byte) bits);
        out.put(at + 2, (byte) 0);
        out.put(at + 3, access);
        out.putLong(at + 4, port);
    }
}
