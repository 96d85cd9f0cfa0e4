package org.jvisor.machine.device;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.jvisor.vmm.api.GuestMemory;

class FwCfgTest {
    private static final long ROM = 0x10_0000;

    private final Board board = new Board();
    private final GuestMemory memory =
            new GuestMemory(
                    List.of(
                            new GuestMemory.Region(
                                    0, Arena.ofAuto().allocate(0x1_0000, 4096), false),
                            new GuestMemory.Region(
                                    ROM, Arena.ofAuto().allocate(0x1000, 4096), true)));
    private final FwCfg device =
            new FwCfg(
                    memory,
                    new FwCfgItems(0x2000_0000L, 3)
                            .putFile("opt/hello", "Hello, guest".getBytes(US_ASCII))
                            .putE820(0, 0xa_0000, 1, 0x10_0000, 0x1ff0_0000, 1)
                            .put(FwCfgItems.KERNEL_DATA, new byte[] {1, 2, 3}));

    @BeforeEach
    void attach() {
        device.attach(board.ports);
    }

    private byte[] read(int key, int length) {
        board.ports.write(0x510, 2, key);
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) board.in(0x511);
        }
        return bytes;
    }

    private void dma(int control, int length, long address) {
        memory.writeInt(0x800, Integer.reverseBytes(control));
        memory.writeInt(0x804, Integer.reverseBytes(length));
        memory.writeLong(0x808, Long.reverseBytes(address));
        board.ports.write(0x514, 4, 0);
        board.ports.write(0x518, 4, Integer.reverseBytes(0x800) & 0xffff_ffffL);
    }

    @Test
    void theSignatureIsQemus() {
        assertThat(read(0, 4)).isEqualTo("QEMU".getBytes(US_ASCII));
    }

    @Test
    void dmaIsOffered() {
        assertThat(read(1, 4)).containsExactly(3, 0, 0, 0);
        byte[] signature = new byte[8];
        for (int i = 0; i < 8; i++) {
            signature[i] = (byte) board.in(0x514 + i);
        }
        assertThat(signature).isEqualTo("QEMU CFG".getBytes(US_ASCII));
    }

    @Test
    void memoryAndCpusAreTold() {
        assertThat(read(3, 8)).containsExactly(0, 0, 0, 0x20, 0, 0, 0, 0);
        assertThat(read(5, 2)).containsExactly(3, 0);
    }

    @Test
    void beyondItsEndAnItemReadsAsZero() {
        assertThat(read(FwCfgItems.KERNEL_DATA, 5)).containsExactly(1, 2, 3, 0, 0);
        assertThat(read(0x7777, 2)).containsExactly(0, 0);
    }

    private List<String> directory() {
        List<String> files = new ArrayList<>();
        byte[] directory = read(0x19, 4 + 2 * 64);
        for (int i = 0; i < directory[3]; i++) {
            int at = 4 + i * 64;
            int size = (directory[at + 2] & 0xff) << 8 | directory[at + 3] & 0xff;
            int key = (directory[at + 4] & 0xff) << 8 | directory[at + 5] & 0xff;
            String name = new String(directory, at + 8, 56, US_ASCII).replace("\0", "");
            files.add(name + " " + size + " " + key);
        }
        return files;
    }

    @Test
    void theDirectoryListsTheFilesByName() {
        assertThat(directory()).containsExactly("etc/e820 40 32", "opt/hello 12 33");
        assertThat(new String(read(33, 12), US_ASCII)).isEqualTo("Hello, guest");
    }

    @Test
    void theMemoryMapIsPacked() {
        assertThat(read(32, 40))
                .startsWith(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x0a, 0, 0, 0, 0, 0, 1, 0, 0, 0);
    }

    @Test
    void dmaReadsAnItem() {
        dma(33 << 16 | 8 | 2, 12, 0x2000);
        assertThat(memory.readInt(0x800)).isZero();
        assertThat(new String(memory.read(0x2000, 12), US_ASCII)).isEqualTo("Hello, guest");
    }

    @Test
    void dmaSkipsAndGoesOn() {
        dma(33 << 16 | 8 | 4, 7, 0);
        dma(2, 5, 0x2000);
        assertThat(new String(memory.read(0x2000, 5), US_ASCII)).isEqualTo("guest");
    }

    @Test
    void dmaFillsWithZerosBeyondTheEnd() {
        memory.write(0x2000, new byte[] {9, 9, 9, 9, 9});
        dma(FwCfgItems.KERNEL_DATA << 16 | 8 | 2, 5, 0x2000);
        assertThat(memory.read(0x2000, 5)).containsExactly(1, 2, 3, 0, 0);
    }

    @Test
    void dmaOutsideRamIsAnError() {
        dma(8 | 2, 4, 0x5000_0000L);
        assertThat(memory.readInt(0x800)).isEqualTo(Integer.reverseBytes(1));
        dma(8 | 2, -1, 0x2000);
        assertThat(memory.readInt(0x800)).isEqualTo(Integer.reverseBytes(1));
        dma(8 | 2, 4, -4);
        assertThat(memory.readInt(0x800)).isEqualTo(Integer.reverseBytes(1));
    }

    @Test
    void dmaIntoRomIsAnError() {
        dma(8 | 2, 4, ROM);
        assertThat(memory.readInt(0x800)).isEqualTo(Integer.reverseBytes(1));
        assertThat(memory.readInt(ROM)).isZero();
    }

    @Test
    void dmaWritesAreRefused() {
        dma(33 << 16 | 8 | 16, 4, 0x2000);
        assertThat(memory.readInt(0x800)).isEqualTo(Integer.reverseBytes(1));
    }

    @Test
    void namesThatDoNotFitAreRefused() {
        assertThatThrownBy(() -> new FwCfgItems(1, 1).putFile("x".repeat(56), new byte[0]))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void restoredDeviceReadsOn() throws IOException {
        read(33, 7);
        byte[] state = Board.save(device);
        read(0, 1);
        Board.restore(device, state);
        assertThat(board.in(0x511)).isEqualTo('g');
    }
}
