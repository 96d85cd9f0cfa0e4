package org.jvisor.cpucheck;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.jvisor.cpucheck.HostReport.Cpu;
import org.jvisor.cpucheck.HostReport.CpuidLeaf;
import org.jvisor.cpucheck.HostReport.Hypervisor;
import org.jvisor.cpucheck.HostReport.Iommu;
import org.jvisor.cpucheck.HostReport.KvmDevice;
import org.jvisor.cpucheck.HostReport.KvmModule;
import org.jvisor.cpucheck.HostReport.Probe;
import org.jvisor.cpucheck.HostReport.Virtualization;

/** Writes a report for people. */
final class TextRenderer {
    private static final int WIDTH = 96;
    private static final int LABEL = 22;

    private final StringBuilder out = new StringBuilder();

    private TextRenderer() {}

    static String render(HostReport report) {
        TextRenderer renderer = new TextRenderer();
        renderer.cpu(report.cpu(), report.hypervisor());
        renderer.virtualization(report.virtualization(), report.iommu());
        renderer.kvm(report.module(), report.device());
        renderer.extensions(report.extensions());
        renderer.cpuid(report.guestCpuid());
        renderer.probe(report.probe());
        renderer.verdict(report.verdict());
        return renderer.out.toString();
    }

    private void cpu(Cpu cpu, Hypervisor hypervisor) {
        title("CPU");
        line("vendor", cpu.vendor());
        line(
                "model",
                "%s (family %s, model %s, stepping %s)"
                        .formatted(
                                cpu.model(),
                                number(cpu.family()),
                                number(cpu.modelNumber()),
                                number(cpu.stepping())));
        line("logical CPUs", String.valueOf(cpu.logicalCpus()));
        line("vmx flag", yes(cpu.vmx()));
        line("svm flag", yes(cpu.svm()));
        line("inside a hypervisor", describe(hypervisor));
    }

    private static String describe(Hypervisor hypervisor) {
        if (!hypervisor.present()) {
            return "no";
        }
        if (hypervisor.signature() == null) {
            return "yes (it does not say which)";
        }
        return "yes: %s (signature \"%s\")"
                .formatted(
                        hypervisor.name() == null ? "an unknown one" : hypervisor.name(),
                        hypervisor.signature());
    }

    private void virtualization(Virtualization vt, Iommu iommu) {
        title("Virtualisation");
        line("technique", vt.kind() == null ? "none visible" : vt.kind());
        if (vt.kind() != null) {
            line("nested", yes(vt.nested()));
            line(vt.kind().equals("VT-x") ? "EPT" : "NPT", yes(vt.secondLevelPaging()));
            line("unrestricted guest", yes(vt.unrestrictedGuest()));
            line("features", vt.features().isEmpty() ? "none listed" : join(vt.features()));
        }
        line(
                "IOMMU",
                iommu.present()
                        ? "%s; %d groups of devices".formatted(join(iommu.units()), iommu.groups())
                        : "none at work");
    }

    private void kvm(KvmModule module, KvmDevice device) {
        title("KVM");
        String name = module.name() == null ? "none" : module.name();
        line(
                "module",
                switch (module.state()) {
                    case LOADED -> name + ", loaded";
                    case BUILT_IN -> name + ", built in";
                    case NOT_LOADED -> name + ", not loaded";
                    case ABSENT -> "none";
                });
        if (!module.parameters().isEmpty()) {
            line(
                    "parameters",
                    join(
                            module.parameters().entrySet().stream()
                                    .map(e -> e.getKey() + "=" + e.getValue())
                                    .toList()));
        }
        line(
                "/dev/kvm",
                switch (device.state()) {
                    case READY -> "ready";
                    case ABSENT -> "absent";
                    case NO_PERMISSION -> "no permission";
                    case BUSY -> "busy";
                    case UNUSABLE -> "unusable";
                });
        if (device.group() != null) {
            line("", "group %s, %s".formatted(device.group(), device.permissions()));
        }
        if (device.problem() != null) {
            line("", device.problem());
        }
        if (device.apiVersion() >= 0) {
            line("API version", String.valueOf(device.apiVersion()));
        }
    }

    private void extensions(Map<String, Integer> extensions) {
        if (!extensions.isEmpty()) {
            line(
                    "extensions",
                    join(
                            extensions.entrySet().stream()
                                    .map(e -> e.getKey() + "=" + e.getValue())
                                    .toList()));
        }
    }

    private void cpuid(List<CpuidLeaf> leaves) {
        if (leaves.isEmpty()) {
            return;
        }
        title("CPUID of a guest on KVM (leaf, subleaf: EAX EBX ECX EDX)");
        for (CpuidLeaf leaf : leaves) {
            if ((leaf.eax() | leaf.ebx() | leaf.ecx() | leaf.edx()) != 0) {
                out.append(
                        String.format(
                                Locale.ROOT,
                                "  %08x %02x: %08x %08x %08x %08x%n",
                                leaf.leaf(),
                                leaf.subleaf(),
                                leaf.eax(),
                                leaf.ebx(),
                                leaf.ecx(),
                                leaf.edx()));
            }
        }
    }

    private void probe(@Nullable Probe probe) {
        if (probe == null) {
            return;
        }
        title("Probe vCPU");
        if (probe.failure() != null) {
            line("failure", probe.failure());
            return;
        }
        line("guest", Units.instructions(probe.guestInstructionsPerSecond()));
        if (probe.hostInstructionsPerSecond() > 0) {
            line("the CPU itself", Units.instructions(probe.hostInstructionsPerSecond()));
        }
        if (probe.exitNanos() >= 0) {
            line("exit round trip", Units.micros(probe.exitNanos()));
        }
    }

    private void verdict(Verdict verdict) {
        out.append(String.format("%nVerdict: %s%n", verdict.kind().words()));
        paragraph("  ", verdict.reason());
        for (String advice : verdict.advice()) {
            paragraph("  - ", advice);
        }
    }

    private void title(String text) {
        out.append(out.isEmpty() ? "" : System.lineSeparator());
        out.append(text).append(System.lineSeparator());
    }

    private void line(String label, String value) {
        paragraph(("  " + label + " ".repeat(LABEL)).substring(0, LABEL), value);
    }

    /** Writes text after a prefix, broken into lines that start below where it starts. */
    private void paragraph(String prefix, String text) {
        StringBuilder line = new StringBuilder(prefix);
        for (String word : text.split(" ", -1)) {
            if (line.length() + word.length() > WIDTH && line.length() > prefix.length()) {
                out.append(line.toString().stripTrailing()).append(System.lineSeparator());
                line = new StringBuilder(" ".repeat(prefix.length()));
            }
            line.append(word).append(' ');
        }
        out.append(line.toString().stripTrailing()).append(System.lineSeparator());
    }

    private static String join(List<String> words) {
        return String.join(" ", words);
    }

    private static String yes(@Nullable Boolean value) {
        return value == null ? "unknown" : value ? "yes" : "no";
    }

    private static String number(int value) {
        return value < 0 ? "unknown" : String.valueOf(value);
    }
}
