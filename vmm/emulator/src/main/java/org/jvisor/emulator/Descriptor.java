package org.jvisor.emulator;

/**
 * Reads the fields of segment and gate descriptors held in a long (SDM 3A §3.4.5, §5.8.3, §6.11).
 * Access rights have the layout of {@link org.jvisor.vmm.api.Segment#access}.
 */
final class Descriptor {
    // Access-right bits.
    static final int ACCESSED = 1 << 0;
    static final int WRITABLE = 1 << 1; // data
    static final int READABLE = 1 << 1; // code
    static final int EXPAND_DOWN = 1 << 2; // data
    static final int CONFORMING = 1 << 2; // code
    static final int CODE = 1 << 3;
    static final int CODE_OR_DATA = 1 << 4; // S
    static final int PRESENT = 1 << 7;
    static final int LONG = 1 << 13; // L
    static final int BIG = 1 << 14; // D/B
    static final int GRANULARITY = 1 << 15;
    static final int UNUSABLE = 1 << 16;

    // System types (SDM 3A table 3-2); those of the 32-bit kind have bit 3 set.
    static final int TSS16 = 1;
    static final int LDT = 2;
    static final int TSS16_BUSY = 3;
    static final int CALL_GATE16 = 4;
    static final int TASK_GATE = 5;
    static final int INTERRUPT_GATE16 = 6;
    static final int TRAP_GATE16 = 7;
    static final int TSS32 = 9;
    static final int TSS32_BUSY = 11;
    static final int CALL_GATE32 = 12;
    static final int INTERRUPT_GATE32 = 14;
    static final int TRAP_GATE32 = 15;

    /** The bit that tells a busy TSS from an available one. */
    static final int TSS_BUSY = 2;

    private Descriptor() {}

    static int access(long descriptor) {
        return (int) (descriptor >>> 40) & 0xf0ff;
    }

    /** Bits 31 to 0 of the base. */
    static long base(long descriptor) {
        return (descriptor >>> 16 & 0xff_ffff) | (descriptor >>> 56) << 24;
    }

    /** The limit in bytes. */
    static int limit(long descriptor) {
        int raw = (int) (descriptor & 0xffff) | (int) (descriptor >>> 32) & 0xf_0000;
        return (descriptor >>> 55 & 1) != 0 ? raw << 12 | 0xfff : raw;
    }

    static int dpl(int access) {
        return access >> 5 & 3;
    }

    static boolean present(int access) {
        return (access & PRESENT) != 0;
    }

    static boolean isCode(int access) {
        return (access & (CODE_OR_DATA | CODE)) == (CODE_OR_DATA | CODE);
    }

    static boolean isConformingCode(int access) {
        int bits = CODE_OR_DATA | CODE | CONFORMING;
        return (access & bits) == bits;
    }

    static boolean isWritableData(int access) {
        return (access & (CODE_OR_DATA | CODE | WRITABLE)) == (CODE_OR_DATA | WRITABLE);
    }

    /** Data, or code that may be read: what DS, ES, FS and GS accept. */
    static boolean isReadable(int access) {
        return (access & CODE_OR_DATA) != 0 && (access & (CODE | READABLE)) != CODE;
    }

    /** The type of a system segment or gate, or -1 for code and data. */
    static int systemType(int access) {
        return (access & CODE_OR_DATA) == 0 ? access & 0xf : -1;
    }

    /** A gate's target selector. */
    static int gateSelector(long gate) {
        return (int) (gate >>> 16) & 0xffff;
    }

    /** Bits 31 to 0 of a gate's offset; a 16-bit gate has only the low half. */
    static long gateOffset(long gate) {
        return (gate & 0xffff) | (gate >>> 32 & 0xffff_0000L);
    }

    /** The number of parameters a call gate copies. */
    static int gateParameters(long gate) {
        return (int) (gate >>> 32) & 0x1f;
    }

    /** The interrupt stack table index of a 64-bit gate, 0 for none. */
    static int gateIst(long gate) {
        return (int) (gate >>> 32) & 7;
    }

    /** A selector as it stands in an error code. */
    static int errorCode(int selector) {
        return selector & 0xfffc;
    }
}
