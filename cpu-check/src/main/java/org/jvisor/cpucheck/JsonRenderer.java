package org.jvisor.cpucheck;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
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

/**
 * Writes a report for programs. The members are named here by hand, not taken from the records:
 * they are a promise (see the module's README), and the records are not.
 */
final class JsonRenderer {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private JsonRenderer() {}

    static String render(HostReport report) {
        ObjectNode root = NODES.objectNode();
        root.set("cpu", cpu(report.cpu()));
        root.set("hypervisor", hypervisor(report.hypervisor()));
        root.set("virtualization", virtualization(report.virtualization()));
        root.set("iommu", iommu(report.iommu()));
        root.set("module", module(report.module()));
        root.set("device", device(report.device()));
        root.set("extensions", extensions(report.extensions()));
        root.set("guestCpuid", cpuid(report.guestCpuid()));
        root.set("probe", probe(report.probe()));
        root.set("verdict", verdict(report.verdict()));
        root.put("exitStatus", report.exitStatus());
        try {
            return new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(root);
        } catch (JsonProcessingException e) {
            throw new AssertionError("a tree of plain values cannot fail to be written", e);
        }
    }

    private static ObjectNode cpu(Cpu cpu) {
        return NODES.objectNode()
                .put("vendor", cpu.vendor())
                .put("model", cpu.model())
                .put("family", known(cpu.family()))
                .put("modelNumber", known(cpu.modelNumber()))
                .put("stepping", known(cpu.stepping()))
                .put("logicalCpus", cpu.logicalCpus())
                .put("vmx", cpu.vmx())
                .put("svm", cpu.svm());
    }

    private static ObjectNode hypervisor(Hypervisor hypervisor) {
        return NODES.objectNode()
                .put("present", hypervisor.present())
                .put("signature", hypervisor.signature())
                .put("name", hypervisor.name());
    }

    private static ObjectNode virtualization(Virtualization vt) {
        ObjectNode node =
                NODES.objectNode()
                        .put("kind", vt.kind())
                        .put("nested", vt.nested())
                        .put("secondLevelPaging", vt.secondLevelPaging())
                        .put("unrestrictedGuest", vt.unrestrictedGuest());
        node.set("features", strings(vt.features()));
        return node;
    }

    private static ObjectNode iommu(Iommu iommu) {
        ObjectNode node = NODES.objectNode().put("present", iommu.present());
        node.set("units", strings(iommu.units()));
        return node.put("groups", iommu.groups());
    }

    private static ObjectNode module(KvmModule module) {
        ObjectNode node =
                NODES.objectNode().put("name", module.name()).put("state", lower(module.state()));
        ObjectNode parameters = node.putObject("parameters");
        module.parameters().forEach(parameters::put);
        return node;
    }

    private static ObjectNode device(KvmDevice device) {
        return NODES.objectNode()
                .put("state", lower(device.state()))
                .put("group", device.group())
                .put("permissions", device.permissions())
                .put("apiVersion", known(device.apiVersion()))
                .put("problem", device.problem());
    }

    private static ObjectNode extensions(Map<String, Integer> extensions) {
        ObjectNode node = NODES.objectNode();
        extensions.forEach(node::put);
        return node;
    }

    private static ArrayNode cpuid(List<CpuidLeaf> leaves) {
        ArrayNode array = NODES.arrayNode();
        for (CpuidLeaf leaf : leaves) {
            array.add(
                    NODES.objectNode()
                            .put("leaf", hex(leaf.leaf()))
                            .put("subleaf", hex(leaf.subleaf()))
                            .put("eax", hex(leaf.eax()))
                            .put("ebx", hex(leaf.ebx()))
                            .put("ecx", hex(leaf.ecx()))
                            .put("edx", hex(leaf.edx())));
        }
        return array;
    }

    private static @Nullable ObjectNode probe(@Nullable Probe probe) {
        if (probe == null) {
            return null;
        }
        boolean ran = probe.failure() == null;
        return NODES.objectNode()
                .put(
                        "guestInstructionsPerSecond",
                        ran ? (Long) probe.guestInstructionsPerSecond() : null)
                .put(
                        "hostInstructionsPerSecond",
                        ran && probe.hostInstructionsPerSecond() > 0
                                ? (Long) probe.hostInstructionsPerSecond()
                                : null)
                .put("exitNanos", ran && probe.exitNanos() >= 0 ? (Long) probe.exitNanos() : null)
                .put("failure", probe.failure());
    }

    private static ObjectNode verdict(Verdict verdict) {
        ObjectNode node =
                NODES.objectNode()
                        .put("kind", verdict.kind().words())
                        .put("reason", verdict.reason());
        node.set("advice", strings(verdict.advice()));
        return node;
    }

    private static ArrayNode strings(List<String> values) {
        ArrayNode array = NODES.arrayNode();
        values.forEach(array::add);
        return array;
    }

    private static @Nullable Integer known(int value) {
        return value < 0 ? null : (Integer) value;
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    private static String hex(int value) {
        return String.format(Locale.ROOT, "0x%08x", value);
    }
}
