package org.jvisor.cpucheck;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.jvisor.cpucheck.Host.KvmAccess;
import org.jvisor.cpucheck.Host.Ownership;
import org.jvisor.cpucheck.Host.ProbeResult;
import org.jvisor.cpucheck.HostReport.Cpu;
import org.jvisor.cpucheck.HostReport.CpuidLeaf;
import org.jvisor.cpucheck.HostReport.DeviceState;
import org.jvisor.cpucheck.HostReport.Hypervisor;
import org.jvisor.cpucheck.HostReport.KvmDevice;
import org.jvisor.cpucheck.HostReport.KvmModule;

/**
 * The capability probe. Each call looks anew; nothing is kept. Must be called on a platform thread.
 * It throws nothing for what is missing on the host: that is what it reports.
 */
public final class CpuCheck {
    private static final String DEVICE = "/dev/kvm";

    private static final int EPERM = 1, ENOENT = 2, ENXIO = 6, EACCES = 13, EBUSY = 16, ENODEV = 19;

    /** The extensions a virtual machine monitor looks at. */
    private static final List<String> EXTENSIONS =
            List.of(
                    "USER_MEMORY",
                    "NR_MEMSLOTS",
                    "READONLY_MEM",
                    "SYNC_MMU",
                    "MANUAL_DIRTY_LOG_PROTECT2",
                    "DIRTY_LOG_RING",
                    "VM_GPA_BITS",
                    "NR_VCPUS",
                    "MAX_VCPUS",
                    "MAX_VCPU_ID",
                    "IRQCHIP",
                    "SPLIT_IRQCHIP",
                    "PIT2",
                    "IRQ_ROUTING",
                    "SIGNAL_MSI",
                    "IRQFD",
                    "IRQFD_RESAMPLE",
                    "IOEVENTFD",
                    "IOEVENTFD_ANY_LENGTH",
                    "X2APIC_API",
                    "TSC_DEADLINE_TIMER",
                    "TSC_CONTROL",
                    "GET_TSC_KHZ",
                    "ADJUST_CLOCK",
                    "KVMCLOCK_CTRL",
                    "IMMEDIATE_EXIT",
                    "MP_STATE",
                    "VCPU_EVENTS",
                    "DEBUGREGS",
                    "SET_GUEST_DEBUG",
                    "XSAVE",
                    "XSAVE2",
                    "XCRS",
                    "NESTED_STATE",
                    "X86_SMM",
                    "X86_DISABLE_EXITS",
                    "X86_USER_SPACE_MSR",
                    "X86_MSR_FILTER",
                    "EXIT_ON_EMULATION_FAILURE");

    private final Host host;

    CpuCheck(Host host) {
        this.host = host;
    }

    /** Probes this host. */
    public static CpuCheck ofThisHost() {
        return new CpuCheck(new LinuxHost());
    }

    /** All there is to know; takes about 150 ms where there is a KVM. */
    public HostReport report() {
        Cpuinfo cpuinfo = Cpuinfo.of(host);
        Cpu cpu = cpuinfo.cpu();
        Hypervisor hypervisor = cpuinfo.hypervisor(host);
        KvmModule module = Features.module(host, cpuinfo);
        KvmFacts kvm = askKvm(true);
        return new HostReport(
                cpu,
                hypervisor,
                Features.virtualization(cpuinfo, module),
                Features.iommu(host),
                module,
                kvm.device(),
                kvm.extensions(),
                kvm.guestCpuid(),
                kvm.probe(),
                new Judge(host, cpu, hypervisor, module).judge(kvm.device(), kvm.probe()));
    }

    /**
     * Whether the CPU has VT-x or AMD-V: the flag alone, without a probe. A KVM on a CPU without it
     * interprets the guest's kernel.
     */
    public boolean hasVtFlag() {
        HostReport.Cpu cpu = Cpuinfo.of(host).cpu();
        return cpu.vmx() || cpu.svm();
    }

    /** The verdict alone, for choosing an accelerator; takes about 50 ms where there is a KVM. */
    public Verdict verdict() {
        Cpuinfo cpuinfo = Cpuinfo.of(host);
        KvmFacts kvm = askKvm(false);
        return new Judge(
                        host,
                        cpuinfo.cpu(),
                        cpuinfo.hypervisor(host),
                        Features.module(host, cpuinfo))
                .judge(kvm.device(), kvm.probe());
    }

    /** A report for people, several lines. */
    public static String toText(HostReport report) {
        return TextRenderer.render(report);
    }

    /** A report for programs: one JSON object, described in this module's README. */
    public static String toJson(HostReport report) {
        return JsonRenderer.render(report);
    }

    private record KvmFacts(
            KvmDevice device,
            Map<String, Integer> extensions,
            List<CpuidLeaf> guestCpuid,
            HostReport.@Nullable Probe probe) {
        static KvmFacts none(KvmDevice device) {
            return new KvmFacts(device, Map.of(), List.of(), null);
        }
    }

    private KvmFacts askKvm(boolean everything) {
        return switch (host.kvm()) {
            case KvmAccess.Refused refused ->
                    KvmFacts.none(device(state(refused.errno()), -1, refused.message()));
            case KvmAccess.Usable kvm -> {
                try (kvm) {
                    yield ask(kvm, everything);
                }
            }
        };
    }

    private KvmFacts ask(KvmAccess.Usable kvm, boolean everything) {
        int version;
        try {
            version = kvm.apiVersion();
        } catch (RuntimeException e) {
            return KvmFacts.none(device(DeviceState.UNUSABLE, -1, String.valueOf(e.getMessage())));
        }
        ProbeResult result = kvm.probe(everything);
        if (result.errno() == EBUSY) {
            return KvmFacts.none(device(DeviceState.BUSY, version, result.probe().failure()));
        }
        Map<String, Integer> extensions = new LinkedHashMap<>();
        if (everything) {
            EXTENSIONS.forEach(name -> extensions.put(name, kvm.extension(name)));
        }
        return new KvmFacts(
                device(DeviceState.READY, version, null),
                extensions,
                everything ? kvm.guestCpuid() : List.of(),
                result.probe());
    }

    private static DeviceState state(int errno) {
        return switch (errno) {
            case ENOENT, ENODEV, ENXIO -> DeviceState.ABSENT;
            case EACCES, EPERM -> DeviceState.NO_PERMISSION;
            case EBUSY -> DeviceState.BUSY;
            default -> DeviceState.UNUSABLE;
        };
    }

    private KvmDevice device(DeviceState state, int version, @Nullable String problem) {
        Optional<Ownership> ownership = host.ownership(DEVICE);
        return new KvmDevice(
                state,
                ownership.map(Ownership::group).orElse(null),
                ownership.map(Ownership::permissions).orElse(null),
                version,
                problem);
    }
}
