package org.jvisor.machine.device;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/** The common parts of a device's saved state. */
final class SavedState {
    private SavedState() {}

    /** Begins a state of the given version, 1 to 255. */
    static void begin(DataOutput out, int version) throws IOException {
        out.writeByte(version);
    }

    /** Reads the version and refuses any other than {@code version}. */
    static void expect(DataInput in, String device, int version) throws IOException {
        int found = in.readUnsignedByte();
        if (found != version) {
            throw new IOException(
                    "the saved state of %s has version %d, but this program reads version %d: restore it with the program that saved it"
                            .formatted(device, found, version));
        }
    }

    /** Returns {@code value} if it lies within the bounds, else says that the state is damaged. */
    static int range(int value, int low, int high, String what) throws IOException {
        if (value < low || value > high) {
            throw new IOException(
                    "the saved state is damaged: %s is %d, not within %d to %d"
                            .formatted(what, value, low, high));
        }
        return value;
    }

    static void writeInts(DataOutput out, int[] values) throws IOException {
        for (int value : values) {
            out.writeInt(value);
        }
    }

    static void readInts(DataInput in, int[] values) throws IOException {
        for (int i = 0; i < values.length; i++) {
            values[i] = in.readInt();
        }
    }
}
