package org.jvisor.emulator;

import java.lang.invoke.VarHandle;
import java.util.List;
import org.jvisor.vmm.api.CpuidEntry;

/** The CPUID instruction over a list of answers (SDM 2A CPUID). */
final class CpuIdentification {
    private static final int APIC_ID_SHIFT = 24;
    private static final int TOPOLOGY = 0xb;
    private static final int EXTENDED = 0x8000_0000;
    private static final int HYPERVISOR = 0x4000_0000;

    private final CpuidEntry[] entries;

    /** The highest basic leaf: what answers where there is no such leaf. */
    private final int last;

    CpuIdentification(List<CpuidEntry> entries) {
        this.entries = entries.toArray(CpuidEntry[]::new);
        CpuidEntry first = find(0, 0);
        last = first == null ? 0 : first.eax();
    }

    /** Answers EAX and ECX in all four registers. */
    void execute(Cpu c) {
        VarHandle.fullFence(); // it serialises (SDM 3A §9.3)
        int leaf = (int) c.r[Cpu.RAX];
        int subleaf = (int) c.r[Cpu.RCX];
        CpuidEntry entry = find(leaf, subleaf);
        if (entry == null && !inRange(leaf)) {
            leaf = last;
            entry = find(leaf, subleaf);
        }
        int eax = 0;
        int ebx = 0;
        int ecx = leaf == TOPOLOGY ? subleaf & 0xff : 0;
        int edx = 0;
        if (entry != null) {
            eax = entry.eax();
            ebx = entry.ebx();
            ecx |= entry.ecx();
            edx = entry.edx();
        }
        switch (leaf) {
            case 1 -> {
                ebx = ebx & 0xff_ffff | c.index << APIC_ID_SHIFT;
                edx = apicEnabled(c) ? edx : edx & ~SoftwareCpuid.APIC;
                ecx = (c.cr4 & ControlBits.CR4_OSXSAVE) != 0 ? ecx : ecx & ~SoftwareCpuid.OSXSAVE;
                c.msrs.noteSignature();
            }
            case TOPOLOGY -> edx = c.index;
            // Intel has SYSCALL in 64-bit mode only
            case EXTENDED + 1 -> edx = c.is64() ? edx : edx & ~SoftwareCpuid.SYSCALL;
            default -> {}
        }
        c.r[Cpu.RAX] = eax & 0xffff_ffffL;
        c.r[Cpu.RBX] = ebx & 0xffff_ffffL;
        c.r[Cpu.RCX] = ecx & 0xffff_ffffL;
        c.r[Cpu.RDX] = edx & 0xffff_ffffL;
    }

    private static boolean apicEnabled(Cpu c) {
        var apic = c.apic;
        return ((apic == null ? c.apicBase : apic.base()) & 0x800) != 0;
    }

    /** Whether the leaf lies in a range CPUID announces; one without an answer is all zeros. */
    private boolean inRange(int leaf) {
        CpuidEntry extended = find(EXTENDED, 0);
        CpuidEntry hypervisor = find(HYPERVISOR, 0);
        return Integer.compareUnsigned(leaf, last) <= 0
                || extended != null && within(leaf, EXTENDED, extended.eax())
                || hypervisor != null && within(leaf, HYPERVISOR, hypervisor.eax());
    }

    private static boolean within(int leaf, int first, int last) {
        return Integer.compareUnsigned(leaf, first) >= 0
                && Integer.compareUnsigned(leaf, last) <= 0;
    }

    private @org.jspecify.annotations.Nullable CpuidEntry find(int leaf, int subleaf) {
        for (CpuidEntry entry : entries) {
            if (entry.leaf() == leaf && (!entry.indexed() || entry.subleaf() == subleaf)) {
                return entry;
            }
        }
        return null;
    }
}
