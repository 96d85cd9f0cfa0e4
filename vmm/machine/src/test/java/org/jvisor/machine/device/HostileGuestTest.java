package org.jvisor.machine.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.jvisor.vmm.api.CpuSignals;
import org.jvisor.vmm.api.Device;
import org.jvisor.vmm.api.GuestMemory;
import org.jvisor.vmm.api.IoRegion;
import org.jvisor.vmm.api.LocalApic;
import org.jvisor.vmm.api.pci.PciFunction;

/**
 * Whatever a guest reads and writes, at any offset and width and in any order, no device throws;
 * and whatever state it has brought a device into, the state can be saved, restored and saved
 * again.
 */
class HostileGuestTest {
    private static final int ACCESSES = 400;

    /** Every device of the board on one pair of buses. */
    private static final class Everything {
        final Board board = new Board(1_700_000_000_000L);
        final GuestMemory memory =
                new GuestMemory(
                        List.of(
                                new GuestMemory.Region(
                                        0, Arena.ofAuto().allocate(0x1_0000, 4096), false)));
        final List<Device> devices = new ArrayList<>();
        final SoftwareInterrupts interrupts;
        final Uart16550 uart;
        final I8042 keyboard;
        final AcpiPm pm;

        Everything() {
            interrupts =
                    new SoftwareInterrupts(
                            new CpuSignals[] {new RecordingSignals(), new RecordingSignals()},
                            board.clock,
                            3_000_000_000L,
                            1_000_000_000L,
                            board.ports,
                            board.mmio);
            Hpet hpet = new Hpet(board.clock, interrupts::gsi, interrupts.msi());
            hpet.attach(board.mmio);
            Pit8254 pit = new Pit8254(board.clock, hpet.pitLine());
            pit.attach(board.ports);
            Rtc rtc = new Rtc(board.clock, hpet.rtcLine());
            rtc.attach(board.ports);
            keyboard = new I8042(interrupts.gsi(1), () -> {});
            keyboard.attach(board.ports);
            uart =
                    new Uart16550(
                            "serial0", interrupts.gsi(4), board.clock, value -> value % 3 != 0);
            uart.attach(board.ports, 0x3f8);
            pm = new AcpiPm(board.clock, interrupts.gsi(9), 5, () -> {});
            pm.attach(board.ports);
            PciHost pci =
                    new PciHost(
                            board.ports,
                            board.mmio,
                            0xe000_0000L,
                            new TestWiring(
                                    (device, pin) -> interrupts.gsi(16 + (device + pin & 7))),
                            () -> {});
            pci.plug(2, 0, new Card());
            FwCfg fwCfg =
                    new FwCfg(memory, new FwCfgItems(1 << 30, 2).putFile("file", new byte[100]));
            fwCfg.attach(board.ports);
            PostCodePort post = new PostCodePort();
            post.attach(board.ports);
            DebugExit exit = new DebugExit(status -> {});
            exit.attach(board.ports);
            devices.addAll(
                    List.of(
                            interrupts,
                            hpet,
                            pit,
                            rtc,
                            keyboard,
                            uart,
                            pm,
                            pci,
                            fwCfg,
                            post,
                            exit));
        }
    }

    private static final class Card extends PciFunction implements IoRegion {
        Card() {
            super(0x1234, 0x1111, 0xff_0000, 0);
            interruptPin(1);
            memoryBar(0, 0x1000, true, false, this);
            msix(2, 4);
            ioBar(4, 64, this);
            capability(0x09, 16);
        }

        @Override
        public long read(long offset, int size) {
            return offset;
        }

        @Override
        public void write(long offset, int size, long value) {
            interrupt((value & 1) != 0);
        }
    }

    /** The ports and pages that devices answer at, each as {base, length}. */
    private static final long[][] PORTS = {
        {0x20, 2},
        {0x40, 4},
        {0x60, 5},
        {0x70, 4},
        {0x80, 16},
        {0x92, 1},
        {0xa0, 2},
        {0xf4, 4},
        {0x3f8, 8},
        {0x4d0, 2},
        {0x510, 12},
        {0x600, 12},
        {0x620, 16},
        {0xcf8, 8},
        {0, 0x1_0000}
    };

