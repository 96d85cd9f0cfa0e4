package org.jvisor.launcher.console;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.jvisor.launcher.ExitStatus;
import org.jvisor.launcher.UserError;
import org.jvisor.linux.LinuxException;

/**
 * The process's standard input and output as the far end of a guest's serial line. On a terminal
 * the bytes are the guest's but for the escape keys; from a pipe or a file every byte is the
 * guest's, and its end just ends the input.
 */
public final class Console implements SerialLink {
    /** The keys, as shown by Ctrl-A H. */
    static final String KEYS =
            """
            Ctrl-A X       stop the guest at once and quit
            Ctrl-A C       open or close the monitor prompt
            Ctrl-A H       show this help
            Ctrl-A Ctrl-A  send Ctrl-A to the guest
            After the terminal has changed its size, run resize in the guest.
            """;

    private static final int BUFFER = 4096;

    private final InputStream in;
    private final OutputStream out;
    private final boolean terminal;
    private final InputQueue queue = new InputQueue();
    private @Nullable RawTerminal raw;

    Console(InputStream in, OutputStream out, boolean terminal) {
        this.in = in;
        this.out = out;
        this.terminal = terminal;
    }

    /** The console on standard input and output. */
    public static Console standard() {
        return new Console(
                new FileInputStream(FileDescriptor.in),
                new FileOutputStream(FileDescriptor.out),
                RawTerminal.isTerminal(0));
    }

    @Override
    public void output(byte[] bytes, int length) throws IOException {
        out.write(bytes, 0, length);
        out.flush();
    }

    @Override
    public void connect(ConsoleGuest guest) {
        if (terminal) {
            try {
                raw = RawTerminal.enter();
            } catch (LinuxException e) {
                throw new UserError(
                        ExitStatus.IO,
                        "the terminal cannot be put into raw mode (%s): use --serial null, file=PATH or pty"
                                .formatted(e.getMessage()),
                        e);
            }
        }
        daemon("console-feed", () -> feed(guest));
        daemon("console-input", terminal ? () -> readKeys(guest) : this::readPipe);
    }

    @Override
    public void close() {
        if (raw != null) {
            raw.close();
        }
    }

    private static void daemon(String name, Runnable body) {
        Thread.ofPlatform().daemon().name(name).start(body);
    }

    private void feed(ConsoleGuest guest) {
        byte[] buffer = new byte[BUFFER];
        try {
            int length;
            while ((length = queue.take(buffer)) >= 0) {
                guest.input(buffer, 0, length);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void readPipe() {
        byte[] buffer = new byte[BUFFER];
        try {
            int length;
            while ((length = in.read(buffer)) >= 0) {
                queue.put(buffer, length);
            }
        } catch (IOException e) {
            // A standard input that is closed or unreadable gives the guest nothing to read.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        queue.end();
    }

    private void readKeys(ConsoleGuest guest) {
        KeyFilter filter = new KeyFilter(guest, this::show);
        byte[] buffer = new byte[BUFFER];
        try {
            int length;
            while ((length = in.read(buffer)) >= 0) {
                // As a terminal's own input buffer does when nobody reads: what does not fit is
                // lost, so that the escape keys still work.
                queue.offer(buffer, filter.filter(buffer, length));
            }
        } catch (IOException e) {
            // The terminal is gone; SIGHUP ends the process if that is what it means.
        }
        queue.end();
    }

    private void show(String text) {
        byte[] bytes = text.replace("\n", "\r\n").getBytes(StandardCharsets.UTF_8);
        try {
            output(bytes, bytes.length);
        } catch (IOException e) {
            // Nowhere to show it.
        }
    }
}
