package org.jvisor.cpucheck;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.jvisor.cpucheck.HostReport.DeviceState;
import org.jvisor.cpucheck.HostReport.ModuleState;

class ReportTest {
    private static HostReport report(FakeHost host) {
        return new CpuCheck(host).report();
    }

    @Test
    void theCpuIsTheFirstOfCpuinfo() {
        HostReport.Cpu cpu = report(FakeHost.intel("vmx")).cpu();
        assertThat(cpu.vendor()).isEqualTo("GenuineIntel");
        assertThat(cpu.model()).startsWith("Intel(R) Core(TM) i7-9700K");
        assertThat(cpu.family()).isEqualTo(6);
        assertThat(cpu.modelNumber()).isEqualTo(158);
        assertThat(cpu.stepping()).isEqualTo(13);
        assertThat(cpu.logicalCpus()).isEqualTo(2);
        assertThat(cpu.vmx()).isTrue();
        assertThat(cpu.svm()).isFalse();
    }

    @Test
    void aFlagThatMerelyContainsTheNameDoesNotCount() {
        assertThat(report(FakeHost.intel("vmxnet svm_lock")).cpu().vmx()).isFalse();
    }

    @Test
    void intelsFeaturesComeFromTheirOwnLine() {
        HostReport.Virtualization vt = report(FakeHost.intel("vmx")).virtualization();
        assertThat(vt.kind()).isEqualTo("VT-x");
        assertThat(vt.features()).containsExactly("ept", "unrestricted_guest", "vnmi", "vpid");
        assertThat(vt.secondLevelPaging()).isTrue();
        assertThat(vt.unrestrictedGuest()).isTrue();
        assertThat(vt.nested()).isNull();
    }

    @Test
    void theModulesParametersOverruleTheCpu() {
        HostReport.Virtualization vt =
                report(
                                FakeHost.intel("vmx")
                                        .module(
                                                "kvm_intel",
                                                "ept",
                                                "N",
                                                "unrestricted_guest",
                                                "N",
                                                "nested",
                                                "Y"))
                        .virtualization();
        assertThat(vt.secondLevelPaging()).isFalse();
        assertThat(vt.unrestrictedGuest()).isFalse();
        assertThat(vt.nested()).isTrue();
    }

    @Test
    void amdsFeaturesArePickedFromTheFlags() {
        HostReport.Virtualization vt =
                report(FakeHost.amd("svm npt nrip_save avic").module("kvm_amd", "nested", "0"))
                        .virtualization();
        assertThat(vt.kind()).isEqualTo("AMD-V");
        assertThat(vt.features()).containsExactly("avic", "npt", "nrip_save");
        assertThat(vt.secondLevelPaging()).isTrue();
        assertThat(vt.nested()).isFalse();
    }

    @Test
    void withoutFlagThereIsNoVirtualisation() {
        assertThat(report(FakeHost.intel("")).virtualization().kind()).isNull();
    }

    @Test
    void theHypervisorIsNamedByItsSignature() {
        HostReport.Hypervisor hypervisor =
                report(FakeHost.intel("").insideHypervisor("KVMKVMKVM")).hypervisor();
        assertThat(hypervisor.present()).isTrue();
        assertThat(hypervisor.signature()).isEqualTo("KVMKVMKVM");
        assertThat(hypervisor.name()).isEqualTo("KVM");
    }

    @Test
    void anUnknownHypervisorIsShownByItsSignature() {
        HostReport.Hypervisor hypervisor =
                report(FakeHost.intel("").insideHypervisor("HomeMadeHv01")).hypervisor();
        assertThat(hypervisor.signature()).isEqualTo("HomeMadeHv01");
        assertThat(hypervisor.name()).isNull();
    }

    @Test
    void bareMetalHasNoHypervisor() {
        assertThat(report(FakeHost.intel("vmx")).hypervisor().present()).isFalse();
    }

    @Test
    void withoutCpuidTheFlagTellsOfTheHypervisor() {
        HostReport.Hypervisor hypervisor =
                report(FakeHost.intel("hypervisor").withoutCpuid()).hypervisor();
        assertThat(hypervisor.present()).isTrue();
        assertThat(hypervisor.signature()).isNull();
    }

    @Test
    void aModuleListedByTheKernelIsLoaded() {
        HostReport.KvmModule module =
                report(FakeHost.intel("vmx").module("kvm_intel", "nested", "Y").loaded("kvm_intel"))
                        .module();
        assertThat(module.name()).isEqualTo("kvm_intel");
        assertThat(module.state()).isEqualTo(ModuleState.LOADED);
        assertThat(module.parameters()).containsEntry("nested", "Y");
    }

    @Test
    void aModuleThatIsNotListedIsBuiltIn() {
        assertThat(report(FakeHost.intel("").module("kvm_pvm")).module().state())
                .isEqualTo(ModuleState.BUILT_IN);
    }

    @Test
    void aHostWithoutAnyModuleHasNone() {
        HostReport.KvmModule module = report(FakeHost.intel("")).module();
        assertThat(module.name()).isNull();
        assertThat(module.state()).isEqualTo(ModuleState.ABSENT);
    }

    @Test
    void theIommuHasUnitsAndGroups() {
        HostReport.Iommu iommu =
                report(
                                FakeHost.intel("vmx")
                                        .file("/sys/class/iommu/dmar0/x", "")
                                        .file("/sys/kernel/iommu_groups/0/type", "")
                                        .file("/sys/kernel/iommu_groups/1/type", ""))
                        .iommu();
        assertThat(iommu.units()).containsExactly("dmar0");
        assertThat(iommu.groups()).isEqualTo(2);
        assertThat(iommu.present()).isTrue();
    }

    @Test
    void anUsableKvmTellsVersionExtensionsAndCpuid() {
        HostReport report = report(FakeHost.intel("vmx").kvmRunning(FakeHost.CPU_SPEED));
        assertThat(report.device().state()).isEqualTo(DeviceState.READY);
        assertThat(report.device().apiVersion()).isEqualTo(12);
        assertThat(report.extensions()).containsEntry("IRQCHIP", 7);
        assertThat(report.guestCpuid()).hasSize(1);
    }

    @Test
    void aRefusedKvmTellsWhy() {
        HostReport report = report(FakeHost.intel("vmx"));
        assertThat(report.device().state()).isEqualTo(DeviceState.ABSENT);
        assertThat(report.device().problem()).contains("ENOENT");
        assertThat(report.probe()).isNull();
        assertThat(report.extensions()).isEmpty();
    }

    @Test
    void aHostThatShowsNothingStillGivesAReport() {
        HostReport report = report(new FakeHost());
        assertThat(report.cpu().vendor()).isEqualTo("unknown");
        assertThat(report.verdict().kind()).isEqualTo(Verdict.Kind.SOFTWARE_ONLY);
        assertThat(CpuCheck.toText(report)).contains("Verdict: software only");
    }
}
