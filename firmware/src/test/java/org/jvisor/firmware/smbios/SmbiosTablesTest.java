package org.jvisor.firmware.smbios;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.jvisor.firmware.layout.AddressMap;
import org.jvisor.firmware.layout.BoardDescription;

class SmbiosTablesTest {
    private static final long BASE = AddressMap.SMBIOS_BASE;

    private final BoardDescription board =
            BoardDescription.standard(2, new AddressMap(5L << 30))
                    .withUuid(UUID.fromString("00112233-4455-6677-8899-aabbccddeeff"));
    private final byte[] image = SmbiosTables.build(board, BASE);

    @Test
    void theEntryPointChecksAndPointsToTheStructures() {
        ByteBuffer entry = ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
        byte sum = 0;
        for (int i = 0; i < 24; i++) {
            sum += image[i];
        }
        assertThat(new String(image, 0, 5, StandardCharsets.US_ASCII)).isEqualTo("_SM3_");
        assertThat(sum).isZero();
        assertThat(entry.getLong(16)).isEqualTo(BASE + 24);
        assertThat(entry.getInt(12)).isEqualTo(image.length - 24);
    }

    @Test
    void theStructuresAreThoseOfATwoProcessorBoard() {
        assertThat(types()).containsExactly(0, 1, 3, 4, 4, 16, 17, 19, 19, 32, 127);
    }

    @Test
    void theSystemsUuidIsStoredInItsMixedByteOrder() {
        int at = offset(1) + 8;
        assertThat(java.util.HexFormat.of().formatHex(image, at, at + 16))
                .isEqualTo("33221100554477668899aabbccddeeff");
    }

    @Test
    void theMemoryModuleHasTheSizeOfTheGuest() {
        ByteBuffer all = ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(all.getShort(offset(17) + 12)).isEqualTo((short) (5 * 1024));
    }

    @Test
    void theLargestBoardFitsBelowOneMebibyte() {
        BoardDescription large =
                BoardDescription.standard(BoardDescription.MAX_CPUS, new AddressMap(1 << 30));
        assertThat(SmbiosTables.build(large, BASE).length).isLessThanOrEqualTo(64 << 10);
    }

    private List<Integer> types() {
        List<Integer> types = new ArrayList<>();
        for (int at = 24; at < image.length; at = next(at)) {
            types.add(Byte.toUnsignedInt(image[at]));
        }
        return types;
    }

    private int offset(int type) {
        int at = 24;
        while (image[at] != type) {
            at = next(at);
        }
        return at;
    }

    /** Skips the formatted part and the strings, which two zero bytes end. */
    private int next(int from) {
        int at = from + Byte.toUnsignedInt(image[from + 1]);
        while (image[at] != 0 || image[at + 1] != 0) {
            at++;
        }
        return at + 2;
    }
}
