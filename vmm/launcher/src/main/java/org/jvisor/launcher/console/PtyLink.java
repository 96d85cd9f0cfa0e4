package org.jvisor.launcher.console;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jvisor.launcher.ExitStatus;
import org.jvisor.launcher.UserError;
import org.jvisor.linux.LinuxException;
import org.jvisor.linux.PollSet;
import org.jvisor.linux.PseudoTerminal;

/**
 * A guest's serial line on a pseudo-terminal, for another program to open. While nobody reads, what
 * does not fit into the terminal's buffer is dropped: the guest goes on.
 */
public final class PtyLink implements SerialLink {
    private static final int BUFFER = 4096;

    /** How long a reader may take to make room before it counts as gone. */
    private static final int PATIENCE_MILLIS = 250;

    private final PseudoTerminal terminal;
    private final PollSet room = new PollSet(1);
    private final MemorySegment character = Arena.ofAuto().allocate(1);
    private boolean read = true;

    private PtyLink(PseudoTerminal terminal) {
        this.terminal = terminal;
        room.add(terminal.fd(), PollSet.WRITABLE);
    }

    /**
     * Makes a pseudo-terminal.
     *
     * @throws UserError if the host has none left
     */
    public static PtyLink open() {
        try {
            return new PtyLink(PseudoTerminal.open());
        } catch (LinuxException e) {
            throw new UserError(
                    ExitStatus.HOST,
                    "no pseudo-terminal can be had: %s; use --serial stdio or file=PATH"
                            .formatted(e.getMessage()),
                    e);
        }
    }

    /** The path another program opens. */
    public String name() {
        return terminal.name();
    }

    @Override
    public void output(byte[] bytes, int length) throws IOException {
        try {
            // One at a time, as room is only promised for one and a write that lacks it blocks.
            for (int i = 0; i < length; i++) {
                read = room.await(read ? PATIENCE_MILLIS : 0) > 0;
                if (read) {
                    character.set(ValueLayout.JAVA_BYTE, 0, bytes[i]);
                    terminal.fd().write(character);
                }
            }
        } catch (LinuxException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    @Override
    public void connect(ConsoleGuest guest) {
        Thread.ofPlatform().daemon().name("pty-input").start(() -> feed(guest));
    }

    private void feed(ConsoleGuest guest) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(BUFFER);
            byte[] bytes = new byte[BUFFER];
            long length;
            while ((length = terminal.fd().read(buffer)) > 0) {
                MemorySegment.copy(buffer, ValueLayout.JAVA_BYTE, 0, bytes, 0, (int) length);
                guest.input(bytes, 0, (int) length);
            }
        } catch (LinuxException | IllegalStateException e) {
            // The link was closed.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        terminal.close();
    }
}
