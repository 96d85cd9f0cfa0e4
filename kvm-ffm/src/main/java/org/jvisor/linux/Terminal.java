package org.jvisor.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jvisor.linux.bindings.linux_h;
import org.jvisor.linux.bindings.termios;
import org.jvisor.linux.bindings.winsize;
import org.jvisor.linux.calls.Calls;
import org.jvisor.linux.calls.FileCalls;
import org.jvisor.linux.calls.TerminalCalls;

/** A terminal's mode and size. Any thread may call any method. */
public final class Terminal {
    private final Fd fd;

    /** The time in which a terminal passes every key on at once; {@link #close} ends it. */
    public interface RawMode extends AutoCloseable {
        /** Puts the terminal's former mode back. May be called twice, and by a shutdown hook. */
        @Override
        void close();
    }

    /**
     * Wraps a terminal.
     *
     * @param fd borrowed: this object does not close it
     */
    public Terminal(Fd fd) {
        this.fd = fd;
    }

    /** The standard input. */
    public static Terminal standardInput() {
        return new Terminal(Fd.borrow(0));
    }

    /** The standard output. */
    public static Terminal standardOutput() {
        return new Terminal(Fd.borrow(1));
    }

    /** Its descriptor. */
    public Fd fd() {
        return fd;
    }

    /** Whether it is a terminal at all. */
    public boolean isTerminal() {
        return fd.isTerminal();
    }

    /**
     * Switches off echo, line editing, signals from keys and all translation of characters.
     *
     * @return what brings the former mode back
     * @throws LinuxException if it is not a terminal
     */
    public RawMode rawMode() {
        Arena arena = Arena.ofAuto();
        MemorySegment before = termios.allocate(arena);
        MemorySegment raw = termios.allocate(arena);
        int number = fd.acquire();
        try {
            LinuxException.check(
                    "reading the terminal's mode", TerminalCalls.tcgetattr(number, before));
            raw.copyFrom(before);
            TerminalCalls.cfmakeraw(raw);
            setMode(number, raw);
        } finally {
            fd.release();
        }
        AtomicBoolean restored = new AtomicBoolean();
        return () -> {
            if (restored.compareAndSet(false, true) && !fd.isClosed()) {
                int again = fd.acquire();
                try {
                    setMode(again, before);
                } finally {
                    fd.release();
                }
            }
        };
    }

    /**
     * Its size now.
     *
     * @throws LinuxException if it is not a terminal
     */
    public WindowSize windowSize() {
        MemorySegment size = Calls.scratch();
        int number = fd.acquire();
        try {
            LinuxException.check(
                    "reading the terminal's size",
                    FileCalls.ioctl(number, linux_h.TIOCGWINSZ(), size));
        } finally {
            fd.release();
        }
        return new WindowSize(
                Short.toUnsignedInt(winsize.ws_col(size)),
                Short.toUnsignedInt(winsize.ws_row(size)));
    }

    /**
     * Sets its size; the programs on it get a SIGWINCH.
     *
     * @throws LinuxException if it is not a terminal
     */
    public void setWindowSize(WindowSize windowSize) {
        MemorySegment size = Calls.scratch().asSlice(0, winsize.sizeof()).fill((byte) 0);
        winsize.ws_col(size, (short) windowSize.columns());
        winsize.ws_row(size, (short) windowSize.rows());
        int number = fd.acquire();
        try {
            LinuxException.check(
                    "setting the terminal's size",
                    FileCalls.ioctl(number, linux_h.TIOCSWINSZ(), size));
        } finally {
            fd.release();
        }
    }

    private static void setMode(int number, MemorySegment mode) {
        int result;
        do {
            result = TerminalCalls.tcsetattr(number, linux_h.TCSADRAIN(), mode);
        } while (result == -linux_h.EINTR());
        LinuxException.check("setting the terminal's mode", result);
    }
}
