package org.jvisor.virtio.vsock;

import org.jvisor.virtio.queue.Chain;

/** The header of a packet (virtio 1.2 §5.10.6), read from a chain. */
final class Packet {
    static final int HEADER = 44;

    /** Bytes of data in a packet at most. */
    static final int MOST_DATA = 64 << 10;

    static final int TYPE_STREAM = 1;

    static final long HOST_CID = 2;

    /** Operations. */
    static final int REQUEST = 1, RESPONSE = 2, RST = 3, SHUTDOWN = 4, RW = 5;

    static final int CREDIT_UPDATE = 6, CREDIT_REQUEST = 7;

    /** Flags of SHUTDOWN: the sender will not receive, will not send. */
    static final int NO_RECEIVE = 1, NO_SEND = 2;

    /** Offsets. */
    private static final int SRC_CID = 0, DST_CID = 8, SRC_PORT = 16, DST_PORT = 20, LEN = 24;

    private static final int TYPE = 28, OP = 30, FLAGS = 32, BUF_ALLOC = 36, FWD_CNT = 40;

    long sourceCid;
    long targetCid;
    int sourcePort;
    int targetPort;
    int length;
    int type;
    int operation;
    int flags;
    int bufferSize;
    int forwarded;

    /** Reads a header from the guest; false if the chain is too short for it and its data. */
    boolean read(Chain chain) {
        long bytes = chain.readable().length();
        if (bytes < HEADER) {
            return false;
        }
        sourceCid = chain.readLong(SRC_CID);
        targetCid = chain.readLong(DST_CID);
        sourcePort = chain.readInt(SRC_PORT);
        targetPort = chain.readInt(DST_PORT);
        length = chain.readInt(LEN);
        type = chain.readShort(TYPE);
        operation = chain.readShort(OP);
        flags = chain.readInt(FLAGS);
        bufferSize = chain.readInt(BUF_ALLOC);
        forwarded = chain.readInt(FWD_CNT);
        return length >= 0 && length <= MOST_DATA && length <= bytes - HEADER;
    }

    /** Writes a header to the guest. */
    static void write(
            Chain chain,
            long guestCid,
            int hostPort,
            int guestPort,
            int operation,
            int flags,
            int length,
            int bufferSize,
            int forwarded) {
        chain.writeLong(SRC_CID, HOST_CID);
        chain.writeLong(DST_CID, guestCid);
        chain.writeInt(SRC_PORT, hostPort);
        chain.writeInt(DST_PORT, guestPort);
        chain.writeInt(LEN, length);
        chain.writeShort(TYPE, TYPE_STREAM);
        chain.writeShort(OP, operation);
        chain.writeInt(FLAGS, flags);
        chain.writeInt(BUF_ALLOC, bufferSize);
        chain.writeInt(FWD_CNT, forwarded);
    }
}
