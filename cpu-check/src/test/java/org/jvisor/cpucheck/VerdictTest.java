package org.jvisor.cpucheck;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.jvisor.cpucheck.Host.ProbeResult;
import org.jvisor.cpucheck.HostReport.DeviceState;
import org.jvisor.cpucheck.HostReport.Probe;

class VerdictTest {
    private static final long FAST = FakeHost.CPU_SPEED * 9 / 10;
    private static final long INTERPRETED = 800_000;

    private static Verdict verdict(FakeHost host) {
        return new CpuCheck(host).verdict();
    }

    private static String advice(FakeHost host) {
        return String.join("\n", verdict(host).advice());
    }

    @Test
    void aFastGuestMeansHardware() {
        Verdict verdict = verdict(FakeHost.intel("vmx").module("kvm_intel").kvmRunning(FAST));
        assertThat(verdict.kind()).isEqualTo(Verdict.Kind.HARDWARE);
        assertThat(verdict.preferKvm()).isTrue();
        assertThat(verdict.advice()).isEmpty();
    }

    @Test
    void aFastGuestMeansHardwareWhateverTheFlagsSay() {
        assertThat(verdict(FakeHost.intel("").kvmRunning(FAST)).kind())
                .isEqualTo(Verdict.Kind.HARDWARE);
    }

    @Test
    void anInterpretedGuestMeansKvmWithoutVt() {
        Verdict verdict = verdict(FakeHost.intel("").module("kvm_pvm").kvmRunning(INTERPRETED));
        assertThat(verdict.kind()).isEqualTo(Verdict.Kind.KVM_WITHOUT_VT);
        assertThat(verdict.preferKvm()).isFalse();
        assertThat(verdict.reason())
                .contains("0.80 M instructions/s")
                .contains("3.0 G instructions/s");
        assertThat(verdict.advice().getFirst()).contains("--accel auto");
    }

    @Test
    void anInterpretedGuestMeansKvmWithoutVtWhateverTheFlagsSay() {
        assertThat(verdict(FakeHost.intel("vmx").kvmRunning(INTERPRETED)).kind())
                .isEqualTo(Verdict.Kind.KVM_WITHOUT_VT);
    }

    @Test
    void aGuestOnAHostWhoseOwnSpeedIsUnknownIsJudgedByAFixedLine() {
        assertThat(new Probe(1_000_000_000, 0, -1, null).runsNatively()).isTrue();
        assertThat(new Probe(60_000_000, 0, -1, null).runsNatively()).isFalse();
    }

    @Test
    void aGuestThatFailsMeansSoftwareOnly() {
        Verdict verdict =
                verdict(
                        FakeHost.intel("vmx")
                                .kvmAnswering(ProbeResult.failed("a triple fault", 0)));
        assertThat(verdict.kind()).isEqualTo(Verdict.Kind.SOFTWARE_ONLY);
        assertThat(verdict.reason()).contains("a triple fault.");
    }

    @Test
    void theExitStatusFollowsTheKind() {
        assertThat(Verdict.Kind.HARDWARE.exitStatus()).isZero();
        assertThat(Verdict.Kind.KVM_WITHOUT_VT.exitStatus()).isOne();
        assertThat(Verdict.Kind.SOFTWARE_ONLY.exitStatus()).isEqualTo(2);
    }

    @Test
    void withoutPermissionTheGroupIsNamed() {
        FakeHost host =
                FakeHost.intel("vmx")
                        .module("kvm_intel")
                        .device("kvm", "rw-rw----")
                        .refuses(FakeHost.EACCES, "open of /dev/kvm failed: EACCES");
        assertThat(verdict(host).kind()).isEqualTo(Verdict.Kind.SOFTWARE_ONLY);
        assertThat(advice(host)).contains("sudo usermod -aG kvm alice");
    }

