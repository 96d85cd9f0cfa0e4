package org.jvisor.firmware.payload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class Lz4Test {
    private final byte[] out = new byte[256];

    @Test
    void aMatchMayOverlapWhatItProduces() throws Exception {
        // One literal 'a', then a match of 4 + 8 at distance 1, then the literal 'b'.
        assertThat(block("18 61 0100 10 62")).isEqualTo("aaaaaaaaaaaaab");
    }

    @Test
    void lengthsBeyondFifteenContinueInFurtherBytes() throws Exception {
        String literals = "0123456789abcdefghij";
        String hex = HexFormat.of().formatHex(literals.getBytes(StandardCharsets.US_ASCII));
        assertThat(block("f0 05" + hex)).isEqualTo(literals);
    }

    @Test
    void aMatchBeforeTheStartIsDamage() {
        assertThatThrownBy(() -> block("10 61 0200 10 62")).isInstanceOf(PayloadException.class);
    }

    @Test
    void aMatchAtDistanceZeroIsDamage() {
        assertThatThrownBy(() -> block("10 61 0000 10 62")).isInstanceOf(PayloadException.class);
    }

    @Test
    void literalsBeyondTheInputAreDamage() {
        assertThatThrownBy(() -> block("50 6162")).isInstanceOf(PayloadException.class);
    }

    @Test
    void aMatchBeyondTheOutputIsDamage() {
        assertThatThrownBy(() -> block("1f 61 0100 ff ff 00 10 62"))
                .isInstanceOf(PayloadException.class);
    }

    @Test
    void aBlockThatEndsWithAMatchIsDamage() {
        assertThatThrownBy(() -> block("18 61 0100")).isInstanceOf(PayloadException.class);
    }

    @Test
    void dataOfSeveralBlocksUnpacksInOrder() throws Exception {
        byte[] data = new byte[17 << 20];
        for (int i = 0; i < data.length; i += 4099) {
            data[i] = (byte) (i >> 12);
        }
        byte[] packed = Packer.pack(Compression.LZ4, data);
        ByteArrayOutputStream unpacked = new ByteArrayOutputStream();
        Lz4Legacy.unpack(packed, 0, packed.length, (b, o, n) -> unpacked.write(b, o, n));
        assertThat(Arrays.equals(unpacked.toByteArray(), data)).isTrue();
    }

    @Test
    void aBlockLargerThanTheRestOfTheDataIsDamage() {
        byte[] data = HexFormat.of().parseHex("02214c18" + "40000000" + "106100000000000000");
        assertThatThrownBy(() -> Lz4Legacy.unpack(data, 0, data.length, (b, o, n) -> {}))
                .isInstanceOf(PayloadException.class)
                .hasMessageContaining("64 bytes where 9 are left");
    }

    @Test
    void damageInABlockOfTheSecondThreadIsReported() {
        String good = "02000000" + "1061";
        String damaged = "09000000" + "106102001062000000";
        byte[] data = HexFormat.of().parseHex("02214c18" + good + damaged + good + "00000000");
        ByteArrayOutputStream unpacked = new ByteArrayOutputStream();
        assertThatThrownBy(
                        () ->
                                Lz4Legacy.unpack(
                                        data, 0, data.length, (b, o, n) -> unpacked.write(b, o, n)))
                .isInstanceOf(PayloadException.class);
        assertThat(unpacked.toString(StandardCharsets.US_ASCII)).isEqualTo("a");
    }

    private String block(String hex) throws PayloadException {
        byte[] in = HexFormat.of().parseHex(hex.replace(" ", ""));
        int size = Lz4Block.unpack(in, 0, in.length, out);
        return new String(out, 0, size, StandardCharsets.US_ASCII);
    }
}
