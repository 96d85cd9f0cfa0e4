package org.jvisor.emulator;

import java.util.Map;

/**
 * The model-specific registers (SDM 4): those that CPUID's features bring and those that kernels
 * touch without asking. Any other raises #GP, by which kernels find out that it is absent.
 */
final class Msrs {
    static final int IA32_TSC = 0x10;
    static final int IA32_PLATFORM_ID = 0x17;
    static final int IA32_APIC_BASE = 0x1b;
    static final int IA32_TSC_ADJUST = 0x3b;
    static final int IA32_BIOS_SIGN_ID = 0x8b;
    static final int IA32_SYSENTER_CS = 0x174;
    static final int IA32_SYSENTER_ESP = 0x175;
    static final int IA32_SYSENTER_EIP = 0x176;
    static final int IA32_MISC_ENABLE = 0x1a0;
    static final int IA32_DEBUGCTL = 0x1d9;
    static final int IA32_TSC_DEADLINE = 0x6e0;
    static final int X2APIC_FIRST = 0x800;
    static final int X2APIC_LAST = 0x8ff;
    static final int IA32_EFER = 0xc000_0080;
    static final int IA32_STAR = 0xc000_0081;
    static final int IA32_LSTAR = 0xc000_0082;
    static final int IA32_CSTAR = 0xc000_0083;
    static final int IA32_FMASK = 0xc000_0084;
    static final int IA32_FS_BASE = 0xc000_0100;
    static final int IA32_GS_BASE = 0xc000_0101;
    static final int IA32_KERNEL_GS_BASE = 0xc000_0102;
    static final int IA32_TSC_AUX = 0xc000_0103;

    /** What {@link #save} stores beside the memory types and the machine-check banks. */
    private static final int[] SAVED = {
        IA32_TSC,
        IA32_TSC_ADJUST,
        IA32_BIOS_SIGN_ID,
        IA32_SYSENTER_CS,
        IA32_SYSENTER_ESP,
        IA32_SYSENTER_EIP,
        IA32_MISC_ENABLE,
        IA32_DEBUGCTL,
        IA32_STAR,
        IA32_LSTAR,
        IA32_CSTAR,
        IA32_FMASK,
        IA32_KERNEL_GS_BASE,
        IA32_TSC_AUX
    };

    /**
     * Fast strings, which the guest may switch off, and BTS and PEBS unavailable, which it may not.
     */
    private static final long MISC_FAST_STRINGS = 1;

    private static final long MISC_FIXED = 1 << 11 | 1 << 12;

    /** Single-step on branches. */
    private static final long DEBUGCTL_BTF = 1 << 1;

    /** The microcode revision, where CPUID leaves it. */
    private static final long MICROCODE = 1L << 32;

    private static final long EFER_BITS =
            ControlBits.EFER_SCE
                    | ControlBits.EFER_LME
                    | ControlBits.EFER_LMA
                    | ControlBits.EFER_NXE;

    long star;
    long lstar;
    long cstar;
    long fmask;
    long kernelGsBase;
    long sysenterCs;
    long sysenterEsp;
    long sysenterEip;
    long tscAux;

    /** The TSC less the clock. */
    private long tscOffset;

    private long tscAdjust;
    private long miscEnable = MISC_FAST_STRINGS;
    private long biosSignature;
    private final MemoryTypes memoryTypes = new MemoryTypes();
    private final MachineCheck machineCheck = new MachineCheck();

    // ---- the time-stamp counter ----

    /** What RDTSC gives. */
    long tsc(Cpu c) {
        return c.tsc() + tscOffset;
    }

    /** Moves the TSC; a deadline armed on the old scale keeps its value on the new one. */
    private void moveTsc(Cpu c, long by) {
        long deadline = readDeadline(c);
        tscOffset += by;
        tscAdjust += by;
        if (deadline != 0) {
            writeDeadline(c, deadline);
        }
    }

