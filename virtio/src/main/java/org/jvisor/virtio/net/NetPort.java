package org.jvisor.virtio.net;

import java.lang.foreign.MemorySegment;

/** The device's side of a back end. All but {@link #linkChanged} on the thread of the pair. */
public interface NetPort {
    /** The longest frame: a packet of 64 KiB, an Ethernet header and two VLAN tags. */
    int MAX_FRAME = 65535 + 14 + 8;

    /** The result of {@link #receive} for a frame that was taken, or dropped on purpose. */
    long TAKEN = 0;

    /** The time that does not come before {@link NetBackend#wake}. */
    long NEVER = Long.MAX_VALUE;

    /**
     * Sends what the guest has to send.
     *
     * @param pair the pair of queues
     * @param sink takes the frames before this returns
     * @return after how many nanoseconds to ask again unasked, or {@link #NEVER}
     */
    long transmit(int pair, NetBackend.Sink sink);

    /**
     * Gives the guest a frame.
     *
     * @param pair the pair of queues
     * @param header what is left to do with it; nothing that the guest does not take
     * @param memory native memory
     * @param offset where the frame begins
     * @param length bytes of the frame; what is below 14 or above {@link #MAX_FRAME} is dropped
     * @return {@link #TAKEN}; else the guest cannot take it now: after how many nanoseconds to try
     *     again unasked, or {@link #NEVER}
     */
    long receive(int pair, NetHeader header, MemorySegment memory, long offset, int length);

    /** Ends a batch of frames received: the guest may be interrupted now. */
    void received(int pair);

    /** Says that {@link NetBackend#linkUp} changed. Any thread. */
    void linkChanged();
}
