package org.jvisor.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.jvisor.machine.AcceleratorKind;
import org.jvisor.machine.Machine;
import org.jvisor.machine.MachineException;
import org.jvisor.machine.MachineExit;
import org.jvisor.machine.TransportKind;
import org.jvisor.vmm.api.EventStatistics;
import org.jvisor.vmm.api.GuestMemory;
import org.jvisor.vmm.api.Segment;
import org.jvisor.vmm.api.VcpuState;

/**
 * A driver of a few hundred bytes asks the entropy source for 64 bytes and waits for the interrupt,
 * on both accelerators and both transports. On KVM its kick must come through an ioeventfd and not
 * the bus, and where the interrupt is a message, through an irqfd.
 */
@Timeout(120)
class SmallDriverTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    /** Where things are in memory. */
    private static final int CODE = 0x1000, HANDLER = 0x800, GDT = 0xa00, IDT = 0xb00;

    private static final int RINGS = 0x4000, AVAILABLE = 0x4100, USED = 0x4200, BUFFER = 0x5000;
    private static final int RESULT = 0x6004, ZEROS = 0x6008, STACK = 0x8000;

    /** RAM that the driver tries to cover with a BAR. */
    private static final int COVERED = 0x18_0000;

    private static final int VECTOR = 0x40, SIZE = 8, LENGTH = 64, SUCCESS = 0x600d;

    /** Where the driver puts the PCI function's BARs. */
    private static final long MSIX = 0xc000_1000L, BAR = 0xc001_0000L;

    private static final long MMIO = 0xfeb0_0000L;
    private static final long LAPIC_EOI = 0xfee0_00b0L, IO_APIC = 0xfec0_0000L;
    private static final long PCI_NOTIFY = BAR + 0x3000, MMIO_NOTIFY = MMIO + 0x50;

    @ParameterizedTest
    @CsvSource({"KVM, PCI", "KVM, MMIO", "SOFTWARE, PCI", "SOFTWARE, MMIO"})
    void aRequestIsKickedServedAndInterrupts(AcceleratorKind accelerator, TransportKind transport)
            throws InterruptedException {
        boolean pci = transport == TransportKind.PCI;
        try (Machine vm = machine(accelerator, transport, pci ? pciDriver() : mmioDriver())) {
            vm.start();
            MachineExit exit = vm.await(LIMIT).orElseGet(() -> hung(vm));
            GuestMemory memory = vm.memory();
            assertThat(exit).isInstanceOf(MachineExit.Crashed.class);
            String report = ((MachineExit.Crashed) exit).report().toText();
            assertThat(memory.readInt(RESULT)).as(report).isEqualTo(SUCCESS);
            assertThat(memory.readInt(USED + 8)).as("bytes written").isEqualTo(LENGTH);
            assertThat(memory.read(BUFFER, LENGTH)).isNotEqualTo(new byte[LENGTH]);
            List<String> accesses = ((MachineExit.Crashed) exit).report().lastAccesses();
            String kick = "MMIO write %#x,".formatted(pci ? PCI_NOTIFY : MMIO_NOTIFY);
            assertThat(accesses.stream().anyMatch(line -> line.startsWith(kick)))
                    .as("the kick came through the bus: %s", accesses)
                    .isEqualTo(accelerator == AcceleratorKind.SOFTWARE);
            assertThat(vm.statistics().events()).isEqualTo(events(accelerator, pci));
        }
    }

    /** What went past the vCPU: the one kick and, but for a line, the one interrupt. */
    private static EventStatistics events(AcceleratorKind accelerator, boolean pci) {
        return accelerator == AcceleratorKind.SOFTWARE
                ? EventStatistics.NONE
                : new EventStatistics(1, pci ? 1 : 0, 0);
    }

    private static MachineExit hung(Machine vm) {
        vm.pause();
        VcpuState cpu = vm.cpu(0);
        throw new AssertionError(
                "the driver hangs at %#x, used index %d"
                        .formatted(cpu.rip, vm.memory().readShort(USED + 2)));
    }

    private static Machine machine(
            AcceleratorKind accelerator, TransportKind transport, DriverCode driver) {
        // It does not return: where KVM interprets kernels, it does not know IRET.
        DriverCode code = new DriverCode();
        if (transport == TransportKind.MMIO) {
            code.expect32(MMIO + 0x60, -1, 1).store32(MMIO + 0x64, 1);
        }
        byte[] handler =
                code.store32(LAPIC_EOI, 0)
                        .expect32(USED, 0xffff_0000, 1 << 16)
                        .expect32(USED + 8, -1, LENGTH)
                        .store32(RESULT, SUCCESS)
                        .crash(ZEROS)
                        .assemble();
        ByteBuffer image = ByteBuffer.allocate(0x1000).order(ByteOrder.LITTLE_ENDIAN);
        image.put(0, driver.assemble()).put(HANDLER, handler);
        image.putLong(GDT + 8, 0x00cf_9b00_0000_ffffL).putLong(GDT + 16, 0x00cf_9300_0000_ffffL);
        image.putLong(IDT + VECTOR * 8, 0x8e00_0008_0000L | CODE + HANDLER);
        VcpuState state = new VcpuState();
        state.cr0 = 0x11;
        state.segments[VcpuState.CS] = new Segment(8, 0, -1, 0xc09b);
        for (int i : new int[] {VcpuState.DS, VcpuState.ES, VcpuState.SS}) {
            state.segments[i] = new Segment(16, 0, -1, 0xc093);
        }
        state.gdtBase = CODE + GDT;
        state.gdtLimit = 23;
        state.idtBase = CODE + IDT;
        state.idtLimit = VECTOR * 8 + 7;
        state.gpr[4] = STACK;
        state.rip = CODE;
        try {
            return Machine.builder()
                    .name("driver")
                    .memory(2 << 20)
                    .accelerator(accelerator)
                    .transport(transport)
                    .code(CODE, image.array())
                    .initialState(state)
                    .build();
        } catch (MachineException e) {
            boolean absent =
                    accelerator == AcceleratorKind.KVM && e.kind() == MachineException.Kind.HOST;
            if (absent) {
                System.out.println("skipped on KVM: " + e.getMessage());
            }
            assumeTrue(!absent, e.getMessage());
            throw e;
        }
    }

    /** Puts one writable buffer into a split ring. */
    private static DriverCode ring(DriverCode code) {
        return code.store32(RINGS, BUFFER)
                .store32(RINGS + 4, 0)
                .store32(RINGS + 8, LENGTH)
                .store32(RINGS + 12, 2)
                .store32(AVAILABLE + 4, 0)
                .store32(AVAILABLE, 1 << 16);
    }

    /** Writes a dword of the function in slot 1. */
    private static DriverCode config(DriverCode code, int register, int value) {
        return code.out32(0xcf8, 0x8000_0800 | register).out32(0xcfc, value);
    }

    private static DriverCode pciDriver() {
        DriverCode code = new DriverCode();
        code.out32(0xcf8, 0x8000_0800).expectIn32(0xcfc, -1, 0x1044_1af4);
        code.out32(0xcf8, 0x8000_0840).expectIn32(0xcfc, 0xff, 0x11); // MSI-X
        // Both BARs over RAM first, which goes on answering, then over each other.
        code.store32(COVERED, SUCCESS);
        config(code, 0x14, COVERED);
        config(code, 0x20, COVERED);
        config(code, 0x24, 0);
        config(code, 0x04, 6);
        code.expect32(COVERED, -1, SUCCESS);
        config(code, 0x14, (int) BAR);
        config(code, 0x20, (int) BAR);
        config(code, 0x14, (int) MSIX);
        config(code, 0x40, 0x8000_0000);
        code.store32(MSIX, 0xfee0_0000).store32(MSIX + 4, 0);
        code.store32(MSIX + 8, VECTOR).store32(MSIX + 12, 0);
        code.store8(BAR + 0x14, 1).store8(BAR + 0x14, 3);
        code.store32(BAR + 8, 0).store32(BAR + 0xc, 0);
        code.store32(BAR + 8, 1).store32(BAR + 0xc, 1);
        code.store8(BAR + 0x14, 0xb).expect32(BAR + 0x14, 0xff, 0xb);
        code.store16(BAR + 0x16, 0).store16(BAR + 0x18, SIZE).store16(BAR + 0x1a, 0);
        code.store32(BAR + 0x20, RINGS).store32(BAR + 0x24, 0);
        code.store32(BAR + 0x28, AVAILABLE).store32(BAR + 0x2c, 0);
        code.store32(BAR + 0x30, USED).store32(BAR + 0x34, 0);
        code.store16(BAR + 0x1c, 1).store8(BAR + 0x14, 0xf);
        ring(code).store16(PCI_NOTIFY, 0);
        return code.awaitInterrupt();
    }

    private static DriverCode mmioDriver() {
        DriverCode code = new DriverCode();
        code.expect32(MMIO, -1, 0x7472_6976).expect32(MMIO + 8, -1, 4);
        // The I/O APIC's input 16: level-triggered, to CPU 0.
        code.store32(IO_APIC, 0x10 + 2 * 16).store32(IO_APIC + 0x10, 0x8000 | VECTOR);
        code.store32(IO_APIC, 0x11 + 2 * 16).store32(IO_APIC + 0x10, 0);
        code.store32(MMIO + 0x70, 1).store32(MMIO + 0x70, 3);
        code.store32(MMIO + 0x24, 0).store32(MMIO + 0x20, 0);
        code.store32(MMIO + 0x24, 1).store32(MMIO + 0x20, 1);
        code.store32(MMIO + 0x70, 0xb).expect32(MMIO + 0x70, -1, 0xb);
        code.store32(MMIO + 0x30, 0).store32(MMIO + 0x38, SIZE);
        code.store32(MMIO + 0x80, RINGS).store32(MMIO + 0x84, 0);
        code.store32(MMIO + 0x90, AVAILABLE).store32(MMIO + 0x94, 0);
        code.store32(MMIO + 0xa0, USED).store32(MMIO + 0xa4, 0);
        code.store32(MMIO + 0x44, 1).store32(MMIO + 0x70, 0xf);
        ring(code).store32(MMIO_NOTIFY, 0);
        return code.awaitInterrupt();
    }
}
