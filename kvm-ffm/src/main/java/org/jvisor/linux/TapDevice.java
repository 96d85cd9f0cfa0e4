package org.jvisor.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.jvisor.linux.bindings.linux_h;
import org.jvisor.linux.calls.FileCalls;
import org.jvisor.linux.calls.StreamCalls;

/**
 * A tap interface (Documentation/networking/tuntap.rst): what the host sends to it is read from its
 * queues, and what is written to them the host receives. Each frame has a virtio_net_hdr of {@link
 * #HEADER_BYTES} before it. Queues are non-blocking. An interface that was made here is gone when
 * it is closed.
 */
public final class TapDevice implements AutoCloseable {
    /** Bytes of the header before each frame: that of virtio 1, little-endian. */
    public static final int HEADER_BYTES = 12;

    /** The host may leave checksums to the reader. */
    public static final int CHECKSUM = linux_h.TUN_F_CSUM();

    /** The host may send TCP over IPv4 in large packets. */
    public static final int TSO4 = linux_h.TUN_F_TSO4();

    /** The host may send TCP over IPv6 in large packets. */
    public static final int TSO6 = linux_h.TUN_F_TSO6();

    /** The host may send large TCP packets with ECN. */
    public static final int ECN = linux_h.TUN_F_TSO_ECN();

    /** The host may send trains of UDP datagrams over IPv4 and IPv6; Linux 6.2 or later. */
    public static final int USO = 0x60;

    private static final String CLONE = "/dev/net/tun";

    // linux/if_tun.h and linux/sockios.h: macros that jextract cannot evaluate, or leaves out.
    private static final int IFF_MULTI_QUEUE = 0x100, IFF_ATTACH_QUEUE = 0x200;
    private static final int IFF_DETACH_QUEUE = 0x400, IFF_NO_PI = 0x1000, IFF_VNET_HDR = 0x4000;
    private static final long TUNSETIFF = 0x4004_54caL, TUNSETOFFLOAD = 0x4004_54d0L;
    private static final long TUNSETVNETHDRSZ = 0x4004_54d8L, TUNSETQUEUE = 0x4004_54d9L;
    private static final long SIOCGIFFLAGS = 0x8913, SIOCSIFFLAGS = 0x8914;
    private static final long SIOCGIFMTU = 0x8921, SIOCSIFMTU = 0x8922, SIOCGIFINDEX = 0x8933;
    private static final long SIOCBRADDIF = 0x89a2;
    private static final int AF_INET = 2, SOCK_DGRAM = 2, SOCK_CLOEXEC = 0x80000, IFF_UP = 1;

    /** struct ifreq: a name of IFNAMSIZ bytes, and a union. */
    private static final int IFREQ = 40, IFNAMSIZ = 16, UNION = 16;

    private static final String RIGHTS =
            "Run as root or with CAP_NET_ADMIN, or have root make an interface of yours once: ip"
                    + " tuntap add NAME mode tap user $USER; ip link set NAME up";

    private final String name;
    private final List<Fd> queues;
    private final boolean made;

    private TapDevice(String name, List<Fd> queues, boolean made) {
        this.name = name;
        this.queues = queues;
        this.made = made;
    }

    /**
     * Opens an interface, making it if there is none of the name.
     *
     * @param name at most 15 bytes; null for a new one with a name of the kernel's choice
     * @param queueCount 1 to 256
     * @throws LinuxException if the kernel refuses; the message says what to do
     */
    public static TapDevice open(@Nullable String name, int queueCount) {
        boolean exists = name != null && Files.exists(Path.of("/sys/class/net", name));
        List<Fd> queues = new ArrayList<>();
        String known = name;
        try {
            for (int i = 0; i < queueCount; i++) {
                Fd fd = openClone();
                queues.add(fd);
                known = attach(fd, known, queueCount > 1);
            }
            return new TapDevice(String.valueOf(known), List.copyOf(queues), !exists);
        } catch (RuntimeException e) {
            queues.forEach(Fd::close);
            throw e;
        }
    }

    private static Fd openClone() {
        try {
            return Fd.open(CLONE, linux_h.O_RDWR() | linux_h.O_NONBLOCK());
        } catch (LinuxException e) {
            String hint =
                    e.errno() == linux_h.ENOENT() || e.errno() == linux_h.ENODEV()
                            ? "Load the driver: modprobe tun. In a container, pass "
                                    + CLONE
                                    + " in."
                            : RIGHTS;
            throw new LinuxException(e.operation(), e.errno(), hint);
        }
    }

