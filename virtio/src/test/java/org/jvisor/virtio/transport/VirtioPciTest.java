package org.jvisor.virtio.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.jvisor.virtio.Features;
import org.jvisor.virtio.balloon.VirtioBalloon;
import org.jvisor.virtio.entropy.VirtioRng;
import org.jvisor.virtio.testing.GuestRam;
import org.jvisor.vmm.api.Bus;
import org.jvisor.vmm.api.Doorbells;
import org.jvisor.vmm.api.InterruptRoutes;
import org.jvisor.vmm.api.IrqLine;
import org.jvisor.vmm.api.pci.PciSlot;

/** What only a PCI function has: capabilities, vectors, the interrupt status, the window. */
class VirtioPciTest {
    private static final long BAR = 0xd000_0000L;
    private static final int COMMON = 1, NOTIFY = 2, ISR = 3, DEVICE = 4, WINDOW = 5;

    private final GuestRam ram = new GuestRam(1 << 20);
    private final Bus mmio = new Bus("MMIO");
    private final List<Long> doorbells = new ArrayList<>();
    private boolean line;
    private VirtioPci function = new VirtioPci(new VirtioRng("rng0"), ram.memory());

    private final PciSlot slot =
            new PciSlot() {
                @Override
                public Bus ports() {
                    return new Bus("port I/O");
                }

                @Override
                public Bus mmio() {
                    return mmio;
                }

                @Override
                public IrqLine intx(int pin) {
                    return asserted -> line = asserted;
                }

                @Override
                public InterruptRoutes interrupts() {
                    return InterruptRoutes.through((address, data) -> {});
                }

                @Override
                public Doorbells doorbells() {
                    return (address, size, match, ring) -> {
                        assertThat(match).isEqualTo(OptionalLong.empty());
                        doorbells.add(address);
                        return () -> doorbells.remove(address);
                    };
                }
            };

    private void plug() {
        function.plug(slot);
        function.writeConfig(0x20, 4, BAR);
        function.writeConfig(0x24, 4, 0);
        function.writeConfig(4, 2, 6);
    }

    @AfterEach
    void close() {
        function.close();
    }

    private int config(int offset, int size) {
        return (int) function.readConfig(offset, size);
    }

    /** The offsets of the vendor capabilities by type. */
    private Map<Integer, Integer> capabilities() {
        Map<Integer, Integer> found = new HashMap<>();
        for (int at = config(0x34, 1); at != 0; at = config(at + 1, 1)) {
            if (config(at, 1) == 9) {
                found.put(config(at + 3, 1), at);
            }
        }
        return found;
    }

    private int at(int capability) {
        return capabilities().getOrDefault(capability, 0);
    }

    @Test
    void theIdsAreThoseOfAModernDevice() {
        assertThat(config(0, 4)).isEqualTo(0x1044_1af4);
        assertThat(config(8, 1)).isGreaterThanOrEqualTo(1);
        assertThat(config(0x2e, 2)).isGreaterThanOrEqualTo(0x40);
        assertThat(config(0x3d, 1)).isEqualTo(1);
    }

    @Test
    void aDeviceWithoutConfigurationHasNoCapabilityForIt() {
        assertThat(capabilities().keySet()).containsExactlyInAnyOrder(COMMON, NOTIFY, ISR, WINDOW);
        function.close();
        function = new VirtioPci(new VirtioBalloon("balloon0", false), ram.memory());
        assertThat(capabilities().keySet())
                .containsExactlyInAnyOrder(COMMON, NOTIFY, ISR, DEVICE, WINDOW);
    }

    @Test
    void everyStructureLiesInsideTheBar() {
        for (int type : new int[] {COMMON, NOTIFY, ISR}) {
            int at = at(type);
            assertThat(config(at + 4, 1)).isEqualTo(4);
            assertThat(config(at + 8, 4) + config(at + 12, 4)).isLessThanOrEqualTo(0x4000);
        }
    }

