package org.jvisor.cpucheck;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.jvisor.cpucheck.HostReport.Iommu;
import org.jvisor.cpucheck.HostReport.KvmModule;
import org.jvisor.cpucheck.HostReport.ModuleState;
import org.jvisor.cpucheck.HostReport.Virtualization;

/** What the kernel shows of VT, the IOMMU and KVM's modules. */
final class Features {
    /** KVM's modules for one vendor or technique, the likeliest first. */
    private static final List<String> MODULES = List.of("kvm_intel", "kvm_amd", "kvm_pvm");

    /** The words among AMD's flags that /proc/cpuinfo lists after {@code svm}'s own leaf. */
    private static final Set<String> SVM_FEATURES =
            Set.of(
                    "npt",
                    "lbrv",
                    "svm_lock",
                    "nrip_save",
                    "tsc_scale",
                    "vmcb_clean",
                    "flushbyasid",
                    "decodeassists",
                    "pausefilter",
                    "pfthreshold",
                    "avic",
                    "x2avic",
                    "v_vmsave_vmload",
                    "vgif",
                    "v_spec_ctrl",
                    "vnmi",
                    "sev",
                    "sev_es",
                    "sev_snp");

    private Features() {}

    static Virtualization virtualization(Cpuinfo cpuinfo, KvmModule module) {
        boolean vmx = cpuinfo.flag("vmx");
        boolean svm = cpuinfo.flag("svm");
        if (!vmx && !svm) {
            return new Virtualization(null, null, null, null, List.of());
        }
        Set<String> features = new TreeSet<>(cpuinfo.words(vmx ? "vmx flags" : "flags"));
        if (svm) {
            features.retainAll(SVM_FEATURES);
        }
        features.remove("");
        Map<String, String> parameters = module.parameters();
        String paging = vmx ? "ept" : "npt";
        return new Virtualization(
                vmx ? "VT-x" : "AMD-V",
                flag(parameters.get("nested")),
                known(flag(parameters.get(paging)), features, paging),
                vmx
                        ? known(
                                flag(parameters.get("unrestricted_guest")),
                                features,
                                "unrestricted_guest")
                        : Boolean.TRUE, // AMD-V runs real mode as it is (APM 2 §15.5)
                List.copyOf(features));
    }

    /** The module's word where it gives one; else the CPU's, where the kernel lists any feature. */
    private static @Nullable Boolean known(
            @Nullable Boolean parameter, Set<String> features, String name) {
        if (parameter != null) {
            return parameter;
        }
        return features.isEmpty() ? null : features.contains(name);
    }

    private static @Nullable Boolean flag(@Nullable String parameter) {
        if (parameter == null) {
            return null;
        }
        return parameter.equals("Y") || parameter.equals("1");
    }

    static Iommu iommu(Host host) {
        return new Iommu(
                host.list("/sys/class/iommu"), host.list("/sys/kernel/iommu_groups").size());
    }

    static KvmModule module(Host host, Cpuinfo cpuinfo) {
        for (String name : MODULES) {
            String folder = "/sys/module/" + name;
            if (host.exists(folder)) {
                boolean loaded =
                        host.read("/proc/modules")
                                .orElse("")
                                .lines()
                                .anyMatch(line -> line.startsWith(name + " "));
                return new KvmModule(
                        name,
                        loaded ? ModuleState.LOADED : ModuleState.BUILT_IN,
                        parameters(host, folder + "/parameters"));
            }
        }
        return notLoaded(host, cpuinfo);
    }

    private static KvmModule notLoaded(Host host, Cpuinfo cpuinfo) {
        String release = host.read("/proc/sys/kernel/osrelease").orElse("").strip();
        String folder = "/lib/modules/" + release + "/kernel/arch/x86/kvm";
        List<String> files = release.isEmpty() ? List.of() : host.list(folder);
        String wanted = cpuinfo.cpu().vendor().equals("GenuineIntel") ? "kvm_intel" : "kvm_amd";
        boolean there =
                files.stream().anyMatch(f -> f.startsWith(wanted.replace('_', '-') + ".ko"));
        return there
                ? new KvmModule(wanted, ModuleState.NOT_LOADED, Map.of())
                : new KvmModule(null, ModuleState.ABSENT, Map.of());
    }

    private static Map<String, String> parameters(Host host, String folder) {
        Map<String, String> parameters = new TreeMap<>();
        for (String name : host.list(folder)) {
            host.read(folder + "/" + name)
                    .map(String::strip)
                    .filter(value -> value.length() <= 80 && value.lines().count() == 1)
                    .ifPresent(value -> parameters.put(name, value));
        }
        return parameters;
    }
}
