package org.jvisor.machine.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The debug-exit port and the power-on self-test port. */
class SmallPortsTest {
    private final Board board = new Board();

    @Test
    void debugExitTurnsTheValueIntoAStatus() {
        AtomicInteger status = new AtomicInteger(-1);
        new DebugExit(status::set).attach(board.ports);
        board.out(0xf5, 1);
        assertThat(status).as("only the first port").hasValue(-1);
        board.out(0xf4, 0x10);
        assertThat(status).hasValue(0x21);
        board.ports.write(0xf4, 4, 0);
        assertThat(status).hasValue(1);
    }

    @Test
    void port80KeepsTheLatestCode() throws IOException {
        PostCodePort port = new PostCodePort();
        port.attach(board.ports);
        board.out(0x80, 0x5a);
        assertThat(port.code()).isEqualTo(0x5a);
        assertThat(board.in(0x80)).isEqualTo(0x5a);
        PostCodePort copy = new PostCodePort();
        Board.restore(copy, Board.save(port));
        assertThat(copy.code()).isEqualTo(0x5a);
    }
}
