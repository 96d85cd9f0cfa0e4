package org.jvisor.machine;

import java.nio.file.Path;
import java.util.Set;

/** A virtio device that is neither a disk nor a network interface. A machine has one of each. */
public sealed interface DeviceConfig {
    /** The context ID of the host, and the least a guest may have (virtio 1.2 §5.10.4). */
    long HOST_CID = 2, MIN_CID = 3;

    /** The largest context ID: the one after it is reserved. */
    long MAX_CID = 0xffff_fffeL;

    /** A source of entropy, fed by the host's. */
    record Rng() implements DeviceConfig {}

    /** Gives memory back to the host while the guest does not need it. */
    record Balloon() implements DeviceConfig {}

    /**
     * Sockets between host and guest without a network. A program on the host reaches the guest's
     * port P by connecting to {@code socket} and sending {@code CONNECT P}; a guest's connection to
     * port P of the host arrives at {@code socket} with {@code _P} appended.
     *
     * @param socket the path of the Unix socket that is made
     * @param cid the guest's context ID, {@link #MIN_CID} to {@link #MAX_CID}
     */
    record Vsock(Path socket, long cid) implements DeviceConfig {
        static final DeviceSpec.Kind KIND =
                new DeviceSpec.Kind("vsock", "socket", Set.of("cid"), Set.of());

        /** Checks the context ID. */
        public Vsock {
            if (cid < MIN_CID || cid > MAX_CID) {
                throw new MachineException(
                        MachineException.Kind.CONFIGURATION,
                        "vsock: %d is no guest's context ID: take %d to %d"
                                .formatted(cid, MIN_CID, MAX_CID));
            }
        }

        /**
         * Reads {@code SOCKET[,cid=N]}; the context ID is {@link #MIN_CID} unless given.
         *
         * @throws MachineException if it is not of that form
         */
        public static Vsock parse(String text) {
            return of(DeviceSpec.parse(KIND, text), Path.of(""));
        }

        static Vsock of(DeviceSpec spec, Path base) {
            return new Vsock(
                    base.resolve(spec.main()), spec.number("cid", MIN_CID, MAX_CID, MIN_CID));
        }
    }
}
