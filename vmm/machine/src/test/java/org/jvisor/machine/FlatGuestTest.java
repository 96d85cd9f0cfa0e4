package org.jvisor.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.time.Duration;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.jvisor.kvm.Kvm;
import org.jvisor.kvm.KvmException;
import org.jvisor.vmm.api.Segment;
import org.jvisor.vmm.api.VcpuState;

/** Guests of a few bytes, written here by hand, on both accelerators. */
@Timeout(60)
class FlatGuestTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private static Machine.Builder bare(AcceleratorKind accelerator, int... code) {
        if (accelerator == AcceleratorKind.KVM) {
            assumeKvm();
        }
        byte[] bytes = new byte[code.length];
        for (int i = 0; i < code.length; i++) {
            bytes[i] = (byte) code[i];
        }
        return Machine.builder()
                .name("flat")
                .memory(1 << 20)
                .accelerator(accelerator)
                .bare()
                .code(0x1000, bytes);
    }

    private static void assumeKvm() {
        try {
            Kvm.open().close();
        } catch (KvmException e) {
            System.out.println("skipped on KVM: " + e.getMessage());
            assumeTrue(false, e.getMessage());
        }
    }

    private static MachineExit run(Machine vm) throws InterruptedException {
        vm.start();
        return vm.await(LIMIT).orElseThrow(() -> new AssertionError("the guest did not end"));
    }

    @ParameterizedTest
    @EnumSource(value = AcceleratorKind.class, names = "AUTO", mode = EnumSource.Mode.EXCLUDE)
    void aGuestRunsUntilHltAndItsRegistersAndMemoryCanBeRead(AcceleratorKind accelerator)
            throws InterruptedException {
        Machine.Builder guest =
                bare(
                        accelerator,
                        0xb8,
                        0x34,
                        0x12, // mov ax, 0x1234
                        0xbb,
                        0x01,
                        0x00, // mov bx, 1
                        0x01,
                        0xd8, // add ax, bx
                        0xa3,
                        0x00,
                        0x20, // mov [0x2000], ax
                        0xf4); // hlt
        try (Machine vm = guest.build()) {
            assertThat(run(vm)).isEqualTo(new MachineExit.Halted());
            VcpuState cpu = vm.cpu(0);
            assertThat(cpu.gpr[0] & 0xffff).isEqualTo(0x1235);
            assertThat(cpu.rip).isEqualTo(0x100c);
            assertThat(cpu.activity).isEqualTo(VcpuState.Activity.HALTED);
            assertThat(vm.memory().readShort(0x2000)).isEqualTo(0x1235);
        }
    }

    @ParameterizedTest
    @EnumSource(value = AcceleratorKind.class, names = "AUTO", mode = EnumSource.Mode.EXCLUDE)
    void theDebugExitPortEndsTheMachineWithAStatus(AcceleratorKind accelerator)
            throws InterruptedException {
        Machine.Builder guest =
                bare(
                        accelerator,
                        0xb0,
                        0x10, // mov al, 0x10
                        0xe6,
                        0xf4, // out 0xf4, al
                        0xeb,
                        0xfe); // jmp .
        try (Machine vm = guest.build()) {
            assertThat(run(vm)).isEqualTo(new MachineExit.DebugExit(0x21));
        }
    }

    @ParameterizedTest
    @EnumSource(value = AcceleratorKind.class, names = "AUTO", mode = EnumSource.Mode.EXCLUDE)
    void aTripleFaultEndsInAReport(AcceleratorKind accelerator) throws InterruptedException {
        VcpuState protectedMode = new VcpuState();
        protectedMode.cr0 |= 1;
        protectedMode.rip = 0x1000;
        protectedMode.idtLimit = 0;
        for (int i = 0; i < 6; i++) {
            protectedMode.segments[i] =
                    new Segment(8, 0, 0xffff_ffff, i == VcpuState.CS ? 0xc09b : 0xc093);
        }
        Machine.Builder guest =
                bare(accelerator, 0x31, 0xc0, 0x0f, 0x0b) // xor eax, eax; ud2
                        .initialState(protectedMode);
        try (Machine vm = guest.build()) {
            MachineExit exit = run(vm);
            assertThat(exit).isInstanceOf(MachineExit.Crashed.class);
            CrashReport report = ((MachineExit.Crashed) exit).report();
            assertThat(report.reason()).contains("triple fault");
            assertThat(report.toText()).contains("RIP", "IDT base", "0f 0b");
        }
    }

    @ParameterizedTest
    @EnumSource(value = AcceleratorKind.class, names = "AUTO", mode = EnumSource.Mode.EXCLUDE)
    void aRunningGuestIsPausedResumedAndStopped(AcceleratorKind accelerator)
            throws InterruptedException {
        Machine.Builder guest =
                bare(
                        accelerator,
                        0x40, // inc ax
                        0xeb,
                        0xfd); // jmp 0x1000
        try (Machine vm = guest.build()) {
            vm.start();
            for (int i = 0; i < 50; i++) {
                vm.pause();
                long at = vm.cpu(0).rip;
                assertThat(at).isBetween(0x1000L, 0x1002L);
                vm.resume();
            }
            vm.stop();
            assertThat(vm.await()).isEqualTo(new MachineExit.Stopped());
        }
    }

    @ParameterizedTest
    @EnumSource(value = AcceleratorKind.class, names = "AUTO", mode = EnumSource.Mode.EXCLUDE)
    void aResetStartsTheGuestAnew(AcceleratorKind accelerator) throws InterruptedException {
        Machine.Builder guest =
                bare(
                        accelerator,
                        0xfe,
                        0x06,
                        0x00,
                        0x20, // inc byte [0x2000]
                        0xeb,
                        0xfe); // jmp .
        try (Machine vm = guest.build()) {
            vm.start();
            awaitCount(vm, 1);
            vm.reset();
            awaitCount(vm, 2);
        }
    }

    private static void awaitCount(Machine vm, int count) {
        while (vm.memory().readByte(0x2000) < count) {
            assertThat(vm.state()).isEqualTo(MachineState.RUNNING);
            Thread.onSpinWait();
        }
    }

    @ParameterizedTest
    @EnumSource(value = AcceleratorKind.class, names = "AUTO", mode = EnumSource.Mode.EXCLUDE)
    void severalMachinesLiveSideBySide(AcceleratorKind accelerator) throws InterruptedException {
        Machine.Builder first = bare(accelerator, 0xb0, 0x01, 0xe6, 0xf4, 0xeb, 0xfe);
        Machine.Builder second = bare(accelerator, 0xb0, 0x02, 0xe6, 0xf4, 0xeb, 0xfe);
        try (Machine a = first.build();
                Machine b = second.build()) {
            a.start();
            b.start();
            assertThat(a.await(LIMIT)).contains(new MachineExit.DebugExit(3));
            assertThat(b.await(LIMIT)).contains(new MachineExit.DebugExit(5));
        }
    }
}
