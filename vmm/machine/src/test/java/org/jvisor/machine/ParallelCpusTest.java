package org.jvisor.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.jvisor.vmm.api.Segment;
import org.jvisor.vmm.api.VcpuState;

/** A machine whose software CPUs have a thread each is paused, resumed and reset as a whole. */
@Timeout(60)
class ParallelCpusTest {
    private static final int CPUS = 3;
    private static final long CODE = 0x1000;
    private static final long COUNTER = 0x2000;

    /** lock inc dword [0x2000]; inc eax; jmp to the start. */
    private static final String COUNT = "66f0ff060020 6640 ebf6";

    private static Machine machine() {
        Machine vm =
                Machine.builder()
                        .name("parallel")
                        .memory(1 << 20)
                        .cpus(CPUS)
                        .smpMode(SmpMode.PARALLEL)
                        .accelerator(AcceleratorKind.SOFTWARE)
                        .bare()
                        .code(CODE, HexFormat.of().parseHex(COUNT.replace(" ", "")))
                        .build();
        for (int i = 1; i < CPUS; i++) {
            VcpuState state = new VcpuState();
            state.segments[VcpuState.CS] = Segment.realMode(0, true);
            state.rip = CODE;
            vm.setCpu(i, state);
        }
        return vm;
    }

    private static long counted(Machine vm, int cpu) {
        return vm.cpu(cpu).gpr[0] & 0xffff_ffffL;
    }

    @Test
    void aPauseFindsEveryCpuBetweenBlocks() {
        try (Machine vm = machine()) {
            vm.start();
            for (int round = 0; round < 100; round++) {
                vm.pause();
                long sum = 0;
                for (int i = 0; i < CPUS; i++) {
                    sum += counted(vm, i);
                    assertThat(vm.cpu(i).rip).isEqualTo(CODE);
                }
                assertThat(vm.memory().readInt(COUNTER)).isEqualTo((int) sum);
                vm.resume();
            }
        }
    }

    @Test
    void aResetLeavesTheOtherCpusWaitingForAStartUpIpi() {
        try (Machine vm = machine()) {
            vm.start();
            vm.reset();
            vm.pause();
            for (int i = 1; i < CPUS; i++) {
                assertThat(vm.cpu(i).activity).isEqualTo(VcpuState.Activity.WAIT_FOR_SIPI);
            }
            vm.memory().writeInt(COUNTER, 0);
            long before = counted(vm, 0);
            vm.resume();
            while (vm.memory().readInt(COUNTER) == 0) {
                Thread.onSpinWait();
            }
            vm.pause();
            assertThat(counted(vm, 0) - before).isEqualTo(vm.memory().readInt(COUNTER));
        }
    }
}