    private long readDeadline(Cpu c) {
        var apic = c.apic;
        long ticks = apic == null ? 0 : apic.tscDeadline();
        return ticks == 0 ? 0 : ticks + tscOffset;
    }

    /** The APIC counts in ticks of the clock. */
    private void writeDeadline(Cpu c, long tsc) {
        var apic = c.apic;
        if (apic != null) {
            apic.setTscDeadline(tsc == 0 ? 0 : Math.max(1, tsc - tscOffset));
        }
    }

    /** CPUID leaf 1 leaves the microcode revision in IA32_BIOS_SIGN_ID (SDM 3A §10.11.7.1). */
    void noteSignature() {
        biosSignature = MICROCODE;
    }

    // ---- RDMSR ----

    /**
     * Reads an MSR.
     *
     * @throws GuestFault #GP(0) if there is none of this number
     */
    long read(Cpu c, int msr) {
        if (MemoryTypes.holds(msr)) {
            return memoryTypes.read(msr);
        }
        if (MachineCheck.holds(msr)) {
            return machineCheck.read(msr);
        }
        if (msr >= X2APIC_FIRST && msr <= X2APIC_LAST) {
            return readX2apic(c, msr);
        }
        return switch (msr) {
            case IA32_TSC -> tsc(c);
            case IA32_PLATFORM_ID -> 0;
            case IA32_DEBUGCTL -> c.branchSteps ? DEBUGCTL_BTF : 0;
            case IA32_APIC_BASE -> apicBase(c);
            case IA32_TSC_ADJUST -> tscAdjust;
            case IA32_BIOS_SIGN_ID -> biosSignature;
            case IA32_SYSENTER_CS -> sysenterCs;
            case IA32_SYSENTER_ESP -> sysenterEsp;
            case IA32_SYSENTER_EIP -> sysenterEip;
            case IA32_MISC_ENABLE -> miscEnable | MISC_FIXED;
            case IA32_TSC_DEADLINE -> readDeadline(c);
            case IA32_EFER -> c.efer;
            case IA32_STAR -> star;
            case IA32_LSTAR -> lstar;
            case IA32_CSTAR -> cstar;
            case IA32_FMASK -> fmask;
            case IA32_FS_BASE -> c.segBase[Cpu.FS];
            case IA32_GS_BASE -> c.segBase[Cpu.GS];
            case IA32_KERNEL_GS_BASE -> kernelGsBase;
            case IA32_TSC_AUX -> tscAux;
            default -> throw c.gp();
        };
    }

    private static long apicBase(Cpu c) {
        var apic = c.apic;
        return apic == null ? c.apicBase : apic.base();
    }

    private static long readX2apic(Cpu c, int msr) {
        var apic = c.apic;
        if (apic == null || !apic.x2apicReadable(msr)) {
            throw c.gp();
        }
        return apic.readX2apic(msr);
    }

    // ---- WRMSR ----

    /**
     * Writes an MSR.
     *
     * @throws GuestFault #GP(0) if there is none of this number, it is read-only, or a reserved bit
     *     is set
     */
    void write(Cpu c, int msr, long value) {
        if (MemoryTypes.holds(msr)) {
            require(c, memoryTypes.write(msr, value));
        } else if (MachineCheck.holds(msr)) {
            require(c, machineCheck.write(msr, value));
        } else if (msr >= X2APIC_FIRST && msr <= X2APIC_LAST) {
            var apic = c.apic;
            require(c, apic != null && apic.writeX2apic(msr, value));
            c.signal(Cpu.PENDING_IRQ);
        } else {
            writeOther(c, msr, value);
        }
    }

