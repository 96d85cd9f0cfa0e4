package org.jvisor.virtio.vsock;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * All connections of a device: by their ports once these are known, and those that may have
 * something for the guest in the order in which they get their turns. Used by the device's thread,
 * or by another while that rests.
 */
final class Connections {
    /** How many there are at once at most. */
    private static final int MOST = 1024;

    /** Ports of host programs that connect, none of which says its own. */
    private static final int FIRST_HOST_PORT = 0x4000_0000;

    private final Map<Long, Connection> byPorts = new HashMap<>();
    private final Set<Connection> all = new HashSet<>();
    private final ArrayDeque<Connection> active = new ArrayDeque<>();
    private int nextHostPort = FIRST_HOST_PORT;

    /** What the guest tells a connection by. */
    static long key(int hostPort, int guestPort) {
        return (long) hostPort << 32 | guestPort & 0xffff_ffffL;
    }

    boolean full() {
        return all.size() >= MOST;
    }

    /** Adds one whose ports are not known yet. */
    void add(Connection connection) {
        all.add(connection);
    }

    /** Has one be found by its ports from now on. */
    void name(Connection connection) {
        byPorts.put(key(connection.hostPort, connection.guestPort), connection);
    }

    @Nullable Connection find(long key) {
        return byPorts.get(key);
    }

    /** A port for a host program that connects to a port of the guest. */
    int freeHostPort(int guestPort) {
        do {
            nextHostPort = Math.max(FIRST_HOST_PORT, nextHostPort + 1);
        } while (byPorts.containsKey(key(nextHostPort, guestPort)));
        return nextHostPort;
    }

    /** Gives the connection a turn if it may have something for the guest. */
    void activate(Connection connection) {
        boolean data =
                connection.readable
                        && connection.state == Connection.State.OPEN
                        && !connection.endOfInput
                        && !connection.guestReceivesNoMore;
        if ((data || connection.hasOperation()) && !connection.queued) {
            connection.queued = true;
            active.add(connection);
        }
    }

    /** Whether one waits for its turn. */
    boolean waiting() {
        return !active.isEmpty();
    }

    /** The one whose turn it is, which waits no more; or null. */
    @Nullable Connection nextTurn() {
        Connection connection = active.poll();
        if (connection != null) {
            connection.queued = false;
        }
        return connection;
    }

    /** Closes one and forgets it. */
    void remove(Connection connection) {
        connection.close();
        all.remove(connection);
        byPorts.remove(key(connection.hostPort, connection.guestPort), connection);
        if (connection.queued) {
            active.remove(connection);
            connection.queued = false;
        }
    }

    /** Closes and forgets all. */
    void clear() {
        all.forEach(Connection::close);
        all.clear();
        byPorts.clear();
        active.clear();
    }
}
