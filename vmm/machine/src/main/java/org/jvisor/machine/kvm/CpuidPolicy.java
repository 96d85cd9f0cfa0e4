package org.jvisor.machine.kvm;

import java.util.ArrayList;
import java.util.List;
import org.jvisor.kvm.Kvm;
import org.jvisor.kvm.KvmCap;
import org.jvisor.kvm.KvmCpuidEntry;

/**
 * CPUID for KVM's guests: what KVM supports here, with this machine's topology in place of the
 * host's (SDM 2A CPUID; one thread per core, all cores in one package).
 */
final class CpuidPolicy {
    private static final int HYPERVISOR = 1 << 31;
    private static final int TSC_DEADLINE = 1 << 24;
    private static final int X2APIC = 1 << 21;
    private static final int HTT = 1 << 28;

    /** Leaf 1 ECX: CMPXCHG16B, MOVBE, XSAVE, AVX, F16C, FMA, RDRAND. */
    private static final int NOT_EMULATED_1C =
            1 << 13 | 1 << 22 | 1 << 26 | 1 << 28 | 1 << 29 | 1 << 12 | 1 << 30;

    /** Leaf 7 EBX: BMI1, AVX2, BMI2, INVPCID, AVX-512 and all that needs XSAVE, SMAP, ADX, SHA. */
    private static final int KEPT_7B = 1 << 7 | 1 << 9; // SMEP, ERMS

    private final List<KvmCpuidEntry> supported;
    private final int cpus;
    private final boolean apic;
    private final boolean tscDeadline;
    private final boolean interpreted;

    /**
     * @param interpreted whether this KVM runs guests' kernels in its instruction emulator, which
     *     lacks much of what the CPU itself supports: such features are not shown then
     */
    CpuidPolicy(Kvm kvm, int cpus, boolean apic, boolean interpreted) {
        this.interpreted = interpreted;
        this.supported = kvm.supportedCpuid();
        this.cpus = cpus;
        this.apic = apic;
        this.tscDeadline = apic && kvm.checkExtension(KvmCap.TSC_DEADLINE_TIMER) > 0;
    }

    /** The entries for the CPU whose APIC ID is {@code id}. */
    List<KvmCpuidEntry> entries(int id) {
        List<KvmCpuidEntry> entries = new ArrayList<>();
        for (KvmCpuidEntry e : supported) {
            switch (e.function()) {
                case 0x1 -> entries.add(features(e, id));
                case 0x4 -> entries.add(with(e, e.eax() & 0x3fff | (cpus - 1) << 26, e.ebx()));
                case 0x7 -> entries.add(interpreted ? plainFeatures(e) : e);
                case 0xd -> {
                    if (!interpreted) {
                        entries.add(e);
                    }
                }
                // Performance counters are not virtualised.
                case 0xa -> entries.add(new KvmCpuidEntry(0xa, 0, e.flags(), 0, 0, 0, 0));
                // Topology is added below; 0x1f would repeat it.
                case 0xb, 0x1f -> {}
                default -> entries.add(e);
            }
        }
        int shift = 32 - Integer.numberOfLeadingZeros(cpus - 1);
        entries.add(topology(0, 0, 1, 1 << 8, id));
        entries.add(topology(1, shift, cpus, 1 | 2 << 8, id));
        return entries;
    }

    private KvmCpuidEntry features(KvmCpuidEntry e, int id) {
        int ebx = e.ebx() & 0xffff | cpus << 16 | id << 24;
        int ecx = (e.ecx() | HYPERVISOR) & ~(TSC_DEADLINE | X2APIC);
        if (apic) {
            ecx |= X2APIC | (tscDeadline ? TSC_DEADLINE : 0);
        }
        if (interpreted) {
            ecx &= ~NOT_EMULATED_1C;
        }
        int edx = cpus > 1 ? e.edx() | HTT : e.edx() & ~HTT;
        return new KvmCpuidEntry(e.function(), e.index(), e.flags(), e.eax(), ebx, ecx, edx);
    }

    private static KvmCpuidEntry plainFeatures(KvmCpuidEntry e) {
        int ebx = e.index() == 0 ? e.ebx() & KEPT_7B : 0;
        return new KvmCpuidEntry(e.function(), e.index(), e.flags(), 0, ebx, 0, 0);
    }

    private static KvmCpuidEntry with(KvmCpuidEntry e, int eax, int ebx) {
        return new KvmCpuidEntry(e.function(), e.index(), e.flags(), eax, ebx, e.ecx(), e.edx());
    }

    private static KvmCpuidEntry topology(int level, int shift, int count, int ecx, int id) {
        return new KvmCpuidEntry(
                0xb, level, KvmCpuidEntry.SIGNIFICANT_INDEX, shift, count, ecx, id);
    }
}