    private void writeOther(Cpu c, int msr, long value) {
        switch (msr) {
            case IA32_TSC -> moveTsc(c, value - tsc(c));
            case IA32_APIC_BASE -> writeApicBase(c, value);
            case IA32_TSC_ADJUST -> moveTsc(c, value - tscAdjust);
            case IA32_BIOS_SIGN_ID -> biosSignature = value;
            case IA32_SYSENTER_CS -> sysenterCs = value & 0xffff_ffffL;
            case IA32_SYSENTER_ESP -> sysenterEsp = canonical(c, value);
            case IA32_SYSENTER_EIP -> sysenterEip = canonical(c, value);
            case IA32_MISC_ENABLE -> {
                require(c, (value & ~MISC_FAST_STRINGS) == MISC_FIXED);
                miscEnable = value & MISC_FAST_STRINGS;
            }
            case IA32_DEBUGCTL -> {
                require(c, (value & ~DEBUGCTL_BTF) == 0); // no branch records
                c.branchSteps = value != 0;
            }
            case IA32_TSC_DEADLINE -> writeDeadline(c, value);
            case IA32_EFER -> writeEfer(c, value);
            case IA32_STAR -> star = value;
            case IA32_LSTAR -> lstar = canonical(c, value);
            case IA32_CSTAR -> cstar = canonical(c, value);
            case IA32_FMASK -> fmask = low(c, value);
            case IA32_FS_BASE -> c.segBase[Cpu.FS] = canonical(c, value);
            case IA32_GS_BASE -> c.segBase[Cpu.GS] = canonical(c, value);
            case IA32_KERNEL_GS_BASE -> kernelGsBase = canonical(c, value);
            case IA32_TSC_AUX -> tscAux = low(c, value);
            default -> throw c.gp();
        }
    }

    private static void require(Cpu c, boolean allowed) {
        if (!allowed) {
            throw c.gp();
        }
    }

    private static long canonical(Cpu c, long value) {
        require(c, CodeSegment.isCanonical(value));
        return value;
    }

    private static long low(Cpu c, long value) {
        require(c, value >>> 32 == 0);
        return value;
    }

    private static void writeApicBase(Cpu c, long value) {
        var apic = c.apic;
        require(c, apic != null && apic.setBase(value));
        c.mem.flushAll(); // the APIC's page may have moved
    }

    /** LMA is read-only; LME may not change while paging is on (SDM 3A §2.2.1, §10.8.5). */
    private static void writeEfer(Cpu c, long value) {
        boolean paging = (c.cr0 & ControlBits.CR0_PG) != 0;
        require(c, (value & ~EFER_BITS) == 0);
        require(c, !paging || ((value ^ c.efer) & ControlBits.EFER_LME) == 0);
        long changed = c.efer ^ value;
        c.efer = value & ~(long) ControlBits.EFER_LMA | c.efer & ControlBits.EFER_LMA;
        if ((changed & ControlBits.EFER_NXE) != 0) {
            c.mem.flushAll();
        }
    }

    // ---- save and restore ----

    /** Adds the MSRs that are not elsewhere in the state. */
    static void save(Cpu c, Map<Integer, Long> out) {
        for (int msr : SAVED) {
            out.put(msr, c.msrs.read(c, msr));
        }
        for (int msr : MemoryTypes.all()) {
            out.put(msr, c.msrs.memoryTypes.read(msr));
        }
        c.msrs.machineCheck.save(out);
    }

    /** Sets the MSRs named; unknown ones and values not allowed are ignored. */
    static void restore(Cpu c, Map<Integer, Long> in) {
        in.forEach((msr, value) -> c.msrs.restore(c, msr, value));
    }

    private void restore(Cpu c, int msr, long value) {
        switch (msr) {
            case IA32_TSC -> tscOffset = value - c.tsc();
            case IA32_TSC_ADJUST -> tscAdjust = value;
            case IA32_APIC_BASE, IA32_EFER, IA32_FS_BASE, IA32_GS_BASE -> {
                // the state holds them elsewhere
            }
            default -> {
                if (!machineCheck.restore(msr, value)) {
                    try {
                        write(c, msr, value);
                    } catch (GuestFault ignored) {
                        // an MSR of another accelerator
                    }
                }
            }
        }
    }
}
