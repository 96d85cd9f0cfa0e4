package org.jvisor.emulator;

/** INVPCID: invalidation by process-context identifier (SDM 2A INVPCID). */
final class Invpcid {
    private static final int INDIVIDUAL_ADDRESS = 0, SINGLE_CONTEXT = 1;
    private static final int ALL_WITH_GLOBALS = 2, ALL_CONTEXTS = 3;
    private static final long PCID = 0xfff;

    private Invpcid() {}

    static void execute(Insn i, Cpu c) {
        long type = c.reg(i.reg, i.mode == Cpu.MODE64 ? 8 : 4);
        long pcid = c.mem.read64(i.ea(c, 0, 8));
        long linear = c.mem.read64(i.ea(c, 8, 8));
        boolean named = type == INDIVIDUAL_ADDRESS || type == SINGLE_CONTEXT;
        boolean enabled = (c.cr4 & ControlBits.CR4_PCIDE) != 0;
        boolean bad = type < 0 || type > ALL_CONTEXTS || (pcid & ~PCID) != 0;
        if (bad
                || named && !enabled && pcid != 0
                || type == INDIVIDUAL_ADDRESS && !CodeSegment.isCanonical(linear)) {
            throw c.gp();
        }
        switch ((int) type) {
            case INDIVIDUAL_ADDRESS ->
                    c.mem.invalidatePage(linear); // of any PCID, which is allowed
            case SINGLE_CONTEXT -> c.mem.slow.flushPcid((int) pcid);
            case ALL_WITH_GLOBALS -> c.mem.flushAll();
            default -> c.mem.slow.flushNonGlobal();
        }
    }
}
