package org.jvisor.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jvisor.linux.bindings.linux_h;
import org.jvisor.linux.calls.TerminalCalls;

/**
 * A new pseudo-terminal: this process holds one end, and another program opens the other by its
 * {@link #name}. Any thread may call any method.
 */
public final class PseudoTerminal implements AutoCloseable {
    private final Fd fd;
    private final Fd peer;
    private final String name;

    private PseudoTerminal(Fd fd, Fd peer, String name) {
        this.fd = fd;
        this.peer = peer;
        this.name = name;
    }

    /**
     * Makes one, in raw mode: what one side writes is what the other reads.
     *
     * @throws LinuxException if the host has none left
     */
    public static PseudoTerminal open() {
        int number =
                TerminalCalls.posixOpenpt(
                        linux_h.O_RDWR() | linux_h.O_NOCTTY() | linux_h.O_CLOEXEC());
        Fd fd = Fd.own(LinuxException.check("posix_openpt", number));
        try (Arena arena = Arena.ofConfined()) {
            LinuxException.check("grantpt", TerminalCalls.grantpt(number));
            LinuxException.check("unlockpt", TerminalCalls.unlockpt(number));
            MemorySegment buffer = arena.allocate(128);
            LinuxException.check("ptsname", TerminalCalls.ptsname(number, buffer));
            String name = buffer.getString(0);
            // While this process holds the peer too, a program that leaves does not hang it up.
            Fd peer = Fd.open(name, linux_h.O_RDWR() | linux_h.O_NOCTTY());
            PseudoTerminal terminal = new PseudoTerminal(fd, peer, name);
            new Terminal(peer).rawMode(); // for good: the mode goes with the terminal
            return terminal;
        } catch (RuntimeException e) {
            fd.close();
            throw e;
        }
    }

    /** The path another program opens, such as {@code /dev/pts/3}. */
    public String name() {
        return name;
    }

    /** This process's end: read what was typed, write what is to be shown. Closed with this. */
    public Fd fd() {
        return fd;
    }

    /** The terminal's mode and size. */
    public Terminal terminal() {
        return new Terminal(fd);
    }

    @Override
    public void close() {
        peer.close();
        fd.close();
    }
}
