package org.jvisor.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

class AllocationTest {
    private static final int ROUNDS = 10_000;

    // The compiler works in the background: a busy machine takes its time until the code is hot.
    private static final int ATTEMPTS = 100;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private long checksum;

    private long allocatedByRounds(Runnable round) {
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < ROUNDS; i++) {
            round.run();
        }
        return threads.getCurrentThreadAllocatedBytes() - before;
    }

    /** Expects that {@code round} allocates nothing once it is compiled. */
    private void expectNone(Runnable round) {
        long allocated = allocatedByRounds(round);
        for (int i = 0; i < ATTEMPTS && allocated != 0; i++) {
            allocated = allocatedByRounds(round);
        }
        assertThat(allocated).isZero();
    }

    @Test
    void runningAndReadingAPortExitAllocateNothing() {
        // mov dx, 0x1234; out dx, ax; in ax, dx; jmp back
        try (TestGuest guest = TestGuest.plain().realMode("ba3412 ef ed ebfc")) {
            KvmVcpu cpu = guest.cpu();
            KvmRun exit = cpu.exit();
            expectNone(
                    () -> {
                        checksum += cpu.run().number() + exit.ioPort() + exit.ioSize();
                        if (exit.ioIsWrite()) {
                            checksum += exit.ioValue(0);
                        } else {
                            exit.setIoValue(0, exit.ioCount());
                        }
                    });
            assertThat(checksum).isPositive();
        }
    }

    @Test
    void runningAndReadingAnMmioExitAllocateNothing() {
        // mov [0xd0000000], eax; mov eax, [0xd0000000]; jmp back
        try (TestGuest guest = TestGuest.plain().protectedMode("a3000000d0 a1000000d0 ebf4")) {
            KvmVcpu cpu = guest.cpu();
            KvmRun exit = cpu.exit();
            expectNone(
                    () -> {
                        checksum += cpu.run().number() + exit.mmioAddress();
                        if (exit.mmioIsWrite()) {
                            checksum += exit.mmioData();
                        } else {
                            exit.setMmioData(exit.mmioLength());
                        }
                    });
            assertThat(checksum).isPositive();
        }
    }

    @Test
    void kickingAllocatesNothing() {
        try (TestGuest guest = TestGuest.plain().realMode("ebfe")) {
            KvmVcpu cpu = guest.cpu();
            expectNone(
                    () -> {
                        cpu.kick();
                        checksum += cpu.run().number();
                    });
        }
    }

    @Test
    void drivingALineAllocatesNothing() {
        try (TestGuest guest = TestGuest.withIrqchip()) {
            expectNone(
                    () -> {
                        guest.vm.irqLine(5, true);
                        guest.vm.irqLine(5, false);
                    });
        }
    }

    @Test
    void copyingTheGeneralRegistersAllocatesNothing() {
        try (TestGuest guest = TestGuest.plain()) {
            KvmRegs regs = new KvmRegs();
            expectNone(
                    () -> {
                        guest.cpu().regs(regs);
                        regs.gpr[KvmRegs.RAX]++;
                        guest.cpu().setRegs(regs);
                    });
        }
    }
}
