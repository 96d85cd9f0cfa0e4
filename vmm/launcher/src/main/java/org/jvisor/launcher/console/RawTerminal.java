package org.jvisor.launcher.console;

import org.jvisor.linux.Fd;
import org.jvisor.linux.LinuxException;
import org.jvisor.linux.Terminal;
import org.jvisor.linux.WindowSize;

/**
 * The terminal on standard input in raw mode: keys arrive one by one, unechoed, and Ctrl-C is a key
 * like any other. Closing it puts the terminal back as it was; so does the end of the process,
 * however it comes about, SIGKILL excepted.
 */
public final class RawTerminal implements AutoCloseable {
    private final Terminal.RawMode mode;
    private final Thread hook;

    private RawTerminal(Terminal.RawMode mode) {
        this.mode = mode;
        hook = new Thread(mode::close, "terminal-restore");
    }

    /**
     * Whether a file descriptor of this process is a terminal.
     *
     * @param descriptor 0 for standard input to 2 for standard error
     */
    public static boolean isTerminal(int descriptor) {
        return Fd.borrow(descriptor).isTerminal();
    }

    /**
     * Puts the terminal on standard input into raw mode.
     *
     * @throws LinuxException if it does not allow that
     */
    static RawTerminal enter() {
        RawTerminal terminal = new RawTerminal(Terminal.standardInput().rawMode());
        Runtime.getRuntime().addShutdownHook(terminal.hook);
        return terminal;
    }

    /**
     * The size of the terminal on standard input.
     *
     * @throws LinuxException if it is none
     */
    public static WindowSize size() {
        return Terminal.standardInput().windowSize();
    }

    /** Puts the terminal back. May be called twice. */
    @Override
    public void close() {
        mode.close();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process is ending: the hook runs, and finds nothing left to do.
        }
    }
}
