package org.jvisor.machine.device;

/**
 * The local APIC's registers by their offset in the xAPIC page (SDM 3A table 11-1); an x2APIC MSR
 * is {@code 0x800 + offset / 16}.
 */
final class ApicRegister {
    static final int ID = 0x020;
    static final int VERSION = 0x030;
    static final int TPR = 0x080;
    static final int APR = 0x090;
    static final int PPR = 0x0a0;
    static final int EOI = 0x0b0;
    static final int RRD = 0x0c0;
    static final int LDR = 0x0d0;
    static final int DFR = 0x0e0;
    static final int SVR = 0x0f0;
    static final int ISR = 0x100;
    static final int TMR = 0x180;
    static final int IRR = 0x200;
    static final int ESR = 0x280;
    static final int ICR_LOW = 0x300;
    static final int ICR_HIGH = 0x310;
    static final int LVT_TIMER = 0x320;
    static final int LVT_LINT0 = 0x350;
    static final int LVT_LINT1 = 0x360;
    static final int LVT_ERROR = 0x370;
    static final int INITIAL_COUNT = 0x380;
    static final int CURRENT_COUNT = 0x390;
    static final int DIVIDE_CONFIGURATION = 0x3e0;
    static final int SELF_IPI = 0x3f0;

    /** Entries of the local vector table: timer, thermal, performance, LINT0, LINT1, error. */
    static final int LVT_ENTRIES = 6;

    /** The mask bit of an LVT entry. */
    static final int LVT_MASKED = 1 << 16;

    /** What software can write in each LVT entry. */
    private static final int[] LVT_WRITABLE = {
        0x600ff | LVT_MASKED,
        0x007ff | LVT_MASKED,
        0x007ff | LVT_MASKED,
        0x0a7ff | LVT_MASKED,
        0x0a7ff | LVT_MASKED,
        0x000ff | LVT_MASKED
    };

    private ApicRegister() {}

    static int lvtWritable(int entry) {
        return LVT_WRITABLE[entry];
    }

    /** Whether {@code register} can be read in x2APIC mode (SDM 3A table 11-6). */
    static boolean readable(int register) {
        return switch (register) {
            case ID, VERSION, TPR, PPR, LDR, SVR, ESR, ICR_LOW -> true;
            case INITIAL_COUNT, CURRENT_COUNT, DIVIDE_CONFIGURATION -> true;
            default ->
                    register >= ISR && register < ESR
                            || register >= LVT_TIMER && register <= LVT_ERROR;
        };
    }

    /**
     * The bits that may be set when {@code register} is written in x2APIC mode; -1 where it cannot
     * be written at all. EOI and ESR take 0 only.
     */
    static long writableBits(int register) {
        return switch (register) {
            case TPR, SELF_IPI -> 0xff;
            case EOI, ESR -> 0;
            case SVR -> 0x13ff;
            case ICR_LOW -> 0xffff_ffff_000c_dfffL;
            case INITIAL_COUNT -> 0xffff_ffffL;
            case DIVIDE_CONFIGURATION -> 0xb;
            default ->
                    register >= LVT_TIMER && register <= LVT_ERROR
                            // The status bits are read-only, not reserved.
                            ? lvtWritable(register - LVT_TIMER >> 4) | 0x5000
                            : -1;
        };
    }
}
