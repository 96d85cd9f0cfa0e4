package org.jvisor.emulator;

/** Finds, reads and marks descriptors in the GDT and the LDT (SDM 3A §3.4.2, §3.5.1). */
final class DescriptorTables {
    /** The selector bit that means the LDT. */
    static final int TI = 4;

    private DescriptorTables() {}

    /** Whether {@code selector} is null: index 0 of the GDT. */
    static boolean isNull(int selector) {
        return (selector & 0xfffc) == 0;
    }

    /** Cuts a linear address to what the mode has. */
    static long linear(Cpu c, long address) {
        return c.longMode ? address : address & 0xffff_ffffL;
    }

    /**
     * The linear address of the descriptor that {@code selector} names, or -1 when {@code size}
     * bytes of it do not lie within the table. An address of -1 itself cannot occur.
     */
    static long find(Cpu c, int selector, int size) {
        int offset = selector & 0xfff8;
        long base;
        long limit;
        if ((selector & TI) == 0) {
            base = c.gdtBase;
            limit = c.gdtLimit & 0xffffL;
        } else {
            int access = c.segAccess[Cpu.LDTR];
            if ((access & Descriptor.UNUSABLE) != 0 || !Descriptor.present(access)) {
                return -1;
            }
            base = c.segBase[Cpu.LDTR];
            limit = Integer.toUnsignedLong(c.segLimit[Cpu.LDTR]);
        }
        return offset + size - 1 > limit ? -1 : linear(c, base + offset);
    }

    /**
     * Reads the descriptor that {@code selector} names.
     *
     * @param vector the exception where it lies outside its table, its error code the selector
     * @param ext 1 where an event from outside the program is being delivered, else 0
     */
    static long read(Cpu c, int selector, int vector, int ext) {
        long at = find(c, selector, 8);
        if (at == -1) {
            throw c.fault(vector, Descriptor.errorCode(selector) | ext);
        }
        return c.mem.readSys(at, 8);
    }

    /** Reads the second half of a 16-byte descriptor (SDM 3A §8.2.3), as {@link #read}. */
    static long readHigh(Cpu c, int selector, int vector, int ext) {
        long at = find(c, selector, 16);
        if (at == -1) {
            throw c.fault(vector, Descriptor.errorCode(selector) | ext);
        }
        return c.mem.readSys(at + 8, 8);
    }

    /** Sets the accessed bit of a code or data descriptor in memory, unless it is set. */
    static void markAccessed(Cpu c, int selector, long descriptor) {
        if ((Descriptor.access(descriptor) & Descriptor.ACCESSED) == 0) {
            long at = find(c, selector, 8);
            int access = (int) c.mem.readSys(at + 5, 1);
            c.mem.writeSys(at + 5, 1, access | Descriptor.ACCESSED);
        }
    }

    /** Sets or clears the busy bit of a TSS descriptor in memory. */
    static void markBusy(Cpu c, int selector, boolean busy) {
        long at = find(c, selector, 8);
        int access = (int) c.mem.readSys(at + 5, 1);
        int bit = Descriptor.TSS_BUSY;
        c.mem.writeSys(at + 5, 1, busy ? access | bit : access & ~bit);
    }
}
