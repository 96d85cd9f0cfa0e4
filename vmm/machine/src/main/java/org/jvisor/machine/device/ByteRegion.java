package org.jvisor.machine.device;

import org.jvisor.vmm.api.IoRegion;

/** Registers one byte wide: a wider access is split into bytes, as the ISA bus does. */
abstract class ByteRegion implements IoRegion {
    /** Reads the register at {@code offset}, 0 to 255. */
    abstract int readByte(int offset);

    /** Writes {@code value}, 0 to 255, to the register at {@code offset}. */
    abstract void writeByte(int offset, int value);

    @Override
    public final long read(long offset, int size) {
        long value = 0;
        for (int i = 0; i < size; i++) {
            value |= (readByte((int) offset + i) & 0xffL) << (i * 8);
        }
        return value;
    }

    @Override
    public final void write(long offset, int size, long value) {
        for (int i = 0; i < size; i++) {
            writeByte((int) offset + i, (int) (value >>> (i * 8)) & 0xff);
        }
    }
}
