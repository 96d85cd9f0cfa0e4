package org.jvisor.emulator;

/** The stack that RETF and IRET return to at a lower privilege level. */
final class OuterStack {
    private OuterStack() {}

    /**
     * Reads and checks the popped SS.
     *
     * @param rpl the privilege level returned to
     * @param to64 whether 64-bit code is returned to, which may have a null SS below CPL 3
     * @return the descriptor, or 0 for a null SS
     */
    static long check(Cpu c, int selector, int rpl, boolean to64) {
        if (DescriptorTables.isNull(selector)) {
            if (!to64 || rpl == 3) {
                throw c.gp();
            }
            return 0;
        }
        return SegmentLoad.checkStack(c, selector, rpl, Cpu.GP, 0);
    }

    /** Marks SS accessed, unless it is null. */
    static void markAccessed(Cpu c, int selector, long descriptor) {
        if (!DescriptorTables.isNull(selector)) {
            DescriptorTables.markAccessed(c, selector, descriptor);
        }
    }

    /**
     * Loads SS and rSP once CS is loaded. A 16-bit stack gets only SP: ESP keeps its upper half.
     */
    static void commit(Cpu c, int selector, long descriptor, long rsp, boolean to64) {
        if (DescriptorTables.isNull(selector)) {
            SegmentLoad.setNullStack(c, selector, c.cpl);
        } else {
            SegmentLoad.set(c, Cpu.SS, selector, descriptor);
        }
        if (to64) {
            c.r[Cpu.RSP] = rsp;
        } else if ((Descriptor.access(descriptor) & Descriptor.BIG) != 0) {
            c.r[Cpu.RSP] = rsp & 0xffff_ffffL;
        } else {
            c.r[Cpu.RSP] = c.r[Cpu.RSP] & 0xffff_0000L | rsp & 0xffff;
        }
    }
}
