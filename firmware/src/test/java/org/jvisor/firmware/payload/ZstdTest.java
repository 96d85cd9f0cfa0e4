package org.jvisor.firmware.payload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ZstdTest {
    /**
     * Sixty lines as the reference implementation packs them at level 22, with a 128 MiB window.
     */
    private static final String LARGE_WINDOW =
            "28b52ffd04883d0200e2c20a11a0ed400ba91e16a55405167e5cd8efee08e8984206509aacbee9f1d261e7d7"
                    + "ef2aef7cb65ed0c2d7f602090022d25a3e00cc0b442c104920ba40c4022154b57bd0e61373c8ab37";

    /**
     * The same at level 1 and without a checksum: FSE-coded Huffman weights, FSE-coded sequences.
     */
    private static final String NO_CHECKSUM =
            "28b52ffd0048bd050082861316a0276d806c305bac5bfe6500405ed93ba18dbdb55a0174f7ace8ee59d1ddb3"
                    + "a2bb674577cf8aee9e15dd3d2bba7b56740fa641004512536021d080c704ca01cb10cc0309838332"
                    + "82c274300d123c20f0a50398527445ac488aae881549d115b122697445ac488aae881549d115b122"
                    + "29ba22d6488aae881549d115b12229ba22562445d7881549d115b12229ba2256244557c48aa4d115"
                    + "b12229ba2256244557c48aa4e88a582329ba2216894434457328e413";

    /** 200,000 zeroes. */
    private static final String ZEROES = "28b52ffd04684c000008000100fcff391002036a0800c4e97470";

    @Test
    void aFrameWithTheWindowThatKernelsUseUnpacks() throws Exception {
        assertThat(new String(unpack(LARGE_WINDOW), StandardCharsets.US_ASCII)).isEqualTo(lines());
    }

    @Test
    void aFrameWithoutChecksumUnpacks() throws Exception {
        assertThat(new String(unpack(NO_CHECKSUM), StandardCharsets.US_ASCII)).isEqualTo(lines());
    }

    @Test
    void aMatchMayRunThroughSeveralBlocks() throws Exception {
        assertThat(unpack(ZEROES)).isEqualTo(new byte[200_000]);
    }

    @Test
    void framesFollowEachOtherAndSkippableOnesAreSkipped() throws Exception {
        assertThat(unpack(ZEROES + "502a4d18" + "03000000" + "aabbcc" + ZEROES))
                .isEqualTo(new byte[400_000]);
    }

    @Test
    void aWrongChecksumIsReported() {
        String wrong = LARGE_WINDOW.substring(0, LARGE_WINDOW.length() - 2) + "38";
        assertThatThrownBy(() -> unpack(wrong))
                .isInstanceOf(PayloadException.class)
                .hasMessageContaining("checksum");
    }

    @Test
    void aWindowBeyondTheSupportedOneIsRefused() {
        assertThatThrownBy(() -> unpack("28b52ffd0090010000"))
                .isInstanceOf(PayloadException.class)
                .hasMessageContaining("window of 256 MiB");
    }

    @Test
    void aDictionaryIsRefused() {
        assertThatThrownBy(() -> unpack("28b52ffd01500501000000"))
                .isInstanceOf(PayloadException.class)
                .hasMessageContaining("dictionary");
    }

    @Test
    void aMatchBeforeTheStartOfTheFrameIsDamage() throws Exception {
        ZstdWindow window = new ZstdWindow(1 << 20);
        window.prepare();
        window.fill((byte) 1, 10);
        assertThatThrownBy(() -> window.repeat(11, 4)).isInstanceOf(PayloadException.class);
    }

    @Test
    void aMatchReachesBackAcrossTheWindowsSliding() throws Exception {
        ZstdWindow window = new ZstdWindow(1 << 20);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        XxHash64 hash = new XxHash64();
        byte[] block = Packer.sample(100_000);
        for (int i = 0; i < 60; i++) {
            window.prepare();
            if (i < 5) {
                window.append(block, i * 20_000, 20_000);
            } else {
                window.repeat(100_000, 20_000);
            }
            window.flush(hash, (b, o, n) -> out.write(b, o, n));
        }
        byte[] unpacked = out.toByteArray();
        assertThat(unpacked).hasSize(1_200_000);
        for (int i = 0; i < 12; i++) {
            assertThat(java.util.Arrays.copyOfRange(unpacked, i * 100_000, (i + 1) * 100_000))
                    .isEqualTo(block);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"--fast=20", "-1", "-3", "-9", "-15", "-19"})
    void whatTheReferenceToolPacksUnpacks(String level, @TempDir Path folder) throws Exception {
        assumeTrue(installed(), "skipped: the zstd command is not installed");
        byte[] data = Packer.sample(3_000_000);
        Path file = Files.write(folder.resolve("data"), data);
        Process process = new ProcessBuilder("zstd", "-q", level, file.toString()).start();
        assertThat(process.waitFor()).isZero();
        byte[] packed = Files.readAllBytes(folder.resolve("data.zst"));
        assertThat(unpack(HexFormat.of().formatHex(packed))).isEqualTo(data);
    }

    private static boolean installed() throws InterruptedException {
        try {
            Process process =
                    new ProcessBuilder("zstd", "--version").redirectErrorStream(true).start();
            process.getInputStream().readAllBytes();
            return process.waitFor() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    private static String lines() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 60; i++) {
            text.append("line ")
                    .append(i % 7)
                    .append(" of the kernel text, repeated and repeated\n");
        }
        return text.toString();
    }

    private static byte[] unpack(String hex) throws PayloadException {
        byte[] data = HexFormat.of().parseHex(hex);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Zstd.unpack(data, 0, data.length, (b, o, n) -> out.write(b, o, n));
        return out.toByteArray();
    }
}
