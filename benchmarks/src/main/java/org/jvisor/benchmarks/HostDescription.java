package org.jvisor.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jvisor.cpucheck.CpuCheck;
import org.jvisor.cpucheck.HostReport;

/** What the machine is that figures come from. */
final class HostDescription {
    private final HostReport report;
    private final String loadBefore;

    private HostDescription(HostReport report, String loadBefore) {
        this.report = report;
        this.loadBefore = loadBefore;
    }

    /** Looks at the host before the measurements. */
    static HostDescription take() throws IOException {
        return new HostDescription(CpuCheck.ofThisHost().report(), loads());
    }

    /** Whether machines can be made on KVM; {@link #kvm} tells why not. */
    boolean hasKvm() {
        return report.device().state() == HostReport.DeviceState.READY;
    }

    /** Whether the CPU shows VT-x or AMD-V. */
    boolean hasVt() {
        return report.virtualization().kind() != null;
    }

    /** The state of KVM, in a sentence. */
    String kvm() {
        if (!hasKvm()) {
            String problem = report.device().problem();
            return "not usable: " + (problem == null ? report.device().state() : problem);
        }
        String module = report.module().name();
        return "%s, %s"
                .formatted(
                        module == null ? "/dev/kvm" : module,
                        report.virtualization().kind() == null
                                ? "without VT: its guests go through KVM's instruction emulator"
                                : report.virtualization().kind());
    }

    /** All properties, with the load before and now. */
    Map<String, String> properties() throws IOException {
        Map<String, String> all = new LinkedHashMap<>();
        all.put("CPU", report.cpu().model());
        all.put("cores", Integer.toString(Runtime.getRuntime().availableProcessors()));
        all.put(
                "virtualization",
                report.virtualization().kind() == null
                        ? "no VT-x or AMD-V"
                        : report.virtualization().kind());
        if (report.hypervisor().present()) {
            String name = report.hypervisor().name();
            all.put("itself runs in", name == null ? "an unknown hypervisor" : name);
        }
        all.put("KVM", kvm());
        all.put("kernel", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        all.put(
                "JDK",
                System.getProperty("java.vendor") + " " + System.getProperty("java.vm.version"));
        all.put("memory", memory());
        all.put("load average", loadBefore + " before, " + loads() + " after");
        all.put("time", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        return all;
    }

    private static String memory() throws IOException {
        String info = Files.readString(Path.of("/proc/meminfo"));
        return (VmProcess.sizeIn(info, "MemTotal:") >> 20) + " MiB";
    }

    private static String loads() throws IOException {
        String[] words = Files.readString(Path.of("/proc/loadavg")).split(" ", 4);
        return words[0] + " " + words[1] + " " + words[2];
    }
}
