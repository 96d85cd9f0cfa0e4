package org.jvisor.emulator;

/**
 * A stack being pushed to or popped from by a control transfer: its pointer moves apart from rSP
 * and SS, which are loaded only once every access has succeeded. One per CPU, reused.
 */
final class StackCursor {
    private final Cpu c;
    private long base;
    private long low;
    private long high;
    private long mask;
    private int faultCode;

    /** The stack pointer, cut to the stack's address size. */
    private long pointer;

    StackCursor(Cpu c) {
        this.c = c;
    }

    /** The current stack, SS:rSP; a fault is #SS(0). */
    void current() {
        boolean flat = c.is64();
        mask = c.stackMask;
        pointer = c.r[Cpu.RSP] & mask;
        faultCode = 0;
        base = flat ? 0 : c.segBase[Cpu.SS];
        range(flat, c.segLimit[Cpu.SS], c.segAccess[Cpu.SS]);
    }

    /** The current stack for an event's frame; a fault is #SS(ext). */
    void current(int ext) {
        current();
        faultCode = ext;
    }

    /** Makes the stack a 64-bit one at {@code rsp}; a fault is #SS({@code error}). */
    void flat(long rsp, int error) {
        mask = -1;
        base = 0;
        pointer = rsp;
        faultCode = error;
        range(true, 0, 0);
    }

    /** The stack of a descriptor that passed {@link SegmentLoad#checkStack}. */
    void of(long descriptor, long rsp, int error) {
        int access = Descriptor.access(descriptor);
        mask = (access & Descriptor.BIG) != 0 ? 0xffff_ffffL : 0xffff;
        base = Descriptor.base(descriptor);
        pointer = rsp & mask;
        faultCode = error;
        range(false, Descriptor.limit(descriptor), access);
    }

    private void range(boolean flat, int limit, int access) {
        long end = Integer.toUnsignedLong(limit);
        if (flat) {
            low = 0;
            high = -1;
        } else if ((access & (Descriptor.CODE | Descriptor.EXPAND_DOWN))
                == Descriptor.EXPAND_DOWN) {
            low = end + 1;
            high = (access & Descriptor.BIG) != 0 ? 0xffff_ffffL : 0xffff;
        } else {
            low = 0;
            high = end;
        }
        if (!flat && (access & Descriptor.UNUSABLE) != 0) {
            low = 1;
            high = 0;
        }
    }

    /** Where the pointer is now. */
    long pointer() {
        return pointer;
    }

    /** Moves the pointer up, as RET n does. */
    void skip(long bytes) {
        pointer = pointer + bytes & mask;
    }

    /** Pushes the low {@code size} bytes. */
    void push(int size, long value) {
        long next = pointer - size & mask;
        c.mem.write(linear(next, size), size, value);
        pointer = next;
    }

    /** Pops {@code size} bytes, zero-extended. */
    long pop(int size) {
        long value = c.mem.read(linear(pointer, size), size);
        pointer = pointer + size & mask;
        return value;
    }

    /** Reads {@code size} bytes, {@code offset} above the pointer. */
    long peek(long offset, int size) {
        return c.mem.read(linear(pointer + offset & mask, size), size);
    }

    private long linear(long offset, int size) {
        if (high == -1) {
            if (offset >> 47 != 0 && offset >> 47 != -1) {
                throw c.fault(Cpu.SS_FAULT, faultCode);
            }
            return offset;
        }
        if (offset < low || offset > high - (size - 1)) {
            throw c.fault(Cpu.SS_FAULT, faultCode);
        }
        return DescriptorTables.linear(c, base + offset);
    }

    /** Stores the pointer in rSP, as much of it as the stack's address size covers. */
    void store() {
        if (mask == 0xffff) {
            c.r[Cpu.RSP] = (c.r[Cpu.RSP] & ~0xffffL) | pointer;
        } else {
            c.r[Cpu.RSP] = pointer;
        }
    }
}
