package org.jvisor.firmware.payload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class InitramfsTest {
    private static final byte[] FIRST = Cpio.of("first", Packer.sample(300_001));
    private static final byte[] SECOND = Cpio.of("second", Packer.sample(70_003));

    private static byte[] unpack(byte[]... parts) throws PayloadException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] file = join(parts);
        long size = Initramfs.unpack(file, (b, o, n) -> out.write(b, o, n));
        assertThat(size).isEqualTo(out.size());
        return out.toByteArray();
    }

    private static byte[] join(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    /** Packs without the size that Linux's build appends to kernels. */
    private static byte[] pack(Compression format, byte[] data) throws IOException {
        byte[] packed = Packer.pack(format, data);
        return format == Compression.GZIP ? packed : Arrays.copyOf(packed, packed.length - 4);
    }

    @ParameterizedTest
    @EnumSource(names = {"GZIP", "XZ", "ZSTD", "LZ4"})
    void anArchiveOfTheseFormatsIsUnpacked(Compression format) throws Exception {
        assertThat(unpack(pack(format, FIRST))).isEqualTo(FIRST);
    }

    @Test
    void anUncompressedArchiveStaysAsItIs() throws Exception {
        assertThat(unpack(FIRST)).isEqualTo(FIRST);
    }

    @ParameterizedTest
    @EnumSource(names = {"GZIP", "XZ", "ZSTD", "LZ4"})
    void anUncompressedArchiveMayComeFirst(Compression format) throws Exception {
        assertThat(unpack(FIRST, new byte[300], pack(format, SECOND)))
                .isEqualTo(join(FIRST, SECOND));
    }

    @ParameterizedTest
    @EnumSource(names = {"GZIP", "XZ"})
    void anUncompressedArchiveMayFollow(Compression format) throws Exception {
        assertThat(unpack(pack(format, FIRST), new byte[7], SECOND)).isEqualTo(join(FIRST, SECOND));
    }

    @Test
    void everyArchiveStartsAtAMultipleOfFour() throws Exception {
        byte[] odd = join(FIRST, new byte[1]);
        assertThat(unpack(pack(Compression.GZIP, odd), pack(Compression.GZIP, SECOND)))
                .isEqualTo(join(FIRST, new byte[4], SECOND));
    }

    @Test
    void compressedDataThatIsNoArchiveIsLeftToTheKernel() throws Exception {
        byte[] file = pack(Compression.GZIP, Packer.sample(5000));
        assertThatThrownBy(() -> unpack(file)).isInstanceOf(PayloadException.class);
    }

    @Test
    void aFormatThatOnlyTheKernelKnowsIsLeftToIt() throws Exception {
        byte[] file = Packer.pack(Compression.LZO, FIRST);
        assertThatThrownBy(() -> unpack(FIRST, file)).isInstanceOf(PayloadException.class);
    }

    @Test
    void anArchiveCutShortIsLeftToTheKernel() {
        byte[] file = Arrays.copyOf(FIRST, FIRST.length - 200);
        assertThatThrownBy(() -> unpack(file)).isInstanceOf(PayloadException.class);
    }

    @Test
    void aGzipMemberWithAWrongChecksumIsLeftToTheKernel() throws Exception {
        byte[] file = pack(Compression.GZIP, FIRST);
        file[file.length - 6] ^= 1;
        assertThatThrownBy(() -> unpack(file))
                .isInstanceOf(PayloadException.class)
                .hasMessageContaining("checksum");
    }

    @Test
    void namesInAGzipHeaderAreSkipped() throws Exception {
        byte[] plain = pack(Compression.GZIP, FIRST);
        byte[] header = Arrays.copyOf(plain, 10);
        header[3] = 4 | 8 | 16 | 2;
        byte[] extras = {2, 0, 1, 1, 'n', 0, 'c', 0, 9, 9};
        byte[] file = join(header, extras, Arrays.copyOfRange(plain, 10, plain.length));
        assertThat(unpack(file)).isEqualTo(FIRST);
    }

    @Property(tries = 300)
    void damageNeverCausesAnythingButAPayloadException(
            @ForAll int where, @ForAll byte value, @ForAll Compression format) throws IOException {
        byte[] file = join(FIRST, Packer.pack(format, SECOND));
        file[Math.floorMod(where, file.length)] = value;
        try {
            unpack(file);
        } catch (PayloadException e) {
            assertThat(e).hasMessageContaining("");
        }
    }
}
