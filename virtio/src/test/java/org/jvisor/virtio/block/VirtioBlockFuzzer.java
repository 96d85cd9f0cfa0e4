package org.jvisor.virtio.block;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.random.RandomGenerator;
import org.jvisor.virtio.testing.DeviceFuzz;
import org.jvisor.virtio.testing.GuestDriver;
import org.jvisor.virtio.testing.GuestDriver.Setup;
import org.jvisor.virtio.testing.GuestRam;
import org.jvisor.virtio.testing.HostileDriver;
import org.jvisor.virtio.testing.HostileDriver.Insight;

/** A hostile driver of a disk; run by Jazzer, and by the tests. */
public final class VirtioBlockFuzzer {
    private static final int SIZE = 1 << 18;
    private static final int SECTORS = SIZE / 512;

    private VirtioBlockFuzzer() {}

    /** One run. */
    public static void fuzzerTestOneInput(byte[] data) {
        DeviceFuzz.run(data, VirtioBlockFuzzer::attack);
    }

    /** Attacks a disk, which serves a good driver afterwards. */
    static void attack(GuestRam ram, Setup setup, RandomGenerator random) {
        MemoryDisk disk = new MemoryDisk(SIZE, false);
        VirtioBlock device = new VirtioBlock("disk0", disk, VirtioBlock.Settings.of("serial", 3));
        Insight insight =
                new Insight() {
                    @Override
                    public boolean writeRequest(
                            RandomGenerator choices, int queue, GuestRam to, long at, int room) {
                        if (room < 64) {
                            return false;
                        }
                        to.writeInt(at, choices.nextInt(16));
                        to.writeInt(at + 4, 0);
                        to.writeLong(at + 8, choices.nextInt(SECTORS + 2));
                        // What a discard that follows in the same buffer would be.
                        to.writeLong(at + 16, choices.nextInt(SECTORS + 2));
                        to.writeInt(at + 24, choices.nextInt(SECTORS + 2));
                        to.writeInt(at + 28, choices.nextInt(4));
                        return true;
                    }

                    @Override
                    public void happen(RandomGenerator choices) {
                        disk.failing = choices.nextInt(4) == 0;
                        if (choices.nextInt(4) == 0) {
                            resize(device, 1 + choices.nextInt(SECTORS));
                        }
                    }
                };
        try (GuestDriver driver =
                HostileDriver.attack(device, ram, setup, device.features(), random, insight)) {
            disk.failing = false;
            resize(device, SECTORS);
            VirtioBlockDriverTest.writeAndRead(driver, ram, 0, 5);
        }
    }

    private static void resize(VirtioBlock device, int sectors) {
        try {
            device.resize(sectors * 512L);
        } catch (BlockException e) {
            assertThat(e.getMessage()).isNotEmpty();
        }
    }
}