    @Test
    void theDoorbellsFollowTheBar() {
        plug();
        assertThat(doorbells).containsExactly(BAR + 0x3000);
        function.writeConfig(0x20, 4, BAR + 0x10_0000);
        assertThat(doorbells).containsExactly(BAR + 0x10_3000);
        function.unplug();
        assertThat(doorbells).isEmpty();
    }

    private void window(int offset, int length) {
        int at = at(WINDOW);
        function.writeConfig(at + 4, 1, 4);
        function.writeConfig(at + 8, 4, offset);
        function.writeConfig(at + 12, 4, length);
    }

    @Test
    void theWindowInConfigurationSpaceReachesTheRegisters() {
        plug();
        window(0, 4);
        function.writeConfig(at(WINDOW) + 16, 4, 1);
        window(4, 4);
        assertThat(config(at(WINDOW) + 16, 4)).isEqualTo((int) (Features.RINGS >>> 32));
        window(20, 1);
        function.writeConfig(at(WINDOW) + 16, 1, 1);
        assertThat(mmio.read(BAR + 20, 1)).isEqualTo(1);
    }

    @Test
    void aWindowThatIsNotSetUpRightReachesNothing() {
        plug();
        int[][] wrong = {{20, 3}, {21, 2}, {20, 0}, {0x4000, 1}, {-4, 4}, {0x3ffe, 4}};
        for (int[] each : wrong) {
            window(each[0], each[1]);
            function.writeConfig(at(WINDOW) + 16, 4, 0x0101_0101);
        }
        window(20, 1);
        function.writeConfig(at(WINDOW) + 4, 1, 3);
        function.writeConfig(at(WINDOW) + 16, 1, 1);
        assertThat(mmio.read(BAR + 20, 1)).isZero();
    }

    @Test
    void readingTheInterruptStatusLowersTheLine() {
        plug();
        // DRIVER_OK with a ring that cannot be: a configuration change.
        mmio.write(BAR + 20, 1, 3);
        mmio.write(BAR + 8, 4, 1);
        mmio.write(BAR + 12, 4, 1);
        mmio.write(BAR + 20, 1, 11);
        mmio.write(BAR + 28, 2, 1);
        mmio.write(BAR + 20, 1, 15);
        assertThat(mmio.read(BAR + 20, 1)).isEqualTo(15 | 64);
        assertThat(line).isTrue();
        assertThat(mmio.read(BAR + 0x1000, 1)).isEqualTo(2);
        assertThat(line).isFalse();
        assertThat(mmio.read(BAR + 0x1000, 1)).isZero();
    }

    @Test
    void aVectorThatIsNotThereReadsBackAsNone() {
        plug();
        mmio.write(BAR + 16, 2, 1);
        mmio.write(BAR + 26, 2, 0);
        assertThat(mmio.read(BAR + 16, 2)).isEqualTo(1);
        assertThat(mmio.read(BAR + 26, 2)).isZero();
        mmio.write(BAR + 16, 2, 2);
        mmio.write(BAR + 26, 2, 0x7fff);
        assertThat(mmio.read(BAR + 16, 2)).isEqualTo(0xffff);
        assertThat(mmio.read(BAR + 26, 2)).isEqualTo(0xffff);
    }

    @Test
    void theCommonConfigurationIsReadAtAnyWidthAndWrittenByField() {
        plug();
        mmio.write(BAR + 22, 2, 0);
        mmio.write(BAR + 32, 8, 0x1122_3344_5566_7788L);
        assertThat(mmio.read(BAR + 34, 2)).isEqualTo(0x5566);
        assertThat(mmio.read(BAR + 35, 4)).isEqualTo(0x2233_4455L);
        mmio.write(BAR + 33, 1, 0);
        mmio.write(BAR + 34, 2, 0);
        mmio.write(BAR + 34, 4, 0);
        mmio.write(BAR + 36, 8, 0);
        assertThat(mmio.read(BAR + 32, 8)).isEqualTo(0x1122_3344_5566_7788L);
        assertThat(mmio.read(BAR + 18, 2)).isEqualTo(1);
    }
}
