package org.jvisor.emulator;

import static org.jvisor.emulator.Cpu.CS;
import static org.jvisor.emulator.Cpu.SS;

import org.jvisor.vmm.api.Segment;

/** Segment registers: their caches, what derives from them, and address checks. */
final class Segments {
    /** Access-right bits. */
    static final int TYPE = 0xf, S = 0x10, DPL = 0x60, P = 0x80, L = 0x2000, DB = 0x4000;

    /** More access-right bits. */
    static final int G = 0x8000, UNUSABLE = Segment.UNUSABLE;

    private Segments() {}

    /** Loads a segment register's cache and recomputes all that derives from it. */
    static void set(Cpu c, int seg, int selector, long base, int limit, int access) {
        c.segSel[seg] = selector & 0xffff;
        c.segBase[seg] = base;
        c.segLimit[seg] = limit;
        c.segAccess[seg] = access;
        long end = limit & 0xffff_ffffL;
        boolean usable = (access & (UNUSABLE | P | S)) == (P | S);
        boolean code = (access & 8) != 0;
        boolean expandDown = !code && (access & 4) != 0;
        boolean bit1 = (access & 2) != 0; // code: readable; data: writable
        boolean plain = usable && !expandDown;
        c.segReadEnd[seg] = plain && (!code || bit1) ? end : -1;
        c.segWriteEnd[seg] = plain && !code && bit1 ? end : -1;
        if (!c.protectedMode()) { // real and virtual-8086 mode look at the limit only
            c.segReadEnd[seg] = end;
            c.segWriteEnd[seg] = end;
        }
        if (seg == CS || seg == SS) {
            updateMode(c);
        }
    }

    /** Recomputes code and stack size: must follow changes of CS, SS, EFER.LMA, CR0.PE. */
    static void updateMode(Cpu c) {
        boolean wide = c.longMode && (c.segAccess[CS] & L) != 0 && c.protectedMode();
        if (wide) {
            c.codeMode = Cpu.MODE64;
            c.ripMask = -1;
            c.stackMask = -1;
            c.codeEnd = Long.MAX_VALUE;
        } else {
            boolean big = (c.segAccess[CS] & DB) != 0;
            c.codeMode = big ? Cpu.MODE32 : Cpu.MODE16;
            c.ripMask = 0xffff_ffffL;
            c.codeEnd = c.segLimit[CS] & 0xffff_ffffL;
            c.stackMask = (c.segAccess[SS] & DB) != 0 ? 0xffff_ffffL : 0xffff;
        }
        c.fetchInvalid();
    }

    /**
     * The linear address of {@code offset} in a segment outside 64-bit mode, checked for an access.
     *
     * @throws GuestFault #SS(0) for SS, else #GP(0)
     */
    static long linear(Cpu c, int seg, long offset, int size, boolean write) {
        long end = write ? c.segWriteEnd[seg] : c.segReadEnd[seg];
        if (offset + size - 1 > end) {
            checkSlow(c, seg, offset, size, write);
        }
        return offset + c.segBase[seg] & 0xffff_ffffL;
    }

    private static void checkSlow(Cpu c, int seg, long offset, int size, boolean write) {
        int access = c.segAccess[seg];
        boolean code = (access & 8) != 0;
        boolean bit1 = (access & 2) != 0;
        boolean ok =
                (access & (UNUSABLE | P | S)) == (P | S)
                        && (write ? !code && bit1 : !code || bit1)
                        && !code
                        && (access & 4) != 0;
        if (ok) { // expand-down: above the limit, up to 64 KiB or 4 GiB
            long limit = c.segLimit[seg] & 0xffff_ffffL;
            long top = (access & DB) != 0 ? 0xffff_ffffL : 0xffff;
            ok = offset > limit && offset + size - 1 <= top;
        }
        if (!ok) {
            throw c.fault(seg == SS ? Cpu.SS_FAULT : Cpu.GP, 0);
        }
    }
}
