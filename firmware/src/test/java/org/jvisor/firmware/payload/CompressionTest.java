package org.jvisor.firmware.payload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CompressionTest {
    private static final byte[] DATA = Packer.sample(300_000);
    private static final Map<Compression, byte[]> SMALL = new EnumMap<>(Compression.class);

    @ParameterizedTest
    @EnumSource(
            value = Compression.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"LZO", "NONE"})
    void aPayloadOfEveryFormatUnpacksToWhatWasPacked(Compression format) throws Exception {
        byte[] packed = Packer.pack(format, DATA);
        assertThat(unpack(format, packed)).isEqualTo(DATA);
    }

    @ParameterizedTest
    @EnumSource(
            value = Compression.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"LZO", "NONE"})
    void everyFormatIsRecognisedByItsFirstBytes(Compression format) throws Exception {
        byte[] packed = Packer.pack(format, DATA);
        assertThat(Compression.detect(packed, 0, packed.length)).isEqualTo(format);
    }

    @Test
    void lzopIsRecognisedButNotSupported() {
        byte[] head = {(byte) 0x89, 'L', 'Z', 'O', 0, 13, 10};
        assertThat(Compression.detect(head, 0, head.length)).isEqualTo(Compression.LZO);
        assertThat(Compression.LZO.supported()).isFalse();
    }

    @Test
    void bytesOfNoFormatAreNotRecognised() {
        assertThat(Compression.detect(new byte[16], 0, 16)).isNull();
    }

    @Test
    void dataShorterThanAMagicNumberIsNotRecognised() {
        assertThat(Compression.detect(new byte[] {0x1f}, 0, 1)).isNull();
    }

    @ParameterizedTest
    @EnumSource(
            value = Compression.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"LZO", "NONE"})
    void aPayloadThatEndsEarlyIsReportedAsDamaged(Compression format) throws Exception {
        byte[] packed = Packer.pack(format, DATA);
        byte[] cut = Arrays.copyOf(packed, packed.length / 2);
        assertThatThrownBy(() -> unpack(format, cut)).isInstanceOf(PayloadException.class);
    }

    @ParameterizedTest
    @EnumSource(
            value = Compression.class,
            names = {"XZ", "LZMA", "BZIP2", "LZ4", "ZSTD"})
    void aPayloadOfAnotherSizeThanAnnouncedIsReported(Compression format) throws Exception {
        byte[] packed = Packer.pack(format, DATA);
        packed[packed.length - 4]++;
        assertThatThrownBy(() -> unpack(format, packed))
                .isInstanceOf(PayloadException.class)
                .hasMessageContaining("300001 were announced");
    }

    /** Whatever the bytes, the answer is data or a PayloadException, never another failure. */
    @Property(tries = 500)
    void damagedDataNeverCausesAnythingButAPayloadException(
            @ForAll Compression format,
            @ForAll @IntRange(max = 1_000_000) int position,
            @ForAll byte value) {
        if (format == Compression.LZO || format == Compression.NONE) {
            return;
        }
        byte[] packed = SMALL.computeIfAbsent(format, CompressionTest::packSmall).clone();
        packed[Math.min(8, packed.length - 1) + position % (packed.length - 8)] ^= value;
        try {
            assertThat(unpack(format, packed).length).isLessThan(64 << 20);
        } catch (PayloadException e) {
            assertThat(e).hasMessageContaining(format.label());
        }
    }

    private static byte[] packSmall(Compression format) {
        try {
            return Packer.pack(format, Arrays.copyOf(DATA, 20_000));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] unpack(Compression format, byte[] packed) throws PayloadException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        long count = format.unpack(packed, 0, packed.length, (b, o, n) -> out.write(b, o, n));
        assertThat(count).isEqualTo(out.size());
        return out.toByteArray();
    }
}
