package org.jvisor.machine.kvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.jvisor.kvm.Kvm;
import org.jvisor.kvm.KvmException;
import org.jvisor.vmm.api.Bus;
import org.jvisor.vmm.api.Doorbells;
import org.jvisor.vmm.api.GuestMemory;
import org.jvisor.vmm.api.InterruptRoute;
import org.jvisor.vmm.api.IoRegion;
import org.jvisor.vmm.api.Segment;
import org.jvisor.vmm.api.VcpuExit;
import org.jvisor.vmm.api.VcpuState;

/** Doorbells and interrupts that do not leave the guest, on the kernel's KVM. */
@Timeout(60)
class KvmEventsTest {
    /** The first address that is not RAM. */
    private static final long MMIO = 0x2_0000;

    private static final int CODE = 0x1000, HANDLER = 0x2000, VECTOR = 0x40;

    private final Arena arena = Arena.ofShared();
    private final Bus ports = new Bus("port I/O");
    private final Bus mmio = new Bus("MMIO");
    private final BlockingQueue<Integer> sent = new LinkedBlockingQueue<>();
    private final BlockingQueue<Long> written = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> rung = new LinkedBlockingQueue<>();
    private final GuestMemory memory =
            new GuestMemory(
                    List.of(new GuestMemory.Region(0, arena.allocate(0x1_0000, 4096), false)));
    private @Nullable KvmAccelerator accelerator;
    private @Nullable Thread cpu;

    @BeforeEach
    void make() {
        Kvm kvm;
        try {
            kvm = Kvm.open();
        } catch (KvmException e) {
            System.out.println("skipped: " + e.getMessage());
            assumeTrue(false, e.getMessage());
            return;
        }
        ports.map(0xf4, 1, sink(value -> sent.add((int) value)));
        mmio.map(MMIO, 0x1000, sink(written::add));
        accelerator =
                new KvmAccelerator(
                        kvm, memory, ports, mmio, 1, true, true, "events", e -> rung.add("" + e));
        accelerator.enableVirtualWire();
    }

    @AfterEach
    void close() throws InterruptedException {
        if (accelerator != null) {
            if (cpu != null) {
                accelerator.vcpus().getFirst().kick();
                cpu.join();
            }
            accelerator.close();
        }
        arena.close();
    }

    private static IoRegion sink(java.util.function.LongConsumer to) {
        return new IoRegion() {
            @Override
            public long read(long offset, int size) {
                return 0;
            }

            @Override
            public void write(long offset, int size, long value) {
                to.accept(value);
            }
        };
    }

    private KvmAccelerator machine() {
        if (accelerator == null) {
            throw new IllegalStateException("not made");
        }
        return accelerator;
    }

    /** Starts real-mode code with DS at {@link #MMIO}. */
    private void start(String code) {
        memory.write(CODE, HexFormat.of().parseHex(code.replace(" ", "")));
        VcpuState state = new VcpuState();
        state.segments[VcpuState.CS] = Segment.realMode(0, true);
        state.segments[VcpuState.DS] = Segment.realMode((int) (MMIO >> 4), false);
        state.segments[VcpuState.SS] = Segment.realMode(0, false);
        state.gpr[4] = 0x8000;
        state.rip = CODE;
        KvmCpu vcpu = machine().vcpus().getFirst();
        vcpu.restore(state);
        cpu =
                new Thread(
                        () -> {
                            VcpuExit exit = vcpu.run();
                            if (exit != VcpuExit.KICKED) {
                                rung.add(exit + " " + vcpu.failure());
                            }
                        });
        cpu.start();
    }

    private static final String WRITE_5_AND_6 =
            "c7 06 10 00 05 00" // mov word [0x10], 5
                    + "c7 06 10 00 06 00" // mov word [0x10], 6
                    + "e6 f4" // out 0xf4, al
                    + "f4 eb fd"; // hlt; jmp to it

    private static <T> @Nullable T next(BlockingQueue<T> queue) throws InterruptedException {
        return queue.poll(30, TimeUnit.SECONDS);
    }

    @Test
    void aWriteToADoorbellRingsAndDoesNotReachTheBus() throws InterruptedException {
        machine().doorbells().attach(MMIO + 0x10, 2, OptionalLong.empty(), () -> rung.add("ring"));
        start(WRITE_5_AND_6);
        assertThat(next(rung)).isEqualTo("ring");
        assertThat(next(sent)).isNotNull();
        assertThat(written).isEmpty();
    }

    @Test
    void aDoorbellForOneValueLeavesTheOthersToTheBus() throws InterruptedException {
        machine().doorbells().attach(MMIO + 0x10, 2, OptionalLong.of(6), () -> rung.add("six"));
        start(WRITE_5_AND_6);
        assertThat(next(rung)).isEqualTo("six");
        assertThat(next(sent)).isNotNull();
        assertThat(written).containsExactly(5L);
    }

    @Test
    void aClosedDoorbellIsABusWriteAgain() throws InterruptedException {
        Doorbells.Registration bell =
                machine()
                        .doorbells()
                        .attach(MMIO + 0x10, 2, OptionalLong.empty(), () -> rung.add("ring"));
        bell.close();
        bell.close();
        start(WRITE_5_AND_6);
        assertThat(next(sent)).isNotNull();
        assertThat(written).containsExactly(5L, 6L);
        assertThat(rung).isEmpty();
    }

    @Test
    void aSecondDoorbellAtOnePlaceIsRefusedByTheKernelWithoutHarm() throws InterruptedException {
        Doorbells bells = machine().doorbells();
        bells.attach(MMIO + 0x10, 2, OptionalLong.empty(), () -> rung.add("first"));
        bells.attach(MMIO + 0x10, 2, OptionalLong.empty(), () -> rung.add("second")).close();
        start(WRITE_5_AND_6);
        assertThat(next(rung)).isEqualTo("first");
    }

    @Test
    void aRouteInterruptsAHaltedCpu() throws InterruptedException {
        InterruptRoute route = machine().routes().open();
        route.set(0xfee0_0000L, VECTOR);
        handleVector();
        start("fb b0 11 e6 f4 f4 eb fd"); // sti; mov al, 0x11; out 0xf4, al; hlt; jmp to it
        assertThat(next(sent)).isEqualTo(0x11);
        route.trigger();
        assertThat(next(sent)).isEqualTo(0x22);
        route.close();
        route.trigger();
    }

    @Test
    void aRouteFollowsItsMessage() throws InterruptedException {
        InterruptRoute route = machine().routes().open();
        route.trigger();
        route.set(0xfee0_0000L, VECTOR + 1);
        route.set(0xfee0_0000L, VECTOR);
        handleVector();
        start("fb b0 11 e6 f4 f4 eb fd");
        assertThat(next(sent)).isEqualTo(0x11);
        route.trigger();
        assertThat(next(sent)).isEqualTo(0x22);
    }

    @Test
    void aMessageForNobodyIsLost() {
        machine().msi().send(0xfeef_e000L, VECTOR);
        InterruptRoute route = machine().routes().open();
        route.set(0xfeef_e000L, VECTOR);
        route.trigger();
        route.close();
        assertThat(rung).isEmpty();
    }

    private void handleVector() {
        memory.writeShort(VECTOR * 4, HANDLER);
        memory.writeShort(VECTOR * 4 + 2, 0);
        // mov al, 0x22; out 0xf4, al; iret
        memory.write(HANDLER, HexFormat.of().parseHex("b022e6f4cf"));
    }
}
