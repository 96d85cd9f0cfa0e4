package org.jvisor.cpucheck;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All that {@link CpuCheck#report} found.
 *
 * @param cpu the host's CPU
 * @param hypervisor what the host itself runs in
 * @param virtualization the CPU's features for running guests
 * @param iommu the means to pass devices through
 * @param module KVM's module for the CPU's vendor
 * @param device the state of /dev/kvm
 * @param extensions KVM's extensions that matter, by name without {@code KVM_CAP_}, with their
 *     values; empty where KVM cannot be opened
 * @param guestCpuid the CPUID answers a guest on KVM would get; empty likewise
 * @param probe what a guest did; null where none could be made
 * @param verdict what follows from it
 */
public record HostReport(
        Cpu cpu,
        Hypervisor hypervisor,
        Virtualization virtualization,
        Iommu iommu,
        KvmModule module,
        KvmDevice device,
        Map<String, Integer> extensions,
        List<CpuidLeaf> guestCpuid,
        @Nullable Probe probe,
        Verdict verdict) {

    /** The exit status of the command: that of the verdict. */
    public int exitStatus() {
        return verdict.kind().exitStatus();
    }

    /**
     * The CPU as /proc/cpuinfo describes the first one.
     *
     * @param vendor such as {@code GenuineIntel}; {@code unknown} where the kernel does not say
     * @param model the marketing name, likewise
     * @param family the displayed family, -1 where unknown
     * @param modelNumber the displayed model, -1 where unknown
     * @param stepping -1 where unknown
     * @param logicalCpus how many the kernel uses
     * @param vmx whether the flag of Intel's VT-x is there
     * @param svm whether the flag of AMD-V is there
     */
    public record Cpu(
            String vendor,
            String model,
            int family,
            int modelNumber,
            int stepping,
            int logicalCpus,
            boolean vmx,
            boolean svm) {}

    /**
     * The hypervisor around the host.
     *
     * @param present whether there is one (CPUID 1, ECX bit 31)
     * @param signature the 12 characters of CPUID 0x40000000 without trailing zeros; null where
     *     there is none or CPUID could not be executed
     * @param name its common name; null where the signature is not known
     */
    public record Hypervisor(boolean present, @Nullable String signature, @Nullable String name) {}

    /**
     * The CPU's features for running guests, as the kernel shows them.
     *
     * @param kind {@code VT-x} or {@code AMD-V}; null where the CPU shows neither
     * @param nested whether guests may be hypervisors (the module's {@code nested}); null unknown
     * @param secondLevelPaging whether EPT or NPT is there and used; null unknown
     * @param unrestrictedGuest whether real mode runs without help; null unknown
     * @param features the kernel's names of the VT features in /proc/cpuinfo, sorted
     */
    public record Virtualization(
            @Nullable String kind,
            @Nullable Boolean nested,
            @Nullable Boolean secondLevelPaging,
            @Nullable Boolean unrestrictedGuest,
            List<String> features) {}

    /**
     * The IOMMU.
     *
     * @param units the kernel's names of the units that work, such as {@code dmar0}
     * @param groups how many groups of devices can be passed through
     */
    public record Iommu(List<String> units, int groups) {
        /** Whether there is one at work. */
        public boolean present() {
            return !units.isEmpty() || groups > 0;
        }
    }

    /** How KVM's module for the CPU is there. */
    public enum ModuleState {
        /** Loaded as a module. */
        LOADED,
        /** Part of the kernel. */
        BUILT_IN,
        /** On the disk, but not loaded. */
        NOT_LOADED,
        /** Not to be found. */
        ABSENT
    }

    /**
     * KVM's module for the CPU.
     *
     * @param name {@code kvm_intel}, {@code kvm_amd}, {@code kvm_pvm} or another; null where absent
     * @param state how it is there
     * @param parameters its readable parameters, by name
     */
    public record KvmModule(
            @Nullable String name, ModuleState state, Map<String, String> parameters) {}

    /** The state of /dev/kvm. */
    public enum DeviceState {
        /** It opens, and machines can be made. */
        READY,
        /** There is no such device, or no driver behind it. */
        ABSENT,
        /** This user may not open it. */
        NO_PERMISSION,
        /** Another hypervisor holds the CPU. */
        BUSY,
        /** Something else is wrong with it. */
        UNUSABLE
    }

    /**
     * The device.
     *
     * @param state whether it can be used
     * @param group the group that owns it; null where there is no device
     * @param permissions as {@code ls} shows them, such as {@code rw-rw----}; null likewise
     * @param apiVersion what KVM_GET_API_VERSION says; -1 where it could not be asked
     * @param problem why it cannot be used; null where it can
     */
    public record KvmDevice(
            DeviceState state,
            @Nullable String group,
            @Nullable String permissions,
            int apiVersion,
            @Nullable String problem) {}

    /**
     * One answer of CPUID.
     *
     * @param leaf EAX going in
     * @param subleaf ECX going in, where it matters; else 0
     * @param eax EAX coming out
     * @param ebx EBX coming out
     * @param ecx ECX coming out
     * @param edx EDX coming out
     */
    public record CpuidLeaf(int leaf, int subleaf, int eax, int ebx, int ecx, int edx) {}

    /**
     * What a guest of a few instructions did, in 64-bit mode at CPL 0.
     *
     * @param guestInstructionsPerSecond of a counting loop in the guest
     * @param hostInstructionsPerSecond of the same loop on the host; 0 where the host forbids
     *     programs to bring such code
     * @param exitNanos nanoseconds from the guest to this program and back, at a port write; -1
     *     where that was not measured
     * @param failure why the guest did not do it; null where it did
     */
    public record Probe(
            long guestInstructionsPerSecond,
            long hostInstructionsPerSecond,
            long exitNanos,
            @Nullable String failure) {
        /** A guest slower than the CPU by more than this factor is interpreted. */
        private static final int INTERPRETED = 8;

        /** No interpreter of x86 is as fast as this, and no CPU with VT as slow. */
        private static final long FAST = 200_000_000;

        static Probe failed(String why) {
            return new Probe(0, 0, -1, why);
        }

        /** Whether the guest ran on the CPU itself rather than in an interpreter. */
        public boolean runsNatively() {
            long needed =
                    hostInstructionsPerSecond == 0 ? FAST : hostInstructionsPerSecond / INTERPRETED;
            return failure == null && guestInstructionsPerSecond > needed;
        }
    }
}
