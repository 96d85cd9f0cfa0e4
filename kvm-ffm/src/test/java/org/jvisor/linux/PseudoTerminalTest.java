package org.jvisor.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PseudoTerminalTest {
    private PseudoTerminal terminal;

    @BeforeEach
    void open() {
        try {
            terminal = PseudoTerminal.open();
        } catch (LinuxException e) {
            System.out.println("skipped, as there are no pseudo-terminals: " + e.getMessage());
            assumeTrue(false, e.getMessage());
            throw e;
        }
    }

    @AfterEach
    void close() {
        if (terminal != null) { // null where the test was skipped
            terminal.close();
        }
    }

    @Test
    void whatOneSideWritesTheOtherReads() throws Exception {
        try (RandomAccessFile other = new RandomAccessFile(terminal.name(), "rw");
                Arena arena = Arena.ofConfined()) {
            other.write("hello\n".getBytes(StandardCharsets.US_ASCII));
            MemorySegment buffer = arena.allocate(64);
            long length = terminal.fd().read(buffer);
            String seen =
                    new String(
                            buffer.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE),
                            StandardCharsets.US_ASCII);
            assertThat(seen).isEqualTo("hello\n"); // raw: no CR before the LF
        }
    }

    @Test
    void whatIsWrittenHereIsNotEchoed() throws Exception {
        try (RandomAccessFile other = new RandomAccessFile(terminal.name(), "rw");
                Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocate(3).fill((byte) 'x');
            assertThat(terminal.fd().write(text)).isEqualTo(3);
            byte[] read = new byte[3];
            other.readFully(read);
            assertThat(read).containsOnly('x');
            PollSet set = new PollSet(1);
            set.add(terminal.fd(), PollSet.READABLE);
            assertThat(set.await(0)).isZero();
        }
    }

    @Test
    void aProgramThatLeavesDoesNotHangItUp() throws Exception {
        new RandomAccessFile(terminal.name(), "rw").close();
        PollSet set = new PollSet(1);
        int index = set.add(terminal.fd(), PollSet.READABLE);
        set.await(0);
        assertThat(set.ready(index) & PollSet.HANG_UP).isZero();
    }

    @Test
    void theWindowSizeCanBeSet() {
        WindowSize size = new WindowSize(132, 43);
        terminal.terminal().setWindowSize(size);
        assertThat(terminal.terminal().windowSize()).isEqualTo(size);
    }

    @Test
    void itIsATerminal() {
        assertThat(terminal.terminal().isTerminal()).isTrue();
    }

    @Test
    void rawModeIsUndoneOnce() {
        Terminal own = terminal.terminal();
        Terminal.RawMode raw = own.rawMode();
        raw.close();
        assertThatCode(raw::close).doesNotThrowAnyException();
    }

    @Test
    void rawModeIsUndoneQuietlyWhenTheTerminalIsGone() {
        Terminal.RawMode raw = terminal.terminal().rawMode();
        terminal.close();
        assertThatCode(raw::close).doesNotThrowAnyException();
    }

    @Test
    void itMayBeClosedTwice() {
        terminal.close();
        assertThatCode(terminal::close).doesNotThrowAnyException();
    }

    @Test
    void aFileIsNoTerminal() {
        try (EventFd event = EventFd.create()) {
            Terminal none = new Terminal(event.fd());
            assertThat(none.isTerminal()).isFalse();
            assertThatThrownBy(none::rawMode)
                    .isInstanceOf(LinuxException.class)
                    .hasMessageContaining("ENOTTY");
            assertThatThrownBy(none::windowSize).isInstanceOf(LinuxException.class);
        }
    }
}
