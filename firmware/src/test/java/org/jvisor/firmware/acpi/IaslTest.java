package org.jvisor.firmware.acpi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.jvisor.firmware.layout.AcpiDevice;
import org.jvisor.firmware.layout.AddressMap;
import org.jvisor.firmware.layout.BoardDescription;

/** Has the reference compiler read the tables; needs {@code iasl} (Debian: acpica-tools). */
class IaslTest {
    private static final BoardDescription BOARD =
            BoardDescription.standard(2, new AddressMap(5L << 30))
                    .withSerialPorts(4)
                    .withDevice(
                            new AcpiDevice(
                                    "VIO0",
                                    "LNRO0005",
                                    0,
                                    List.of(
                                            new AcpiDevice.Memory(AddressMap.PLATFORM_BASE, 0x200),
                                            new AcpiDevice.Interrupt(5, true))));

    @TempDir Path folder;

    @BeforeEach
    void theCompilerIsInstalled() throws Exception {
        boolean installed;
        try {
            installed = !run("iasl", "-v").isEmpty();
        } catch (IOException e) {
            installed = false;
        }
        assumeTrue(installed, "skipped: iasl is not installed (Debian package acpica-tools)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"DSDT", "FACP", "FACS", "APIC", "MCFG", "HPET", "XSDT"})
    void theReferenceDisassemblerReadsEveryTable(String signature) throws Exception {
        assertThat(disassemble(signature).toLowerCase(java.util.Locale.ROOT))
                .doesNotContain("error", "warning", "invalid");
    }

    @Test
    void theDsdtCompilesAgainWithoutComplaint() throws Exception {
        disassemble("DSDT");
        assertThat(run("iasl", "DSDT.dsl"))
                .contains("Compilation successful. 0 Errors, 0 Warnings");
    }

    @Test
    void theDsdtDescribesTheBoard() throws Exception {
        disassemble("DSDT");
        assertThat(Files.readString(folder.resolve("DSDT.dsl")))
                .contains("EisaId (\"PNP0A08\")", "Device (COM4)", "\"LNRO0005\"", "Device (C001)")
                .contains("0xFEB00000,         // Address Base");
    }

    private String disassemble(String signature) throws Exception {
        byte[] table =
                AcpiTables.build(BOARD, AddressMap.ACPI_BASE, AddressMap.SMBIOS_BASE)
                        .table(signature);
        Files.write(folder.resolve(signature + ".aml"), table);
        return run("iasl", "-d", signature + ".aml");
    }

    private String run(String... command) throws IOException, InterruptedException {
        Process process =
                new ProcessBuilder(command)
                        .directory(folder.toFile())
                        .redirectErrorStream(true)
                        .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return output;
    }
}