    /** Connects a descriptor to an interface; returns the interface's name. */
    private static String attach(Fd fd, @Nullable String name, boolean several) {
        int flags = linux_h.IFF_TAP() | IFF_NO_PI | IFF_VNET_HDR;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment request = request(arena, name);
            request.set(
                    ValueLayout.JAVA_SHORT,
                    UNION,
                    (short) (several ? flags | IFF_MULTI_QUEUE : flags));
            int result = ioctl(fd, TUNSETIFF, request);
            if (result == -linux_h.EINVAL() && !several) {
                // One that was made for several queues wants to be told so.
                request.set(ValueLayout.JAVA_SHORT, UNION, (short) (flags | IFF_MULTI_QUEUE));
                result = ioctl(fd, TUNSETIFF, request);
            }
            if (result < 0) {
                String what = name == null ? "making a tap interface" : "opening tap " + name;
                throw new LinuxException(what, -result, hint(-result));
            }
            MemorySegment size = arena.allocate(ValueLayout.JAVA_INT);
            size.set(ValueLayout.JAVA_INT, 0, HEADER_BYTES);
            LinuxException.check("TUNSETVNETHDRSZ", ioctl(fd, TUNSETVNETHDRSZ, size));
            return request.getString(0);
        }
    }

    private static String hint(int errno) {
        if (errno == linux_h.EBUSY()) {
            return "Another program has it: each machine needs an interface of its own.";
        }
        if (errno == linux_h.EINVAL()) {
            return "An interface of that name is there, but is no tap interface that can have so"
                    + " many queues (ip tuntap add NAME mode tap multi_queue).";
        }
        return RIGHTS;
    }

    private static MemorySegment request(Arena arena, @Nullable String name) {
        MemorySegment request = arena.allocate(IFREQ, 8);
        if (name != null) {
            MemorySegment bytes = arena.allocateFrom(name);
            if (bytes.byteSize() > IFNAMSIZ) {
                throw new IllegalArgumentException(
                        "'%s' is longer than an interface's name can be: 15 bytes".formatted(name));
            }
            request.copyFrom(bytes);
        }
        return request;
    }

    private static int ioctl(Fd fd, long request, MemorySegment argument) {
        int number = fd.acquire();
        try {
            return FileCalls.ioctl(number, request, argument);
        } finally {
            fd.release();
        }
    }

    /** The interface's name. */
    public String name() {
        return name;
    }

    /** Whether the interface was made here, and ends with this object. */
    public boolean made() {
        return made;
    }

    /** How many queues there are. */
    public int queues() {
        return queues.size();
    }

    /** A queue; reading and writing move one frame, with its header. Closed with this object. */
    public Fd queue(int index) {
        return queues.get(index);
    }

    /**
     * Says which unfinished frames may be read.
     *
     * @param offloads a union of the constants here
     * @return false if the kernel does not know one of them: nothing has changed
     */
    public boolean offloads(int offloads) {
        Fd fd = queues.getFirst();
        int number = fd.acquire();
        try {
            int result = FileCalls.ioctl(number, TUNSETOFFLOAD, offloads & 0xffff_ffffL);
            if (result == -linux_h.EINVAL()) {
                return false;
            }
            LinuxException.check("TUNSETOFFLOAD of " + name, result);
            return true;
        } finally {
            fd.release();
        }
    }

    /** Has the host send through the first {@code count} queues only. */
    public void use(int count) {
        try (Arena arena = Arena.ofConfined()) {
            for (int i = 1; i < queues.size(); i++) {
                MemorySegment request = request(arena, null);
                int flags = i < count ? IFF_ATTACH_QUEUE : IFF_DETACH_QUEUE;
                request.set(ValueLayout.JAVA_SHORT, UNION, (short) flags);
                int result = ioctl(queues.get(i), TUNSETQUEUE, request);
                if (result != -linux_h.EINVAL()) { // it is so already
                    LinuxException.check("TUNSETQUEUE of " + name, result);
                }
            }
        }
    }

    /** The largest packet in bytes. */
    public int mtu() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment request = request(arena, name);
            LinuxException.check("reading the MTU of " + name, control(SIOCGIFMTU, request));
            return request.get(ValueLayout.JAVA_INT, UNION);
        }
    }

    /**
     * Changes the largest packet.
     *
     * @param bytes 68 to 65521
     * @throws LinuxException if this process may not
     */
    public void mtu(int bytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment request = request(arena, name);
            request.set(ValueLayout.JAVA_INT, UNION, bytes);
            int result = control(SIOCSIFMTU, request);
            if (result < 0) {
                throw new LinuxException(
                        "setting the MTU of %s to %d".formatted(name, bytes), -result, RIGHTS);
            }
        }
    }

    /**
     * Switches the interface on, if it is off.
     *
     * @throws LinuxException if it is and this process may not
     */
    public void up() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment request = request(arena, name);
            LinuxException.check("reading the flags of " + name, control(SIOCGIFFLAGS, request));
            int flags = request.get(ValueLayout.JAVA_SHORT, UNION);
            if ((flags & IFF_UP) == 0) {
                request.set(ValueLayout.JAVA_SHORT, UNION, (short) (flags | IFF_UP));
                int result = control(SIOCSIFFLAGS, request);
                if (result < 0) {
                    throw new LinuxException(
                            "switching %s on".formatted(name),
                            -result,
                            "Have root do it: ip link set " + name + " up");
                }
            }
        }
    }

    /**
     * Adds the interface to a bridge, if it is not there already.
     *
     * @throws LinuxException if there is no such bridge, or this process may not
     */
    public void bridge(String bridge) {
        Path port = Path.of("/sys/class/net", name, "brport", "bridge");
        try {
            if (Files.exists(port) && port.toRealPath().endsWith(bridge)) {
                return;
            }
        } catch (IOException e) {
            // It has left its bridge meanwhile: it is added below.
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment request = request(arena, name);
            LinuxException.check("finding " + name, control(SIOCGIFINDEX, request));
            int index = request.get(ValueLayout.JAVA_INT, UNION);
            MemorySegment add = request(arena, bridge);
            add.set(ValueLayout.JAVA_INT, UNION, index);
            int result = control(SIOCBRADDIF, add);
            if (result < 0) {
                String hint =
                        result == -linux_h.ENODEV()
                                ? "Make the bridge first: ip link add " + bridge + " type bridge"
                                : result == -linux_h.EBUSY()
                                        ? "It belongs to another bridge."
                                        : "Have root do it: ip link set %s master %s"
                                                .formatted(name, bridge);
                throw new LinuxException(
                        "adding %s to bridge %s".formatted(name, bridge), -result, hint);
            }
        }
    }

    private static int control(long request, MemorySegment argument) {
        int socket = StreamCalls.socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        LinuxException.check("opening a socket", socket);
        try {
            return FileCalls.ioctl(socket, request, argument);
        } finally {
            FileCalls.close(socket);
        }
    }

    @Override
    public void close() {
        queues.forEach(Fd::close);
    }
}
