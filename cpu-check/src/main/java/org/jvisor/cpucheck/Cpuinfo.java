package org.jvisor.cpucheck;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.jvisor.cpucheck.HostReport.Cpu;
import org.jvisor.cpucheck.HostReport.CpuidLeaf;
import org.jvisor.cpucheck.HostReport.Hypervisor;

/** What /proc/cpuinfo and CPUID say of the CPU. */
final class Cpuinfo {
    private static final int HYPERVISOR_LEAF = 0x4000_0000;
    private static final int HYPERVISOR_BIT = 1 << 31; // CPUID 1, ECX

    /** The hypervisors' signatures in CPUID 0x40000000, without trailing zeros. */
    private static final Map<String, String> HYPERVISORS =
            Map.ofEntries(
                    Map.entry("KVMKVMKVM", "KVM"),
                    Map.entry("Linux KVM Hv", "KVM with Hyper-V's interface"),
                    Map.entry("Microsoft Hv", "Microsoft Hyper-V"),
                    Map.entry("VMwareVMware", "VMware"),
                    Map.entry("XenVMMXenVMM", "Xen"),
                    Map.entry("TCGTCGTCGTCG", "QEMU without KVM"),
                    Map.entry("VBoxVBoxVBox", "VirtualBox"),
                    Map.entry("bhyve bhyve ", "bhyve"),
                    Map.entry("ACRNACRNACRN", "ACRN"),
                    Map.entry(" lrpepyh  vr", "Parallels"),
                    Map.entry(" prl hyperv ", "Parallels"),
                    Map.entry("Jailhouse", "Jailhouse"),
                    Map.entry("NovaHypervis", "NOVA"),
                    Map.entry("OpenBSDVMM58", "OpenBSD vmm"));

    private final Map<String, String> first;
    private final int count;

    private Cpuinfo(Map<String, String> first, int count) {
        this.first = first;
        this.count = count;
    }

    static Cpuinfo of(Host host) {
        Map<String, String> fields = new HashMap<>();
        int count = 0;
        for (String line : host.read("/proc/cpuinfo").orElse("").lines().toList()) {
            int colon = line.indexOf(':');
            if (colon >= 0) {
                String key = line.substring(0, colon).strip();
                count += key.equals("processor") ? 1 : 0;
                fields.putIfAbsent(key, line.substring(colon + 1).strip());
            }
        }
        return new Cpuinfo(fields, count);
    }

    Cpu cpu() {
        return new Cpu(
                first.getOrDefault("vendor_id", "unknown"),
                first.getOrDefault("model name", "unknown"),
                number("cpu family"),
                number("model"),
                number("stepping"),
                count,
                flag("vmx"),
                flag("svm"));
    }

    private int number(String key) {
        try {
            return Integer.parseInt(first.getOrDefault(key, "-1"));
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    /** Whether a word stands in the line {@code flags}. */
    boolean flag(String name) {
        return words("flags").contains(name);
    }

    /** The words of a line. */
    Set<String> words(String key) {
        return new TreeSet<>(List.of(first.getOrDefault(key, "").split("\\s+")));
    }

    Hypervisor hypervisor(Host host) {
        Optional<CpuidLeaf> features = host.cpuid(1, 0);
        boolean present =
                features.map(leaf -> (leaf.ecx() & HYPERVISOR_BIT) != 0).orElse(flag("hypervisor"));
        String signature =
                present
                        ? host.cpuid(HYPERVISOR_LEAF, 0).map(Cpuinfo::signature).orElse(null)
                        : null;
        return new Hypervisor(present, signature, name(signature));
    }

    private static @Nullable String name(@Nullable String signature) {
        return signature == null ? null : HYPERVISORS.get(signature);
    }

    /** The twelve characters in EBX, ECX and EDX. */
    private static String signature(CpuidLeaf leaf) {
        StringBuilder text = new StringBuilder();
        for (int register : new int[] {leaf.ebx(), leaf.ecx(), leaf.edx()}) {
            for (int shift = 0; shift < 32; shift += 8) {
                char c = (char) (register >> shift & 0xff);
                text.append(c == 0 || c >= 0x20 && c < 0x7f ? c : '?');
            }
        }
        return text.toString().replaceFirst("\0+$", "").replace('\0', '.');
    }
}
