package org.jvisor.kvm;

import java.lang.foreign.MemorySegment;
import org.jvisor.kvm.bindings.kvm_cpuid_entry2;
import org.jvisor.kvm.bindings.kvm_h;

/**
 * One answer of CPUID.
 *
 * @param function the leaf: EAX going in
 * @param index the subleaf: ECX going in, where {@link #indexed}
 * @param flags {@code KVM_CPUID_FLAG_} bits
 * @param eax EAX coming out
 * @param ebx EBX coming out
 * @param ecx ECX coming out
 * @param edx EDX coming out
 */
public record KvmCpuidEntry(
        int function, int index, int flags, int eax, int ebx, int ecx, int edx) {
    /** The flag of an entry that answers for one subleaf only. */
    public static final int SIGNIFICANT_INDEX = kvm_h.KVM_CPUID_FLAG_SIGNIFCANT_INDEX();

    /** Whether ECX selects among several answers of this leaf. */
    public boolean indexed() {
        return (flags & SIGNIFICANT_INDEX) != 0;
    }

    static KvmCpuidEntry read(MemorySegment entry) {
        return new KvmCpuidEntry(
                kvm_cpuid_entry2.function(entry),
                kvm_cpuid_entry2.index(entry),
                kvm_cpuid_entry2.flags(entry),
                kvm_cpuid_entry2.eax(entry),
                kvm_cpuid_entry2.ebx(entry),
                kvm_cpuid_entry2.ecx(entry),
                kvm_cpuid_entry2.edx(entry));
    }

    void write(MemorySegment entry) {
        kvm_cpuid_entry2.function(entry, function);
        kvm_cpuid_entry2.index(entry, index);
        kvm_cpuid_entry2.flags(entry, flags);
        kvm_cpuid_entry2.eax(entry, eax);
        kvm_cpuid_entry2.ebx(entry, ebx);
        kvm_cpuid_entry2.ecx(entry, ecx);
        kvm_cpuid_entry2.edx(entry, edx);
    }
}
