package org.jvisor.cpucheck;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.jvisor.cpucheck.HostReport.CpuidLeaf;
import org.jvisor.cpucheck.HostReport.DeviceState;
import org.jvisor.cpucheck.HostReport.Probe;

class ThisHostTest {
    private static HostReport reportOfUsableKvm() {
        HostReport report = CpuCheck.ofThisHost().report();
        if (report.device().state() != DeviceState.READY) {
            System.out.println("skipped, as KVM cannot be used: " + report.device().problem());
        }
        assumeTrue(report.device().state() == DeviceState.READY, "KVM cannot be used here");
        return report;
    }

    @Test
    void everyHostGetsAVerdict() {
        assertThat(CpuCheck.ofThisHost().verdict().reason()).isNotEmpty();
    }

    @Test
    void theProbesGuestRunsToItsEnd() {
        Probe probe = Objects.requireNonNull(reportOfUsableKvm().probe());
        assertThat(probe.failure()).isNull();
        assertThat(probe.guestInstructionsPerSecond()).isPositive();
        assertThat(probe.hostInstructionsPerSecond()).isPositive();
        assertThat(probe.exitNanos()).isPositive();
    }

    @Test
    void aKvmWithoutVtIsToldApart() {
        HostReport report = reportOfUsableKvm();
        boolean withoutVt = "kvm_pvm".equals(report.module().name());
        if (!withoutVt) {
            System.out.println("skipped, as KVM here is not the one without VT");
        }
        assumeTrue(withoutVt, "needs kvm_pvm");
        assertThat(report.verdict().kind()).isEqualTo(Verdict.Kind.KVM_WITHOUT_VT);
    }

    @Test
    void cpuidNamesTheVendorThatTheKernelNames() {
        Optional<CpuidLeaf> answer = new LinuxHost().cpuid(0, 0);
        assumeTrue(answer.isPresent(), "needs an x86-64 host that allows native code");
        CpuidLeaf leaf = answer.orElseThrow();
        String vendor = "";
        for (int register : new int[] {leaf.ebx(), leaf.edx(), leaf.ecx()}) {
            for (int shift = 0; shift < 32; shift += 8) {
                vendor += (char) (register >> shift & 0xff);
            }
        }
        assertThat(vendor).isEqualTo(Cpuinfo.of(new LinuxHost()).cpu().vendor());
    }
}
