package org.jvisor.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.jvisor.emulator.SoftwareAccelerator;
import org.jvisor.vmm.api.Bus;
import org.jvisor.vmm.api.Clock;
import org.jvisor.vmm.api.GuestMemory;
import org.jvisor.vmm.api.Segment;
import org.jvisor.vmm.api.VcpuExit;
import org.jvisor.vmm.api.VcpuState;

/** Time by instructions, on two CPUs that execute what the test tells them. */
@Timeout(60)
class InstructionClockTest {
    private static final long CODE = 0x1000;

    private final InstructionClock clock = new InstructionClock();
    private final GuestMemory memory =
            new GuestMemory(
                    List.of(
                            new GuestMemory.Region(
                                    0,
                                    java.lang.foreign.Arena.ofAuto().allocate(1 << 16, 4096),
                                    false)));
    private final SoftwareAccelerator cpus =
            SoftwareAccelerator.builder()
                    .cpus(2)
                    .memory(memory)
                    .ports(new Bus("ports"))
                    .mmio(new Bus("mmio"))
                    .clock(clock)
                    .sliceLength(1000)
                    .countedUntil(clock::untilNextTimer)
                    .build();
    private final AtomicInteger expired = new AtomicInteger();

    InstructionClockTest() {
        clock.count(cpus.vcpus());
        memory.write(CODE, HexFormat.of().parseHex("404040404040ebf8")); // inc ax six times; jmp
        for (int i = 0; i < 2; i++) {
            VcpuState state = new VcpuState();
            state.segments[VcpuState.CS] = Segment.realMode(0, true);
            state.rip = CODE;
            cpus.vcpus().get(i).restore(state);
        }
    }

    @AfterEach
    void close() {
        cpus.close();
    }

    private VcpuExit run(int cpu) {
        VcpuExit exit = cpus.vcpus().get(cpu).run();
        clock.ran();
        return exit;
    }

    private Clock.Timer timer() {
        return clock.newTimer(expired::incrementAndGet);
    }

    @Test
    void everyInstructionOfAnyCpuIsANanosecond() {
        run(0);
        assertThat(clock.nanoTime()).isEqualTo(1000);
        run(1);
        assertThat(clock.nanoTime()).isEqualTo(2000);
    }

    @Test
    void aRunEndsExactlyAtTheNextDeadline() {
        timer().arm(123);
        assertThat(run(0)).isEqualTo(VcpuExit.SLICE);
        assertThat(clock.nanoTime()).isEqualTo(123);
        assertThat(expired).hasValue(1);
    }

    @Test
    void aTimerOfThePastExpiresAfterTheNextInstruction() {
        run(0);
        timer().arm(5);
        run(0);
        assertThat(clock.nanoTime()).isEqualTo(1001);
        assertThat(expired).hasValue(1);
    }

    @Test
    void anIdleWaitThatLastsEndsExactlyAtTheDeadline() {
        timer().arm(7);
        assertThat(clock.idleBegins()).isEqualTo(7);
        long since = System.nanoTime();
        while (System.nanoTime() - since < 7) {
            Thread.onSpinWait();
        }
        clock.idleEnds();
        assertThat(clock.nanoTime()).isEqualTo(7);
        assertThat(expired).hasValue(1);
    }

    @Test
    void anIdleWaitThatIsCutShortEndsBeforeTheDeadline() {
        long hour = Duration.ofHours(1).toNanos();
        timer().arm(hour);
        clock.idleBegins();
        clock.idleEnds();
        assertThat(clock.nanoTime()).isLessThan(hour);
        assertThat(expired).hasValue(0);
    }

    @Test
    void withoutATimerOnlyAWakeUpEndsAnIdleWait() {
        assertThat(clock.idleBegins()).isEqualTo(MachineClock.UNTIL_WOKEN);
        clock.idleEnds();
    }

    @Test
    void twoRunsOfAGuestFindTheSameTimes() throws InterruptedException {
        VcpuState first = guest();
        VcpuState second = guest();
        assertThat(first.gpr[0]).isEqualTo(2003); // rdtsc, 2 mov, 1000 times dec and jnz
        assertThat(second.gpr).isEqualTo(first.gpr);
    }

    /** rdtsc; mov ebx, eax; mov cx, 1000; dec cx; jnz back; rdtsc; sub eax, ebx; hlt. */
    private static VcpuState guest() throws InterruptedException {
        try (Machine vm =
                Machine.builder()
                        .memory(1 << 20)
                        .accelerator(AcceleratorKind.SOFTWARE)
                        .clock(ClockKind.INSTRUCTIONS)
                        .bare()
                        .code(CODE, HexFormat.of().parseHex("0f316689c3b9e8034975fd0f316629d8f4"))
                        .build()) {
            vm.start();
            assertThat(vm.await(Duration.ofSeconds(30))).contains(new MachineExit.Halted());
            return vm.cpu(0);
        }
    }

    @Test
    void kvmAndParallelCpusHaveNoSuchClock() {
        MachineConfig.Builder config = MachineConfig.builder().clock(ClockKind.INSTRUCTIONS);
        assertThatThrownBy(() -> config.accelerator(AcceleratorKind.KVM).build())
                .hasMessageContaining("KVM");
        assertThatThrownBy(() -> config.accelerator(AcceleratorKind.AUTO).cpus(2).build())
                .hasMessageContaining("deterministic");
    }
}
