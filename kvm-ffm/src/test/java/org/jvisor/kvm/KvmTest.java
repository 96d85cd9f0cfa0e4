package org.jvisor.kvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.jvisor.linux.LinuxException;

class KvmTest {
    @Test
    void theInterfaceHasTheOnlyVersionThereIs() {
        try (Kvm kvm = TestGuest.openOrSkip()) {
            assertThat(kvm.version()).isEqualTo(Kvm.API_VERSION).isEqualTo(12);
        }
    }

    @Test
    void theExtensionsThisProgramNeedsAreThere() {
        try (Kvm kvm = TestGuest.openOrSkip()) {
            for (KvmCap cap :
                    List.of(
                            KvmCap.USER_MEMORY,
                            KvmCap.IRQCHIP,
                            KvmCap.IOEVENTFD,
                            KvmCap.IRQFD,
                            KvmCap.SIGNAL_MSI,
                            KvmCap.IMMEDIATE_EXIT)) {
                assertThat(kvm.checkExtension(cap)).as(cap.name()).isPositive();
            }
        }
    }

    @Test
    void anUnknownExtensionIsNotThere() {
        try (Kvm kvm = TestGuest.openOrSkip()) {
            assertThat(kvm.checkExtension(0x7fff_ffff)).isZero();
        }
    }

    @Test
    void supportedCpuidHasTheVendorInLeafZero() {
        try (Kvm kvm = TestGuest.openOrSkip()) {
            assertThat(kvm.supportedCpuid())
                    .anySatisfy(
                            entry -> {
                                assertThat(entry.function()).isZero();
                                assertThat(entry.eax()).isPositive();
                                assertThat(entry.ebx()).isNotZero();
                            });
        }
    }

    @Test
    void supportedCpuidSaysWhichLeavesAreIndexed() {
        try (Kvm kvm = TestGuest.openOrSkip()) {
            assertThat(kvm.supportedCpuid())
                    .filteredOn(entry -> entry.function() == 4)
                    .allMatch(KvmCpuidEntry::indexed);
        }
    }

    @Test
    void theMsrListHasTheTimeStampCounter() {
        try (Kvm kvm = TestGuest.openOrSkip()) {
            assertThat(kvm.msrIndexList()).contains(0x10);
        }
    }

    @Test
    void featureMsrsAreReadWithTheirValues() {
        try (Kvm kvm = TestGuest.openOrSkip()) {
            assertThat(kvm.featureMsrs()).doesNotHaveDuplicates();
            assertThat(kvm.featureMsrs()).extracting(KvmMsr::index).doesNotHaveDuplicates();
        }
    }

    @Test
    void theRunAreaHasRoomForThePortData() {
        try (Kvm kvm = TestGuest.openOrSkip()) {
            assertThat(kvm.vcpuMmapSize()).isGreaterThanOrEqualTo(2 * 4096);
        }
    }

    @Test
    void theClockOfAMachineCanBeSet() {
        try (TestGuest guest = TestGuest.plain()) {
            guest.vm.setClock(KvmClock.of(1_000_000_000_000L));
            assertThat(guest.vm.clock().nanos()).isGreaterThanOrEqualTo(1_000_000_000_000L);
        }
    }

    @Test
    void thePagesForRealModeCanBePlaced() {
        try (Kvm kvm = TestGuest.openOrSkip();
                KvmVm vm = kvm.createVm()) {
            vm.setIdentityMapAddress(0xfffb_c000L);
            vm.setTssAddress(0xfffb_d000L);
            vm.setBootCpu(1);
            assertThat(vm.checkExtension(KvmCap.USER_MEMORY)).isPositive();
        }
    }

    @Test
    void anAbsentDeviceIsNamedWithAdvice() {
        assertThatThrownBy(() -> Kvm.open(Path.of("/nonexistent/kvm")))
                .isInstanceOf(KvmException.class)
                .hasMessageContaining("open of /nonexistent/kvm failed: ENOENT")
                .hasMessageContaining("kvm_intel");
    }

    @Test
    void anotherDeviceIsNotKvm() {
        try (Kvm notKvm = Kvm.open(Path.of("/dev/null"))) {
            assertThatThrownBy(notKvm::createVm)
                    .isInstanceOf(KvmException.class)
                    .hasMessageContaining("KVM_GET_API_VERSION failed: ENOTTY");
        }
    }

    @Test
    void aRefusalTellsOperationAndErrno() {
        try (TestGuest guest = TestGuest.plain()) {
            assertThatThrownBy(() -> guest.vm.createVcpu(1 << 20))
                    .isInstanceOfSatisfying(
                            KvmException.class,
                            e -> {
                                assertThat(e.operation()).isEqualTo("KVM_CREATE_VCPU");
                                assertThat(e.errno()).isEqualTo(22);
                                assertThat(e.errnoName()).isEqualTo("EINVAL");
                            });
        }
    }

    @Test
    void aMissingPermissionNamesTheRemedy() {
        assertThat(new KvmException("open of /dev/kvm", 13))
                .isInstanceOf(LinuxException.class)
                .hasMessageContaining("EACCES")
                .hasMessageContaining("group");
    }

    @Test
    void everyExitReasonIsFoundByItsNumber() {
        for (KvmExit exit : KvmExit.values()) {
            assertThat(KvmExit.of(exit.number())).isEqualTo(exit);
        }
    }

    @Test
    void anUnknownExitReasonIsOther() {
        assertThat(KvmExit.of(4711)).isEqualTo(KvmExit.OTHER);
    }

    @Test
    void everyAccessRightSurvivesTheKernelsLayout() {
        try (TestGuest guest = TestGuest.plain().longMode("f4")) {
            KvmSregs sregs = new KvmSregs();
            guest.cpu().sregs(sregs);
            assertThat(sregs.segments[KvmSregs.CS]).isEqualTo(KvmSegment.code64(8));
            assertThat(sregs.segments[KvmSregs.SS]).isEqualTo(KvmSegment.flatData(16));
        }
    }
}
