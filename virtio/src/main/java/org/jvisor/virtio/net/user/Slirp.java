package org.jvisor.virtio.net.user;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;
import org.jvisor.linux.LinuxException;
import org.jvisor.slirp.bindings.in_addr;
import org.jvisor.slirp.bindings.libslirp_h;
import org.jvisor.virtio.net.NetException;
import org.jvisor.virtio.net.PortForward;

/**
 * One network of libslirp's. Pointers that pass by for each frame are plain numbers, so that
 * nothing is allocated for them. Used by one thread at a time.
 */
final class Slirp {
    private static final MethodHandle INPUT =
            Linker.nativeLinker()
                    .downcallHandle(
                            libslirp_h.slirp_input$address(),
                            FunctionDescriptor.ofVoid(
                                    ValueLayout.JAVA_LONG,
                                    ValueLayout.JAVA_LONG,
                                    ValueLayout.JAVA_INT));

    private static final Linker.Option CAPTURE = Linker.Option.captureCallState("errno");
    private static final MemoryLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(PathElement.groupElement("errno"));

    /** sizeof(struct sockaddr_in6), and its address family. */
    private static final int SOCKADDR_IN6 = 28, AF_INET6 = 10;

    private static final ValueLayout.OfShort NETWORK_SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private final SlirpCallbacks callbacks;
    private final MemorySegment timeout;
    private final MemorySegment slirp;
    private final long pointer;

    /**
     * Makes a network.
     *
     * @param config struct SlirpConfig
     * @param callbacks what the library calls
     * @param arena for what lives as long as the network
     */
    Slirp(MemorySegment config, SlirpCallbacks callbacks, Arena arena) {
        this.callbacks = callbacks;
        timeout = arena.allocate(ValueLayout.JAVA_INT);
        slirp = libslirp_h.slirp_new(config, callbacks.table(), MemorySegment.NULL);
        pointer = slirp.address();
        if (pointer == 0) {
            throw new NetException(
                    "libslirp %s does not take the configuration of the network: look at net=, mtu= and the addresses"
                            .formatted(SlirpLibrary.version()));
        }
    }

    /** Handles a frame of the guest's. */
    void input(MemorySegment memory, long offset, int length) {
        try {
            INPUT.invokeExact(pointer, memory.address() + offset, length);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError("a native call threw a checked exception", e);
        }
    }

    /**
     * Asks which descriptors to wait for; the callbacks collect them.
     *
     * @return how long to wait at most, in milliseconds
     */
    int fill() {
        timeout.set(ValueLayout.JAVA_INT, 0, -1); // an unsigned number: as long as can be
        libslirp_h.slirp_pollfds_fill(slirp, timeout, callbacks.addPoll(), MemorySegment.NULL);
        int millis = timeout.get(ValueLayout.JAVA_INT, 0);
        return millis < 0 ? Integer.MAX_VALUE : millis;
    }

    /** Does what the descriptors that are ready ask for; the callbacks tell which are. */
    void poll() {
        libslirp_h.slirp_pollfds_poll(slirp, 0, callbacks.pollResult(), MemorySegment.NULL);
    }

    /**
     * Listens on a port of the host's.
     *
     * @throws NetException if the host does not let it
     */
    void forward(PortForward forward) {
        boolean udp = forward.protocol() == PortForward.Protocol.UDP;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            int result =
                    forward.hostAddress() instanceof Inet6Address
                            ? forward6(forward, udp, state, arena)
                            : forward4(forward, udp, state, arena);
            if (result != 0) {
                String what = "listening on the host's port for hostfwd=" + forward;
                int errno = (int) ERRNO.get(state, 0L);
                LinuxException cause =
                        new LinuxException(
                                what,
                                errno,
                                "Choose a free port of an address the host has; ports below 1024"
                                        + " need privileges.");
                throw new NetException(String.valueOf(cause.getMessage()), cause);
            }
        }
    }

    private int forward4(PortForward forward, boolean udp, MemorySegment state, Arena arena) {
        MethodHandle handle =
                Linker.nativeLinker()
                        .downcallHandle(
                                libslirp_h.slirp_add_hostfwd$address(),
                                libslirp_h.slirp_add_hostfwd$descriptor(),
                                CAPTURE);
        try {
            return (int)
                    handle.invokeExact(
                            state,
                            slirp,
                            udp ? 1 : 0,
                            ipv4(forward.hostAddress(), arena),
                            forward.hostPort(),
                            ipv4(forward.guestAddress(), arena),
                            forward.guestPort());
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError("a native call threw a checked exception", e);
        }
    }

    private int forward6(PortForward forward, boolean udp, MemorySegment state, Arena arena) {
        MethodHandle handle =
                Linker.nativeLinker()
                        .downcallHandle(
                                libslirp_h.slirp_add_hostxfwd$address(),
                                libslirp_h.slirp_add_hostxfwd$descriptor(),
                                CAPTURE);
        InetAddress guest = forward.guestAddress();
        if (guest == null) {
            throw new NetException("hostfwd " + forward + " names no address of the guest's");
        }
        int flags = (udp ? libslirp_h.SLIRP_HOSTFWD_UDP() : 0) | libslirp_h.SLIRP_HOSTFWD_V6ONLY();
        try {
            return (int)
                    handle.invokeExact(
                            state,
                            slirp,
                            ipv6(forward.hostAddress(), forward.hostPort(), arena),
                            SOCKADDR_IN6,
                            ipv6(guest, forward.guestPort(), arena),
                            SOCKADDR_IN6,
                            flags);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError("a native call threw a checked exception", e);
        }
    }

    /** Ends all connections. */
    void close() {
        libslirp_h.slirp_cleanup(slirp);
    }

    /** struct in_addr; null is INADDR_ANY. */
    static MemorySegment ipv4(@Nullable InetAddress address, Arena arena) {
        MemorySegment struct = in_addr.allocate(arena);
        if (address != null) {
            MemorySegment.copy(address.getAddress(), 0, struct, ValueLayout.JAVA_BYTE, 0, 4);
        }
        return struct;
    }

    private static MemorySegment ipv6(InetAddress address, int port, Arena arena) {
        MemorySegment struct = arena.allocate(SOCKADDR_IN6, 4);
        struct.set(ValueLayout.JAVA_SHORT, 0, (short) AF_INET6);
        struct.set(NETWORK_SHORT, 2, (short) port);
        MemorySegment.copy(address.getAddress(), 0, struct, ValueLayout.JAVA_BYTE, 8, 16);
        return struct;
    }
}
