package org.jvisor.kvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ClosingTest {
    @Test
    void everyOwnerMayBeClosedTwice() {
        TestGuest guest = TestGuest.withIrqchip();
        guest.vm.createPit(0);
        assertThatCode(
                        () -> {
                            guest.cpu().close();
                            guest.cpu().close();
                            guest.vm.close();
                            guest.vm.close();
                            guest.memory.close();
                            guest.memory.close();
                            guest.kvm.close();
                            guest.kvm.close();
                        })
                .doesNotThrowAnyException();
    }

    @Test
    void closingAMachineClosesItsVcpus() {
        TestGuest guest = TestGuest.plain().realMode("f4");
        guest.close();
        assertThatThrownBy(() -> guest.cpu().run()).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aClosedVcpuCannotRun() {
        try (TestGuest guest = TestGuest.plain().realMode("f4")) {
            guest.cpu().close();
            assertThatThrownBy(() -> guest.cpu().run())
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("closed");
        }
    }

    @Test
    void theExitOfAClosedVcpuCannotBeRead() {
        try (TestGuest guest = TestGuest.plain()) {
            guest.cpu().close();
            assertThatThrownBy(() -> guest.cpu().exit().exitReason())
                    .isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void kickingAClosedVcpuDoesNothing() {
        try (TestGuest guest = TestGuest.plain()) {
            guest.cpu().close();
            assertThatCode(() -> guest.cpu().kick()).doesNotThrowAnyException();
        }
    }

    @Test
    void aClosedMachineRefusesRequests() {
        try (TestGuest guest = TestGuest.plain()) {
            guest.vm.close();
            assertThatThrownBy(() -> guest.vm.createVcpu(1))
                    .isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void aClosedKvmRefusesRequests() {
        Kvm kvm = TestGuest.openOrSkip();
        kvm.close();
        assertThatThrownBy(kvm::createVm).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aMachineOutlivesTheKvmItCameFrom() {
        try (TestGuest guest = TestGuest.plain().realMode("f4")) {
            guest.kvm.close();
            assertThat(guest.cpu().run()).isEqualTo(KvmExit.HLT);
        }
    }

    @Test
    void aHundredMachinesLeaveNoDescriptorBehind() throws Exception {
        TestGuest.plain().close(); // what is opened once and for all
        long before = openDescriptors();
        for (int i = 0; i < 100; i++) {
            TestGuest.withIrqchip().close();
        }
        assertThat(openDescriptors()).isEqualTo(before);
    }

    private static long openDescriptors() throws Exception {
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            return descriptors
                    .filter(
                            fd -> {
                                try {
                                    return Files.readSymbolicLink(fd).toString().contains("kvm");
                                } catch (java.io.IOException e) {
                                    return false; // the one the listing itself uses
                                }
                            })
                    .count();
        }
    }
}
