package org.jvisor.firmware.acpi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.jvisor.firmware.layout.AddressMap;
import org.jvisor.firmware.layout.BoardDescription;
import org.jvisor.firmware.layout.BoardPorts;

class AcpiTablesTest {
    private static final long BASE = AddressMap.ACPI_BASE;
    private static final BoardDescription BOARD =
            BoardDescription.standard(4, new AddressMap(1 << 30));

    private final AcpiTables tables = build(BOARD);

    @ParameterizedTest
    @ValueSource(strings = {"DSDT", "FACP", "APIC", "MCFG", "HPET", "XSDT"})
    void theBytesOfEveryTableSumToZero(String signature) {
        byte[] table = tables.table(signature);
        assertThat(sum(table, table.length)).isZero();
    }

    @Test
    void bothChecksumsOfTheRsdpAreRight() {
        byte[] rsdp = tables.table("RSDP");
        assertThat(sum(rsdp, 20)).isZero();
        assertThat(sum(rsdp, 36)).isZero();
    }

    @Test
    void theRsdpIsWhereAGuestThatScansForItFindsIt() {
        assertThat(tables.rsdp() % 16).isZero();
        assertThat(new String(tables.image(), 0, 8, StandardCharsets.US_ASCII))
                .isEqualTo("RSD PTR ");
    }

    @Test
    void theXsdtPointsToEveryTableTheGuestStartsFrom() {
        ByteBuffer xsdt = at(little(tables.table("RSDP")).getLong(24));
        List<String> found = new ArrayList<>();
        for (int i = 36; i < xsdt.getInt(4); i += 8) {
            found.add(signature(at(xsdt.getLong(i))));
        }
        assertThat(found).containsExactly("FACP", "APIC", "MCFG", "HPET");
    }

    @Test
    void theMcfgTellsOfTheFirstBusesOnly() {
        ByteBuffer mcfg = little(tables.table("MCFG"));
        assertThat(mcfg.getLong(44)).isEqualTo(AddressMap.ECAM_BASE);
        assertThat(mcfg.get(54)).isZero();
        assertThat(mcfg.get(55)).isEqualTo((byte) 31);
    }

    @Test
    void theFadtPointsToDsdtAndAlignedFacs() {
        ByteBuffer fadt = little(tables.table("FACP"));
        assertThat(signature(at(fadt.getInt(40)))).isEqualTo("DSDT");
        assertThat(fadt.getLong(140)).isEqualTo(fadt.getInt(40));
        assertThat(signature(at(fadt.getInt(36)))).isEqualTo("FACS");
        assertThat(fadt.getInt(36) % 64).isZero();
    }

    @Test
    void theFadtNamesThePowerManagementPorts() {
        ByteBuffer fadt = little(tables.table("FACP"));
        assertThat(fadt.get(8)).isEqualTo((byte) 6);
        assertThat(fadt.getInt(56)).isEqualTo(BoardPorts.PM1A_EVENT);
        assertThat(fadt.getInt(64)).isEqualTo(BoardPorts.PM1A_CONTROL);
        assertThat(fadt.getInt(76)).isEqualTo(BoardPorts.PM_TIMER);
        assertThat(fadt.getInt(80)).isEqualTo(BoardPorts.GPE0);
        assertThat(fadt.getShort(46)).isEqualTo((short) BoardPorts.SCI_IRQ);
        assertThat(fadt.getLong(120)).isEqualTo(BoardPorts.RESET);
        assertThat(fadt.get(128)).isEqualTo((byte) BoardPorts.RESET_VALUE);
    }

    @Test
    void theMadtListsEveryCpu() {
        assertThat(madtEntries(tables, 0)).hasSize(4);
    }

    @Test
    void theMadtRoutesTheTimerToPinTwoAndTheSciLevelTriggered() {
        List<byte[]> overrides = madtEntries(tables, 2);
        assertThat(overrides).hasSize(2);
        assertThat(overrides.get(0)).containsExactly(2, 10, 0, 0, 2, 0, 0, 0, 0, 0);
        assertThat(overrides.get(1)).containsExactly(2, 10, 0, 9, 9, 0, 0, 0, 0x0d, 0);
    }

    @Test
    void cpusBeyondTheEighthBitAreListedByTheirX2apicIds() {
        AcpiTables large = build(BoardDescription.standard(300, new AddressMap(1 << 30)));
        assertThat(madtEntries(large, 0)).hasSize(255);
        assertThat(madtEntries(large, 9)).hasSize(45);
    }

    @Test
    void theLargestBoardFitsWhereTheTablesGo() {
        BoardDescription board =
                BoardDescription.standard(BoardDescription.MAX_CPUS, new AddressMap(1 << 30));
        assertThat(build(board).image().length).isLessThanOrEqualTo(64 << 10);
    }

    @Test
    void aBoardTooLargeForItsPlaceIsRefused() {
        assertThatThrownBy(() -> AcpiTables.build(BOARD, BASE, BASE + 512))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("room for 512");
    }

    @Test
    void whatIsNotFittedHasNoTable() {
        AcpiTables bare = build(BOARD.withPci(false).withHpet(false));
        assertThat(bare.signatures()).doesNotContain("MCFG", "HPET");
        assertThatThrownBy(() -> bare.table("MCFG")).isInstanceOf(IllegalArgumentException.class);
    }

    private static AcpiTables build(BoardDescription board) {
        return AcpiTables.build(board, BASE, AddressMap.SMBIOS_BASE);
    }

    private static List<byte[]> madtEntries(AcpiTables tables, int type) {
        byte[] madt = tables.table("APIC");
        List<byte[]> found = new ArrayList<>();
        int at = 44;
        for (; at < madt.length; at += madt[at + 1]) {
            if (madt[at] == type) {
                found.add(Arrays.copyOfRange(madt, at, at + madt[at + 1]));
            }
        }
        assertThat(at).isEqualTo(madt.length);
        return found;
    }

    private ByteBuffer at(long address) {
        byte[] image = tables.image();
        return little(Arrays.copyOfRange(image, (int) (address - BASE), image.length));
    }

    private static ByteBuffer little(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static String signature(ByteBuffer table) {
        byte[] name = new byte[4];
        table.get(0, name);
        return new String(name, StandardCharsets.US_ASCII);
    }

    private static byte sum(byte[] bytes, int length) {
        byte sum = 0;
        for (int i = 0; i < length; i++) {
            sum += bytes[i];
        }
        return sum;
    }
}
