package org.jvisor.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class SmpTest {
    @Test
    @Timeout(60)
    void fourVcpusCountTogether() throws Exception {
        try (TestGuest guest = TestGuest.smp(4);
                ExecutorService executor = Executors.newFixedThreadPool(4)) {
            // mov cx, 1000; lock inc word [0x500]; loop; hlt
            guest.put(TestGuest.CODE, "b9e803 f0ff060005 e2f9 f4");
            CyclicBarrier start = new CyclicBarrier(4);
            List<Future<KvmExit>> runs = new ArrayList<>();
            for (KvmVcpu vcpu : guest.vcpus) {
                guest.realMode(vcpu);
                runs.add(
                        executor.submit(
                                () -> {
                                    start.await();
                                    return vcpu.run();
                                }));
            }
            for (Future<KvmExit> run : runs) {
                assertThat(run.get()).isEqualTo(KvmExit.HLT);
            }
            assertThat(guest.readInt(0x500)).isEqualTo(4000);
        }
    }

    @Test
    void aVcpuNumberIsGivenOnce() {
        try (TestGuest guest = TestGuest.plain()) {
            org.assertj.core.api.Assertions.assertThatThrownBy(() -> guest.vm.createVcpu(0))
                    .isInstanceOf(KvmException.class)
                    .hasMessageContaining("KVM_CREATE_VCPU failed: EEXIST");
        }
    }
}