    private static final long[][] PAGES = {
        {0xfec0_0000L, 0x100},
        {0xfed0_0000L, 0x400},
        {0xe000_0000L, 0x10_0000},
        {0xe001_0000L, 0x100},
        {0xe000_0000L, 0x1000_0000}
    };

    private static long value(Random random) {
        return switch (random.nextInt(4)) {
            case 0 -> random.nextInt(256);
            case 1 -> 1L << random.nextInt(64);
            case 2 -> -1L >>> random.nextInt(64);
            default -> random.nextLong();
        };
    }

    private static void hammer(Everything all, Random random) {
        for (int i = 0; i < ACCESSES; i++) {
            boolean port = random.nextInt(3) != 0;
            long[][] ranges = port ? PORTS : PAGES;
            long[] range = ranges[random.nextInt(ranges.length)];
            long address = range[0] + (long) (random.nextDouble() * range[1]);
            int size = 1 << random.nextInt(port ? 3 : 4);
            if (random.nextBoolean()) {
                address &= -size;
            }
            var bus = port ? all.board.ports : all.board.mmio;
            if (random.nextBoolean()) {
                bus.write(address, size, value(random));
            } else {
                bus.read(address, size);
            }
            LocalApic apic = all.interrupts.apic(random.nextInt(2));
            switch (random.nextInt(12)) {
                case 0 -> apic.writeMmio(random.nextInt(0x1000), size, value(random));
                case 1 -> apic.writeMmio(random.nextInt(0x40) << 4, 4, value(random));
                case 2 -> apic.readMmio(random.nextInt(0x1000), size);
                case 3 -> apic.writeX2apic(0x800 + random.nextInt(0x100), value(random));
                case 4 -> {
                    int msr = 0x800 + random.nextInt(0x100);
                    if (apic.x2apicReadable(msr)) {
                        apic.readX2apic(msr);
                    }
                }
                case 5 -> apic.setBase(0xfee0_0000L | (random.nextLong() & 0xd00));
                case 6 -> apic.setTscDeadline(value(random));
                case 7 -> assertThat(apic.acknowledge()).isBetween(-1, 255);
                case 8 -> all.board.clock.advance(random.nextInt(5_000_000));
                case 9 -> all.uart.offer(new byte[] {1, 2, 3}, 0, 3);
                case 10 -> all.keyboard.key(random.nextInt(0x85), false, random.nextBoolean());
                default -> {
                    all.pm.powerButton();
                    all.interrupts.msi().send(0xfee0_0000L | value(random) & 0xf_ffff, i);
                }
            }
        }
    }

    private static String hex(byte[] state) {
        return HexFormat.of().formatHex(state);
    }

    @Property(tries = 150, shrinking = ShrinkingMode.OFF)
    void noAccessThrowsAndEveryStateSurvivesARoundTrip(@ForAll long seed) throws IOException {
        Random random = new Random(seed);
        Everything all = new Everything();
        hammer(all, random);
        Everything copy = new Everything();
        copy.board.clock.advance(all.board.clock.nanoTime());
        for (int i = 0; i < all.devices.size(); i++) {
            Board.restore(copy.devices.get(i), Board.save(all.devices.get(i)));
        }
        // A second pass settles what drives the interrupt controllers.
        for (int i = 0; i < all.devices.size(); i++) {
            byte[] state = Board.save(all.devices.get(i));
            Board.restore(copy.devices.get(i), state);
            assertThat(hex(Board.save(copy.devices.get(i))))
                    .as(all.devices.get(i).name())
                    .isEqualTo(hex(state));
        }
        hammer(copy, random);
    }

    @Property(tries = 50, shrinking = ShrinkingMode.OFF)
    void resetIsTheSameFromEveryState(@ForAll long seed) {
        Everything all = new Everything();
        hammer(all, new Random(seed));
        Everything fresh = new Everything();
        fresh.board.clock.advance(all.board.clock.nanoTime());
        for (Device device : all.devices) {
            device.reset();
        }
        fresh.devices.forEach(Device::reset);
        for (int i = 0; i < all.devices.size(); i++) {
            String name = all.devices.get(i).name();
            // The clock keeps its time and memory, the cable its input, over a reset.
            if (!name.equals("rtc") && !name.equals("serial0")) {
                assertThat(hex(Board.save(all.devices.get(i))))
                        .as(name)
                        .isEqualTo(hex(Board.save(fresh.devices.get(i))));
            }
        }
    }
}
