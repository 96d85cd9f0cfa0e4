package org.jvisor.machine.device;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/** A local APIC's error status register (SDM 3A §11.5.3): a write makes errors readable. */
final class ApicErrors {
    static final int SEND_ILLEGAL_VECTOR = 1 << 5;
    static final int RECEIVE_ILLEGAL_VECTOR = 1 << 6;
    static final int ILLEGAL_REGISTER = 1 << 7;

    private int readable;
    private int collected;

    void reset() {
        readable = 0;
        collected = 0;
    }

    /** Notes an error. Returns whether it is the first of its kind since the last write. */
    boolean raise(int error) {
        boolean first = (collected & error) == 0;
        collected |= error;
        return first;
    }

    int read() {
        return readable;
    }

    void write() {
        readable = collected;
        collected = 0;
    }

    void save(DataOutput out) throws IOException {
        out.writeByte(readable);
        out.writeByte(collected);
    }

    void restore(DataInput in) throws IOException {
        readable = in.readUnsignedByte();
        collected = in.readUnsignedByte();
    }
}