    @Test
    void aDeviceOfRootAloneMustBeGivenToAGroupFirst() {
        FakeHost host =
                FakeHost.intel("vmx")
                        .device("root", "rw-------")
                        .refuses(FakeHost.EACCES, "open of /dev/kvm failed: EACCES");
        assertThat(advice(host)).contains("chgrp kvm /dev/kvm");
    }

    @Test
    void aGroupWithoutWritePermissionIsNoHelp() {
        FakeHost host =
                FakeHost.intel("vmx")
                        .device("kvm", "rw-r-----")
                        .refuses(FakeHost.EACCES, "open of /dev/kvm failed: EACCES");
        assertThat(advice(host)).contains("chmod 660");
    }

    @Test
    void aModuleOnTheDiskIsToBeLoaded() {
        FakeHost host =
                FakeHost.intel("vmx")
                        .file("/proc/sys/kernel/osrelease", "6.1.0-18-amd64\n")
                        .file(
                                "/lib/modules/6.1.0-18-amd64/kernel/arch/x86/kvm/kvm-intel.ko.xz",
                                "");
        assertThat(advice(host)).contains("sudo modprobe kvm_intel");
    }

    @Test
    void anIntelWithoutTheFlagIsToBeSwitchedOnInTheFirmware() {
        assertThat(advice(FakeHost.intel(""))).contains("Intel Virtualization Technology");
    }

    @Test
    void anAmdWithoutTheFlagIsToBeSwitchedOnInTheFirmware() {
        assertThat(advice(FakeHost.amd(""))).contains("SVM Mode");
    }

    @Test
    void insideAVirtualMachineTheHypervisorMustAllowNesting() {
        assertThat(advice(FakeHost.intel("").insideHypervisor("VMwareVMware")))
                .contains("virtual machine of VMware")
                .contains("nested=1")
                .doesNotContain("firmware");
    }

    @Test
    void aKernelWithoutKvmNeedsAnother() {
        assertThat(advice(FakeHost.intel("vmx"))).contains("kernel has no KVM");
    }

    @Test
    void aModuleWithoutDeviceMeansAContainer() {
        assertThat(advice(FakeHost.intel("vmx").module("kvm_intel"))).contains("--device /dev/kvm");
    }

    @Test
    void aBusyCpuNamesTheRivalThatIsLoaded() {
        FakeHost host =
                FakeHost.intel("vmx")
                        .module("vboxdrv")
                        .kvmAnswering(
                                ProbeResult.failed("KVM_CREATE_VM failed: EBUSY", FakeHost.EBUSY));
        assertThat(new CpuCheck(host).report().device().state()).isEqualTo(DeviceState.BUSY);
        assertThat(advice(host)).contains("VirtualBox").contains("modprobe -r vboxdrv");
    }

    @Test
    void aBusyCpuWithoutKnownRivalStillHasAdvice() {
        FakeHost host =
                FakeHost.intel("vmx")
                        .kvmAnswering(
                                ProbeResult.failed("KVM_CREATE_VM failed: EBUSY", FakeHost.EBUSY));
        assertThat(advice(host)).contains("Stop the other hypervisor");
    }

    @Test
    void aDeviceThatIsNotKvmIsUnusable() {
        FakeHost host = FakeHost.intel("vmx").notKvm();
        assertThat(new CpuCheck(host).report().device().state()).isEqualTo(DeviceState.UNUSABLE);
        assertThat(advice(host)).contains("ls -l /dev/kvm");
    }

    @Test
    void theDeviceIsClosedAgain() {
        FakeHost host = FakeHost.intel("vmx").kvmRunning(FAST);
        verdict(host);
        assertThat(host.closed).hasSize(1);
    }

    @Test
    void theReportHasTheSameVerdict() {
        FakeHost host = FakeHost.intel("").module("kvm_pvm").kvmRunning(INTERPRETED);
        HostReport report = new CpuCheck(host).report();
        assertThat(report.verdict()).isEqualTo(verdict(host));
        assertThat(report.exitStatus()).isOne();
    }
}
