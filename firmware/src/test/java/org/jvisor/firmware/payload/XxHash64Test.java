package org.jvisor.firmware.payload;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class XxHash64Test {
    @ParameterizedTest
    @CsvSource({"'', ef46db3751d8e999", "a, d24ec4f1a98c6e5b", "abc, 44bc2cf5ad770999"})
    void shortInputsHaveTheirPublishedHashes(String text, String hash) {
        XxHash64 xx = new XxHash64();
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        xx.update(bytes, 0, bytes.length);
        assertThat(Long.toHexString(xx.value())).isEqualTo(hash);
    }

    @Test
    void thePiecesInWhichInputArrivesDoNotMatter() {
        byte[] data = Packer.sample(1000);
        XxHash64 whole = new XxHash64();
        whole.update(data, 0, data.length);
        XxHash64 pieces = new XxHash64();
        for (int at = 0, size = 1; at < data.length; at += size, size = size % 37 + 1) {
            pieces.update(data, at, Math.min(size, data.length - at));
        }
        assertThat(pieces.value()).isEqualTo(whole.value());
    }
}
