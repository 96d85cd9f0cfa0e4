package org.jvisor.launcher.console;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The terminal on standard input in raw mode: keys arrive one by one, unechoed, and Ctrl-C is a key
 * like any other. Closing it puts the terminal back as it was; so does the end of the process,
 * however it comes about, SIGKILL excepted.
 */
public final class RawTerminal implements AutoCloseable {
    private final String saved;
    private final Thread hook = new Thread(this::restore, "terminal-restore");
    private boolean restored;

    private RawTerminal(String saved) {
        this.saved = saved;
    }

    /**
     * Whether a file descriptor of this process is a terminal.
     *
     * @param descriptor 0 for standard input to 2 for standard error
     */
    public static boolean isTerminal(int descriptor) {
        try {
            String target =
                    Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor)).toString();
            return target.startsWith("/dev/pts/")
                    || target.startsWith("/dev/tty")
                    || target.equals("/dev/console");
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Puts the terminal on standard input into raw mode.
     *
     * @throws IOException if it does not allow that
     */
    public static RawTerminal enter() throws IOException {
        RawTerminal terminal = new RawTerminal(stty("-g").strip());
        Runtime.getRuntime().addShutdownHook(terminal.hook);
        stty("raw", "-echo");
        return terminal;
    }

    /** The rows and columns of the terminal on standard input, as in {@code "24 80"}. */
    public static String size() throws IOException {
        return stty("size").strip();
    }

    /** Puts the terminal back. May be called twice. */
    @Override
    public void close() {
        restore();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process is ending: the hook runs, and finds nothing left to do.
        }
    }

    private synchronized void restore() {
        if (!restored) {
            restored = true;
            try {
                stty(saved);
            } catch (IOException e) {
                // The terminal is gone: there is nothing to put back.
            }
        }
    }

    private static String stty(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("stty"));
        command.addAll(List.of(arguments));
        Process process =
                new ProcessBuilder(command)
                        .redirectInput(ProcessBuilder.Redirect.INHERIT)
                        .redirectErrorStream(true)
                        .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (process.waitFor() != 0) {
                throw new IOException(output.strip());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        return output;
    }
}
