package org.jvisor.firmware.acpi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AmlTest {
    @ParameterizedTest
    @CsvSource({
        "0, 00",
        "1, 01",
        "2, 0a02",
        "255, 0aff",
        "256, 0b0001",
        "65536, 0c00000100",
        "4294967296, 0e0000000001000000",
        "-1, 0effffffffffffffff"
    })
    void integersTakeTheirShortestForm(long value, String hex) {
        assertThat(hex(Aml.integer(value))).isEqualTo(hex);
    }

    @Test
    void aSevenCharacterHardwareIdIsPackedAsEisaId() {
        assertThat(hex(Aml.hardwareId("PNP0A08"))).isEqualTo("0c41d00a08");
    }

    @Test
    void anEightCharacterHardwareIdIsAString() {
        assertThat(hex(Aml.hardwareId("LNRO0005"))).isEqualTo("0d4c4e524f3030303500");
    }

    @Test
    void pathsOfOneTwoAndThreeSegmentsHaveTheirPrefixes() {
        assertThat(hex(Aml.path("\\_SB"))).isEqualTo("5c5f53425f");
        assertThat(hex(Aml.path("\\_SB.PCI0"))).isEqualTo("5c2e5f53425f50434930");
        assertThat(hex(Aml.path("A.B.C"))).isEqualTo("2f03415f5f5f425f5f5f435f5f5f");
    }

    @Test
    void aSegmentOfFiveCharactersIsRefused() {
        assertThatThrownBy(() -> Aml.path("ABCDE")).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @CsvSource({"58, 3f", "59, 4104", "4089, 4fff", "4090, 810001", "70000, 871711"})
    void aPackageLengthCountsItself(int contents, String length) {
        // Scope: opcode, package length, a name of four bytes, then the contents.
        byte[] scope = Aml.scope("ABCD", new byte[contents]);
        assertThat(hex(scope)).startsWith("10" + length + "41424344");
    }

    @Test
    void uuidFieldsAreSwapped() {
        assertThat(hex(Aml.uuid("33db4d5b-1ff7-401c-9657-7441c03dd766")))
                .endsWith("5b4ddb33f71f1c4096577441c03dd766");
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
