package org.jvisor.machine.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class I8042Test {
    private final Board board = new Board();
    private final RecordingLine irq = new RecordingLine();
    private final AtomicInteger resets = new AtomicInteger();
    private final I8042 controller = new I8042(irq, resets::incrementAndGet);

    @BeforeEach
    void attach() {
        controller.attach(board.ports);
    }

    private List<Integer> readAll() {
        List<Integer> bytes = new ArrayList<>();
        while ((board.in(0x64) & 1) != 0) {
            bytes.add(board.in(0x60));
        }
        return bytes;
    }

    private int command(int value) {
        board.out(0x64, value);
        return board.in(0x60);
    }

    @Test
    void selfTestPasses() {
        assertThat(command(0xaa)).isEqualTo(0x55);
    }

    @Test
    void theInterfaceTestPasses() {
        assertThat(command(0xab)).isZero();
    }

    @Test
    void theCommandByteCanBeWrittenAndRead() {
        board.out(0x64, 0x60);
        board.out(0x60, 0x74);
        assertThat(command(0x20)).isEqualTo(0x74);
    }

    @Test
    void controllerMemoryKeepsItsBytes() {
        board.out(0x64, 0x65);
        board.out(0x60, 0x12);
        assertThat(command(0x25)).isEqualTo(0x12);
    }

    /** Linux takes data without the auxiliary flag, and then a failed test, for "no port". */
    @Test
    void linuxsTestsForAMouseFailAtOnce() {
        board.out(0x64, 0xd3);
        board.out(0x60, 0x5a);
        assertThat(board.in(0x64) & 0x21).as("answered, not as auxiliary").isEqualTo(0x01);
        board.in(0x60);
        assertThat(command(0xa9)).isOne();
    }

    @Test
    void theKeyboardIdentifiesItselfInTranslation() {
        board.out(0x60, 0xf2);
        assertThat(readAll()).containsExactly(0xfa, 0xab, 0x41);
    }

    @Test
    void theKeyboardResets() {
        board.out(0x60, 0xff);
        assertThat(readAll()).containsExactly(0xfa, 0xaa);
    }

    @Test
    void ledsTakeAnArgument() {
        board.out(0x60, 0xed);
        assertThat(readAll()).containsExactly(0xfa);
        board.out(0x60, 0x02);
        assertThat(readAll()).containsExactly(0xfa);
    }

    @Test
    void anUnknownCommandIsToBeResent() {
        board.out(0x60, 0xe1);
        assertThat(readAll()).containsExactly(0xfe);
    }

    @Test
    void ctrlAltDeleteArrivesAsScanCodesOfSet1() {
        controller.ctrlAltDelete();
        assertThat(irq.asserted).isTrue();
        assertThat(readAll()).containsExactly(0x1d, 0x38, 0xe0, 0x53, 0xe0, 0xd3, 0xb8, 0x9d);
        assertThat(irq.asserted).isFalse();
        assertThat(irq.edges).as("one edge for each byte").isEqualTo(8);
    }

    @Test
    void withoutTranslationKeysArriveInSet2() {
        board.out(0x64, 0x60);
        board.out(0x60, 0x05);
        controller.key(0x1c, false, true);
        controller.key(0x1c, false, false);
        assertThat(readAll()).containsExactly(0x1c, 0xf0, 0x1c);
    }

    @Test
    void aDisabledKeyboardKeepsItsBytes() {
        board.out(0x64, 0xad);
        controller.key(0x1c, false, true);
        assertThat(board.in(0x64) & 1).isZero();
        board.out(0x64, 0xae);
        assertThat(readAll()).containsExactly(0x1e);
    }

    @Test
    void everyKeyOfSet2HasItsOwnCodeInSet1() {
        assertThat(java.util.stream.IntStream.range(0, 0x80).map(ScanCodes::toSet1).distinct())
                .hasSize(0x80);
        assertThat(ScanCodes.toSet1(0x76)).as("Esc").isOne();
        assertThat(ScanCodes.toSet1(0x83)).as("F7").isEqualTo(0x41);
    }

    @Test
    void pulsingTheResetLineResets() {
        board.out(0x64, 0xfe);
        assertThat(resets).hasValue(1);
        board.out(0x64, 0xff);
        assertThat(resets).hasValue(1);
    }

    @Test
    void theOutputPortCanReset() {
        board.out(0x64, 0xd1);
        board.out(0x60, 0xfe);
        assertThat(resets).hasValue(1);
    }

    @Test
    void port92ResetsOnARisingBit0() {
        board.out(0x92, 0x01);
        board.out(0x92, 0x01);
        assertThat(resets).hasValue(1);
        board.out(0x92, 0x02);
        assertThat(board.in(0x92)).isEqualTo(0x02);
    }

    @Test
    void masksItsInterruptByTheCommandByte() {
        board.out(0x64, 0x60);
        board.out(0x60, 0x44);
        controller.key(0x1c, false, true);
        assertThat(irq.asserted).isFalse();
    }

    @Test
    void restoredKeyboardHasTheSavedOnesBytes() throws IOException {
        controller.ctrlAltDelete();
        board.in(0x60);
        byte[] state = Board.save(controller);
        Board other = new Board();
        RecordingLine line = new RecordingLine();
        I8042 copy = new I8042(line, () -> {});
        copy.attach(other.ports);
        Board.restore(copy, state);
        assertThat(line.asserted).isTrue();
        assertThat(Board.save(copy)).isEqualTo(state);
        assertThat(other.in(0x60)).isEqualTo(0x38);
    }
}
