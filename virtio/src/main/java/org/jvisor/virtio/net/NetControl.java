package org.jvisor.virtio.net;

import org.jvisor.virtio.queue.Chain;

/** The commands of the control queue (virtio 1.2 §5.1.6.5). */
final class NetControl {
    /** The answers. */
    static final int OK = 0, ERR = 1;

    private static final int RX = 0, MAC = 1, VLAN = 2, ANNOUNCE = 3, MQ = 4, GUEST_OFFLOADS = 5;
    private static final int MAC_TABLE_SET = 0, MAC_ADDR_SET = 1;
    private static final int VLAN_ADD = 0, VLAN_DEL = 1;
    private static final int RX_MODES = 6;

    private final NetFilter filter;
    private final Target target;

    /** What commands change besides the filter. */
    interface Target {
        /** The negotiated features. */
        long features();

        /** The guest has told the network where it is. */
        void announced();

        /** The guest has a new address. */
        void macChanged();

        /**
         * The guest uses that many pairs of queues.
         *
         * @return whether there are so many
         */
        boolean pairs(int pairs);

        /** The guest takes what these features say, of those it negotiated. */
        void offloads(long features);
    }

    NetControl(NetFilter filter, Target target) {
        this.filter = filter;
        this.target = target;
    }

    /**
     * Carries a command out.
     *
     * @param chain its readable part: class, command and data
     * @return {@link #OK} or {@link #ERR}
     */
    int execute(Chain chain) {
        long length = chain.readable().length() - 2;
        if (length < 0) {
            return ERR;
        }
        int command = chain.readByte(1);
        boolean done =
                switch (chain.readByte(0)) {
                    case RX -> has(NetFeatures.CTRL_RX) && rx(command, chain, length);
                    case MAC -> mac(command, chain, length);
                    case VLAN -> has(NetFeatures.CTRL_VLAN) && vlan(command, chain, length);
                    case ANNOUNCE -> has(NetFeatures.GUEST_ANNOUNCE) && announce(command);
                    case MQ ->
                            has(NetFeatures.MQ)
                                    && command == 0
                                    && length >= 2
                                    && target.pairs(chain.readShort(2));
                    case GUEST_OFFLOADS -> offloads(command, chain, length);
                    default -> false;
                };
        return done ? OK : ERR;
    }

    private boolean has(long feature) {
        return (target.features() & feature) != 0;
    }

    private boolean rx(int command, Chain chain, long length) {
        if (command >= RX_MODES || length < 1 || (command > 1 && !has(NetFeatures.CTRL_RX_EXTRA))) {
            return false;
        }
        int on = chain.readByte(2);
        if (on > 1) {
            return false;
        }
        filter.mode(1 << command, on == 1);
        return true;
    }

    private boolean mac(int command, Chain chain, long length) {
        if (command == MAC_ADDR_SET && has(NetFeatures.CTRL_MAC_ADDR) && length == 6) {
            filter.mac(address(chain, 2));
            target.macChanged();
            return true;
        }
        return command == MAC_TABLE_SET && has(NetFeatures.CTRL_RX) && tables(chain, length);
    }

    private boolean tables(Chain chain, long length) {
        if (length < 4) {
            return false;
        }
        long unicast = chain.readInt(2) & 0xffff_ffffL;
        long after = 4 + unicast * 6;
        if (after + 4 > length) {
            return false;
        }
        long multicast = chain.readInt(2 + after) & 0xffff_ffffL;
        if (after + 4 + multicast * 6 > length) {
            return false;
        }
        filter.addresses(table(chain, 2 + 4, unicast), table(chain, 2 + after + 4, multicast));
        return true;
    }

    /** A table; one with too many entries becomes one that is too long, which says the same. */
    private static long[] table(Chain chain, long at, long entries) {
        if (entries > NetFilter.MAX_ADDRESSES) {
            return new long[NetFilter.MAX_ADDRESSES + 1];
        }
        long[] table = new long[(int) entries];
        for (int i = 0; i < table.length; i++) {
            table[i] = address(chain, at + i * 6L);
        }
        return table;
    }

    private static long address(Chain chain, long at) {
        long address = 0;
        for (int i = 0; i < 6; i++) {
            address = address << 8 | chain.readByte(at + i);
        }
        return address;
    }

    private boolean vlan(int command, Chain chain, long length) {
        if (length < 2 || (command != VLAN_ADD && command != VLAN_DEL)) {
            return false;
        }
        int id = chain.readShort(2);
        filter.vlan(id, command == VLAN_ADD);
        return id < 4096;
    }

    private boolean announce(int command) {
        if (command != 0) {
            return false;
        }
        target.announced();
        return true;
    }

    private boolean offloads(int command, Chain chain, long length) {
        if (!has(NetFeatures.CTRL_GUEST_OFFLOADS) || command != 0 || length < 8) {
            return false;
        }
        long wanted = chain.readLong(2);
        if ((wanted & ~(NetFeatures.SWITCHABLE & target.features())) != 0) {
            return false;
        }
        target.offloads(wanted);
        return true;
    }
}
