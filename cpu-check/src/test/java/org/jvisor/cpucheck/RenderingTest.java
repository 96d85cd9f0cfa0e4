package org.jvisor.cpucheck;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RenderingTest {
    private static final HostReport REPORT =
            new CpuCheck(
                            FakeHost.intel("")
                                    .insideHypervisor("KVMKVMKVM")
                                    .module("kvm_pvm", "stats", "N")
                                    .kvmRunning(800_000))
                    .report();

    private static JsonNode json(HostReport report) throws Exception {
        return new ObjectMapper().readTree(CpuCheck.toJson(report));
    }

    @Test
    void theJsonHasTheFacts() throws Exception {
        JsonNode json = json(REPORT);
        assertThat(json.at("/cpu/vendor").textValue()).isEqualTo("GenuineIntel");
        assertThat(json.at("/cpu/vmx").booleanValue()).isFalse();
        assertThat(json.at("/hypervisor/name").textValue()).isEqualTo("KVM");
        assertThat(json.at("/module/state").textValue()).isEqualTo("built in");
        assertThat(json.at("/device/state").textValue()).isEqualTo("ready");
        assertThat(json.at("/extensions/IRQCHIP").intValue()).isEqualTo(7);
        assertThat(json.at("/guestCpuid/0/leaf").textValue()).isEqualTo("0x0000000d");
        assertThat(json.at("/guestCpuid/0/edx").textValue()).isEqualTo("0xffffffff");
        assertThat(json.at("/probe/guestInstructionsPerSecond").longValue()).isEqualTo(800_000);
        assertThat(json.at("/probe/exitNanos").longValue()).isEqualTo(1500);
        assertThat(json.at("/verdict/kind").textValue()).isEqualTo("kvm without VT");
        assertThat(json.at("/exitStatus").intValue()).isOne();
    }

    @Test
    void whatIsUnknownIsNullInTheJson() throws Exception {
        JsonNode json = json(new CpuCheck(new FakeHost()).report());
        for (String member :
                List.of(
                        "/cpu/family",
                        "/hypervisor/signature",
                        "/virtualization/nested",
                        "/module/name",
                        "/device/apiVersion",
                        "/probe")) {
            assertThat(json.at(member).isNull()).as(member).isTrue();
        }
    }

    @Test
    void everyMemberOfTheJsonIsInTheReadme() throws Exception {
        String readme = Files.readString(Path.of("README.md"));
        List<String> members = new ArrayList<>();
        json(REPORT)
                .properties()
                .forEach(
                        top -> {
                            boolean named =
                                    top.getValue().isObject() && !top.getKey().equals("extensions");
                            if (named) {
                                top.getValue()
                                        .fieldNames()
                                        .forEachRemaining(f -> members.add(top.getKey() + "." + f));
                            } else {
                                members.add(top.getKey());
                            }
                        });
        assertThat(members).allSatisfy(m -> assertThat(readme).contains("`" + m + "`"));
    }

    @Test
    void theTextHasTheFacts() {
        assertThat(CpuCheck.toText(REPORT).replaceAll("\\s+", " "))
                .contains("GenuineIntel")
                .contains("family 6, model 158, stepping 13")
                .contains("yes: KVM (signature \"KVMKVMKVM\")")
                .contains("kvm_pvm, built in")
                .contains("stats=N")
                .contains("API version")
                .contains("IRQCHIP=7")
                .contains("0000000d 02: 00000100 00000240 00000000 ffffffff")
                .contains("0.80 M instructions/s")
                .contains("1.5 us")
                .contains("Verdict: kvm without VT");
    }

    @Test
    void theTextKeepsWithinItsWidth() {
        assertThat(CpuCheck.toText(REPORT).lines())
                .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(96));
    }

    @Test
    void theTextTellsWhatToDo() {
        HostReport report =
                new CpuCheck(
                                FakeHost.intel("vmx")
                                        .device("kvm", "rw-rw----")
                                        .refuses(
                                                FakeHost.EACCES, "open of /dev/kvm failed: EACCES"))
                        .report();
        assertThat(CpuCheck.toText(report))
                .contains("no permission")
                .contains("group kvm, rw-rw----")
                .contains("Verdict: software only")
                .contains("usermod -aG kvm alice");
    }
}
