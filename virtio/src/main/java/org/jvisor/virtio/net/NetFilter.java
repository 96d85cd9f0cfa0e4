package org.jvisor.virtio.net;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Which received frames the guest wants (virtio 1.2 §5.1.6.5.1 to §5.1.6.5.3). The control queue
 * changes it while pairs ask it: changes replace what they change whole.
 */
final class NetFilter {
    /** Addresses of a kind the table holds; with more, all of that kind pass. */
    static final int MAX_ADDRESSES = 64;

    private static final int VLAN_TYPE = 0x8100, VLANS = 4096;
    private static final long BROADCAST = 0xffff_ffff_ffffL;
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    /** The mode bits: the command numbers of VIRTIO_NET_CTRL_RX are the bits' numbers. */
    static final int PROMISC = 1, ALLMULTI = 2, ALLUNI = 4, NOMULTI = 8, NOUNI = 16, NOBCAST = 32;

    private volatile long mac;

    /** All pass until the driver says otherwise. */
    private volatile int mode = PROMISC;

    private volatile long[] unicast = {};
    private volatile long[] multicast = {};

    /** A bit for each VLAN ID; empty where the driver did not negotiate VLAN filtering. */
    private volatile long[] vlans = {};

    NetFilter(long mac) {
        this.mac = mac;
    }

    long mac() {
        return mac;
    }

    void mac(long address) {
        mac = address;
    }

    /** As after a reset: promiscuous, without filtering of VLANs. */
    void reset() {
        mode = PROMISC;
        unicast = new long[0];
        multicast = new long[0];
        vlans = new long[0];
    }

    /** Drops frames of all VLANs from now on, but those added. */
    void filterVlans() {
        vlans = new long[VLANS / 64];
    }

    void mode(int bit, boolean on) {
        mode = on ? mode | bit : mode & ~bit;
    }

    void addresses(long[] unicast, long[] multicast) {
        this.unicast = unicast;
        this.multicast = multicast;
    }

    void vlan(int id, boolean on) {
        long[] changed = vlans.clone();
        if (id < VLANS && changed.length > 0) {
            long bit = 1L << id;
            changed[id / 64] = on ? changed[id / 64] | bit : changed[id / 64] & ~bit;
            vlans = changed;
        }
    }

    /** Whether the guest wants a frame of at least 14 bytes. */
    boolean wants(MemorySegment memory, long offset) {
        int now = mode;
        if ((now & PROMISC) != 0) {
            return true;
        }
        if ((memory.get(SHORT, offset + 12) & 0xffff) == VLAN_TYPE && !wantsVlan(memory, offset)) {
            return false;
        }
        long to =
                (memory.get(INT, offset) & 0xffff_ffffL) << 16
                        | (memory.get(SHORT, offset + 4) & 0xffff);
        if (to == BROADCAST) {
            return (now & NOBCAST) == 0;
        }
        if ((to >>> 40 & 1) != 0) {
            return (now & NOMULTI) == 0 && ((now & ALLMULTI) != 0 || among(multicast, to));
        }
        return (now & NOUNI) == 0 && ((now & ALLUNI) != 0 || to == mac || among(unicast, to));
    }

    private boolean wantsVlan(MemorySegment memory, long offset) {
        long[] table = vlans;
        int id = memory.get(SHORT, offset + 14) & VLANS - 1;
        return table.length == 0 || (table[id / 64] >>> id & 1) != 0;
    }

    /** A table that overflowed holds everything. */
    private static boolean among(long[] table, long address) {
        if (table.length > MAX_ADDRESSES) {
            return true;
        }
        for (long entry : table) {
            if (entry == address) {
                return true;
            }
        }
        return false;
    }

    void save(DataOutput out) throws IOException {
        out.writeLong(mac);
        out.writeInt(mode);
        for (long[] table : new long[][] {unicast, multicast, vlans}) {
            out.writeInt(table.length);
            for (long entry : table) {
                out.writeLong(entry);
            }
        }
    }

    void restore(DataInput in) throws IOException {
        mac = in.readLong();
        mode = in.readInt();
        unicast = table(in);
        multicast = table(in);
        long[] bits = table(in);
        vlans = bits.length == 0 ? bits : Arrays.copyOf(bits, VLANS / 64);
    }

    private static long[] table(DataInput in) throws IOException {
        int length = in.readInt();
        if (length < 0 || length > MAX_ADDRESSES + 1) {
            throw new IOException("a saved address table has " + length + " entries");
        }
        long[] table = new long[length];
        for (int i = 0; i < length; i++) {
            table[i] = in.readLong();
        }
        return table;
    }
}
