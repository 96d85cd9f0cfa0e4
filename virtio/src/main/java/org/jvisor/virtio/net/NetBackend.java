package org.jvisor.virtio.net;

import java.lang.foreign.MemorySegment;

/**
 * What an interface is connected to. It has one thread for each pair of queues in use, on which it
 * asks its {@link NetPort} for the guest's frames and gives it those for the guest.
 *
 * <p>{@link #start}, {@link #receive} and {@link #close} are called by one thread at a time; {@link
 * #wake} by any.
 */
public interface NetBackend extends AutoCloseable {
    /** What it is, for messages: such as {@code "tap jv0"}. */
    String name();

    /** How many pairs of queues it can serve, 1 or more. */
    int queuePairs();

    /**
     * Which unfinished frames it takes from the guest: {@link Offloads} bits. TSO4 or TSO6 without
     * CSUM: large packets, whose checksum is complete.
     */
    int accepts();

    /** Which unfinished frames it may have for the guest, if the guest takes them. */
    int delivers();

    /** The largest packet it carries in bytes; 0 if it does not know. */
    int mtu();

    /** Whether it is connected. It tells of changes by {@link NetPort#linkChanged}. */
    boolean linkUp();

    /**
     * Begins to carry frames.
     *
     * @param port the device's side
     */
    void start(NetPort port);

    /**
     * Says what the guest takes from now on.
     *
     * @param offloads {@link Offloads} bits, of those it {@link #delivers}
     * @param pairs pairs of queues in use, 1 to {@link #queuePairs}
     */
    void receive(int offloads, int pairs);

    /**
     * Makes a pair's thread ask for frames, and offer again what was refused. Does not block.
     *
     * @param pair 0 to {@link #queuePairs} - 1
     */
    void wake(int pair);

    /** Ends its threads and lets go of what it holds. May be called twice. */
    @Override
    void close();

    /** Takes the guest's frames, on the thread of the pair. */
    @FunctionalInterface
    interface Sink {
        /** Bytes before a frame that the sink may overwrite. */
        int HEADROOM = 16;

        /**
         * Sends a frame; one that cannot be sent is dropped.
         *
         * @param header what is left to do with it, nothing beyond what it {@link #accepts}; read
         *     only
         * @param memory native memory of the host; free to use until this returns
         * @param offset where the frame begins, {@link #HEADROOM} or more
         * @param length bytes of the frame, from the destination address on, without FCS; 14 or
         *     more
         */
        void send(NetHeader header, MemorySegment memory, long offset, int length);

        /**
         * Whether a frame can be sent now. If not, the guest's frames stay in its queue, {@link
         * NetPort#transmit} returns 0, and the back end asks for them when there is room again.
         */
        default boolean ready() {
            return true;
        }
    }
}
