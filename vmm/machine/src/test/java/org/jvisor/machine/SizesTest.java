package org.jvisor.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SizesTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "4096, 4096",
        "512M, 536870912",
        "2g, 2147483648",
        "1GiB, 1073741824",
        "3 KB, 3072"
    })
    void sizesAreReadInPowersOf1024(String text, long bytes) {
        assertThat(Sizes.parse(text)).isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "M",
                "-1",
                "1.5G",
                "512MM",
                "1e9",
                "99999999999999999999",
                "9999999999T"
            })
    void whatIsNoSizeIsToldSo(String text) {
        assertThatThrownBy(() -> Sizes.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Property
    void aFormattedSizeReadsBackTheSame(@ForAll @LongRange(min = 0, max = 1L << 50) long bytes) {
        assertThat(Sizes.parse(Sizes.format(bytes).replace(" bytes", ""))).isEqualTo(bytes);
    }
}
