package org.jvisor.virtio.balloon;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.random.RandomGenerator;
import org.jvisor.virtio.testing.Buffer;
import org.jvisor.virtio.testing.DeviceFuzz;
import org.jvisor.virtio.testing.GuestDriver;
import org.jvisor.virtio.testing.GuestDriver.Setup;
import org.jvisor.virtio.testing.GuestRam;
import org.jvisor.virtio.testing.HostileDriver;
import org.jvisor.virtio.testing.HostileDriver.Insight;

/** A hostile driver of the balloon; run by Jazzer, and by the tests. */
public final class VirtioBalloonFuzzer {
    private static final int PAGES = 1100;

    private VirtioBalloonFuzzer() {}

    /** One run. */
    public static void fuzzerTestOneInput(byte[] data) {
        DeviceFuzz.run(data, VirtioBalloonFuzzer::attack);
    }

    /** Attacks a balloon, which serves a good driver afterwards. */
    static void attack(GuestRam ram, Setup setup, RandomGenerator random) {
        VirtioBalloon balloon = new VirtioBalloon("balloon0", random.nextBoolean());
        long features = balloon.features();
        try (GuestDriver driver =
                HostileDriver.attack(balloon, ram, setup, features, random, insight(balloon))) {
            long page = ram.allocate(4096, 4096);
            ram.writeLong(page, -1);
            long at = ram.allocate(4, 4);
            ram.writeInt(at, (int) (page / 4096));
            driver.request(VirtioBalloonTest.INFLATE, Buffer.out(at, 4));
            assertThat(ram.memory().readLong(page)).isZero();
        }
    }

    private static Insight insight(VirtioBalloon balloon) {
        return new Insight() {
            @Override
            public boolean writeRequest(
                    RandomGenerator choices, int queue, GuestRam to, long at, int room) {
                if (queue == VirtioBalloonTest.STATS) {
                    int count = Math.min(room / 10, choices.nextInt(8));
                    for (int i = 0; i < count; i++) {
                        to.writeShort(at + i * 10L, choices.nextInt(20));
                        to.writeLong(at + i * 10L + 2, choices.nextLong());
                    }
                } else {
                    int count = Math.min(room / 4, choices.nextInt(20));
                    for (int i = 0; i < count; i++) {
                        int frame = (int) (GuestRam.BASE / 4096) - 1;
                        to.writeInt(at + i * 4L, frame + choices.nextInt(PAGES));
                    }
                }
                return true;
            }

            @Override
            public void happen(RandomGenerator choices) {
                switch (choices.nextInt(3)) {
                    case 0 -> balloon.setTarget(choices.nextInt(1 << 22));
                    case 1 -> balloon.requestStatistics();
                    default -> assertThat(balloon.statistics()).hasSizeLessThan(100);
                }
            }
        };
    }
}
