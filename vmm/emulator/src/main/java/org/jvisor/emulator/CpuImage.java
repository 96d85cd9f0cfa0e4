package org.jvisor.emulator;

import java.util.Arrays;

/** A copy of what repeatable instructions compute with, to go back to and to compare. */
final class CpuImage {
    private static final String[] GENERAL = {
        "rax",
        "rcx",
        "rdx",
        "rbx",
        "rsp",
        "rbp",
        "rsi",
        "rdi",
        "r8",
        "r9",
        "r10",
        "r11",
        "r12",
        "r13",
        "r14",
        "r15",
        "zero",
        "rip of the page"
    };

    private final long[] r = new long[18];
    private final long[] xmm = new long[32];
    private final long[] sig = new long[8];
    private final int[] se = new int[8];
    private final int[] segSel = new int[8];
    private final long[] segBase = new long[8];
    private final int[] segLimit = new int[8];
    private final int[] segAccess = new int[8];
    private final long[] segReadEnd = new long[8];
    private final long[] segWriteEnd = new long[8];
    private long rip, fRes, fCarry, executed, lastIp, lastDp, gsBase, stackMask;
    private int rflags, mxcsr, fcw, fsw, top, full, lastCs, lastDs, lastOpcode, pauses;
    private boolean shadow;

    /** Copies the state of a CPU. */
    void take(Cpu c) {
        copy(c.r, r);
        rip = c.rip;
        rflags = c.rflags;
        fRes = c.fRes;
        fCarry = c.fCarry;
        executed = c.executed;
        shadow = c.shadow;
        pauses = c.pauses;
        gsBase = c.msrs.kernelGsBase;
        stackMask = c.stackMask;
        copy(c.sse.xmm, xmm);
        mxcsr = c.sse.mxcsr;
        takeFpu(c.fpu);
        copy(c.segSel, segSel);
        copy(c.segBase, segBase);
        copy(c.segLimit, segLimit);
        copy(c.segAccess, segAccess);
        copy(c.segReadEnd, segReadEnd);
        copy(c.segWriteEnd, segWriteEnd);
    }

    private void takeFpu(Fpu f) {
        copy(f.sig, sig);
        copy(f.se, se);
        fcw = f.fcw;
        fsw = f.fsw;
        top = f.top;
        full = f.full;
        lastIp = f.lastIp;
        lastCs = f.lastCs;
        lastDp = f.lastDp;
        lastDs = f.lastDs;
        lastOpcode = f.lastOpcode;
    }

    /** Gives a CPU the copied state. */
    void put(Cpu c) {
        copy(r, c.r);
        c.rip = rip;
        c.fRes = fRes;
        c.fCarry = fCarry;
        c.executed = executed;
        c.shadow = shadow;
        c.pauses = pauses;
        c.msrs.kernelGsBase = gsBase;
        c.stackMask = stackMask;
        copy(xmm, c.sse.xmm);
        if (c.sse.mxcsr != mxcsr) {
            c.sse.setMxcsr(mxcsr);
        }
        putFpu(c.fpu);
        copy(segSel, c.segSel);
        copy(segBase, c.segBase);
        copy(segLimit, c.segLimit);
        copy(segAccess, c.segAccess);
        copy(segReadEnd, c.segReadEnd);
        copy(segWriteEnd, c.segWriteEnd);
        if (c.rflags != rflags) {
            int old = c.rflags;
            c.rflags = rflags;
            c.flagsChanged(old);
        }
    }

    private void putFpu(Fpu f) {
        copy(sig, f.sig);
        copy(se, f.se);
        if (f.fcw != fcw) {
            f.setControl(fcw);
        }
        f.fsw = fsw;
        f.top = top;
        f.full = full;
        f.lastIp = lastIp;
        f.lastCs = lastCs;
        f.lastDp = lastDp;
        f.lastDs = lastDs;
        f.lastOpcode = lastOpcode;
    }

    private static void copy(long[] from, long[] to) {
        System.arraycopy(from, 0, to, 0, Math.min(from.length, to.length));
    }

    private static void copy(int[] from, int[] to) {
        System.arraycopy(from, 0, to, 0, to.length);
    }

    /** Instructions executed. */
    long executed() {
        return executed;
    }

