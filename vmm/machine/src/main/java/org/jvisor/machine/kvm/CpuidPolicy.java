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

    private final List<KvmCpuidEntry> supported;
    private final int cpus;
    private final boolean apic;
    private final boolean tscDeadline;

    CpuidPolicy(Kvm kvm, int cpus, boolean apic) {
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
        int edx = cpus > 1 ? e.edx() | HTT : e.edx() & ~HTT;
        return new KvmCpuidEntry(e.function(), e.index(), e.flags(), e.eax(), ebx, ecx, edx);
    }

    private static KvmCpuidEntry with(KvmCpuidEntry e, int eax, int ebx) {
        return new KvmCpuidEntry(e.function(), e.index(), e.flags(), eax, ebx, e.ecx(), e.edx());
    }

    private static KvmCpuidEntry topology(int level, int shift, int count, int ecx, int id) {
        return new KvmCpuidEntry(
                0xb, level, KvmCpuidEntry.SIGNIFICANT_INDEX, shift, count, ecx, id);
    }
}
