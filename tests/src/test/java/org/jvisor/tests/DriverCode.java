package org.jvisor.tests;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Assembles 32-bit code for a driver that knows where everything is: straight on up to the wait for
 * its interrupt. What it expects and does not find ends the machine with a status that tells which
 * expectation it was.
 */
final class DriverCode {
    private final ByteBuffer code = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);
    private int expectations;

    /** The port that ends the machine. */
    private static final byte DEBUG_EXIT = (byte) 0xf4;

    DriverCode store8(long address, int value) {
        bytes(0xc6, 0x05).code.putInt((int) address).put((byte) value); // mov byte [address], value
        return this;
    }

    DriverCode store16(long address, int value) {
        bytes(0x66, 0xc7, 0x05).code.putInt((int) address).putShort((short) value);
        return this;
    }

    DriverCode store32(long address, int value) {
        bytes(0xc7, 0x05).code.putInt((int) address).putInt(value);
        return this;
    }

    DriverCode out32(int port, int value) {
        bytes(0x66, 0xba).code.putShort((short) port); // mov dx, port
        bytes(0xb8).code.putInt(value); // mov eax, value
        return bytes(0xef); // out dx, eax
    }

    /** Ends the machine unless the dword there has {@code value} in the bits of {@code mask}. */
    DriverCode expect32(long address, int mask, int value) {
        bytes(0xa1).code.putInt((int) address); // mov eax, [address]
        return expectEax(mask, value);
    }

    /** The same for the result of reading a port. */
    DriverCode expectIn32(int port, int mask, int value) {
        bytes(0x66, 0xba).code.putShort((short) port);
        return bytes(0xed).expectEax(mask, value); // in eax, dx
    }

    private DriverCode expectEax(int mask, int value) {
        bytes(0x25).code.putInt(mask); // and eax, mask
        bytes(0x3d).code.putInt(value); // cmp eax, value
        expectations++;
        // je over; mov al, number; out 0xf4, al; jmp here
        return bytes(0x74, 6, 0xb0, expectations, 0xe6, DEBUG_EXIT, 0xeb, 0xfe);
    }

    /** Halts; the interrupt's handler does not come back. */
    DriverCode awaitInterrupt() {
        return bytes(0xfb, 0xf4, 0xeb, 0xfd); // sti; hlt; jmp to hlt
    }

    /** Ends in a triple fault, for the report that it leaves. */
    DriverCode crash(long sixZeros) {
        bytes(0x0f, 0x01, 0x1d).code.putInt((int) sixZeros); // lidt [sixZeros]
        return bytes(0x0f, 0x0b); // ud2
    }

    private DriverCode bytes(int... values) {
        for (int value : values) {
            code.put((byte) value);
        }
        return this;
    }

    byte[] assemble() {
        byte[] bytes = new byte[code.position()];
        code.get(0, bytes);
        return bytes;
    }
}