    /** The general registers and flags in words. */
    String text() {
        StringBuilder t = new StringBuilder();
        for (int i = 0; i < 16; i++) {
            t.append("  %s %#x%s".formatted(GENERAL[i], r[i], (i & 3) == 3 ? "\n" : ""));
        }
        return t.append("  rflags %#x%n".formatted(flags())).toString();
    }

    /**
     * Compares this state with the right one.
     *
     * @param withRip whether RIP counts: it does not while a fault is raised
     * @param undefined the arithmetic flags that have no defined value
     * @return a line for each difference
     */
    String difference(CpuImage right, boolean withRip, int undefined) {
        StringBuilder t = new StringBuilder();
        for (int i = 0; i < r.length; i++) {
            line(t, GENERAL[i], r[i], right.r[i]);
        }
        if (withRip) {
            line(t, "rip", rip, right.rip);
        }
        line(t, "rflags", flags() & ~undefined, right.flags() & ~undefined);
        line(t, "executed", executed, right.executed);
        line(t, "shadow", shadow ? 1 : 0, right.shadow ? 1 : 0);
        line(t, "pauses", pauses, right.pauses);
        line(t, "kernel gs base", gsBase, right.gsBase);
        for (int i = 0; i < xmm.length; i++) {
            line(t, "xmm%d[%d]".formatted(i >> 1, i & 1), xmm[i], right.xmm[i]);
        }
        line(t, "mxcsr", mxcsr, right.mxcsr);
        fpuDifference(t, right);
        for (int i = 0; i < segSel.length; i++) {
            line(t, "selector " + i, segSel[i], right.segSel[i]);
            line(t, "base " + i, segBase[i], right.segBase[i]);
            line(t, "limit " + i, segLimit[i], right.segLimit[i]);
            line(t, "access " + i, segAccess[i], right.segAccess[i]);
        }
        return t.toString();
    }

    /**
     * Whether a CPU is in this state.
     *
     * @param withRip as in {@link #difference}
     * @param undefined the arithmetic flags that have no defined value
     */
    boolean isStateOf(Cpu c, boolean withRip, int undefined) {
        return Arrays.equals(r, 0, r.length, c.r, 0, r.length)
                && (!withRip || rip == c.rip)
                && rflags == c.rflags
                && (fRes == c.fRes && fCarry == c.fCarry
                        || ((Flags.arithmetic(fRes, fCarry) ^ Flags.arithmetic(c)) & ~undefined)
                                == 0)
                && executed == c.executed
                && shadow == c.shadow
                && pauses == c.pauses
                && gsBase == c.msrs.kernelGsBase
                && mxcsr == c.sse.mxcsr
                && Arrays.equals(xmm, c.sse.xmm)
                && isStateOf(c.fpu)
                && Arrays.equals(segSel, c.segSel)
                && Arrays.equals(segBase, c.segBase)
                && Arrays.equals(segLimit, c.segLimit)
                && Arrays.equals(segAccess, c.segAccess);
    }

    private boolean isStateOf(Fpu f) {
        return Arrays.equals(sig, f.sig)
                && Arrays.equals(se, f.se)
                && fcw == f.fcw
                && fsw == f.fsw
                && top == f.top
                && full == f.full
                && lastIp == f.lastIp
                && lastDp == f.lastDp
                && lastCs == f.lastCs
                && lastDs == f.lastDs
                && lastOpcode == f.lastOpcode;
    }

    private int flags() {
        return rflags | Flags.arithmetic(fRes, fCarry);
    }

    private void fpuDifference(StringBuilder t, CpuImage right) {
        for (int i = 0; i < 8; i++) {
            line(t, "significand " + i, sig[i], right.sig[i]);
            line(t, "exponent " + i, se[i], right.se[i]);
        }
        line(t, "fcw", fcw, right.fcw);
        line(t, "fsw", fsw, right.fsw);
        line(t, "top", top, right.top);
        line(t, "tags", full, right.full);
        line(t, "fip", lastIp, right.lastIp);
        line(t, "fcs", lastCs, right.lastCs);
        line(t, "fdp", lastDp, right.lastDp);
        line(t, "fds", lastDs, right.lastDs);
        line(t, "fop", lastOpcode, right.lastOpcode);
    }

    private static void line(StringBuilder t, String what, long wrong, long right) {
        if (wrong != right) {
            t.append("  %s is %#x, should be %#x%n".formatted(what, wrong, right));
        }
    }
}
