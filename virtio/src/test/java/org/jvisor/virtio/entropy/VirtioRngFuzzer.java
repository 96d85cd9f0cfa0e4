package org.jvisor.virtio.entropy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.random.RandomGenerator;
import org.jvisor.virtio.testing.Buffer;
import org.jvisor.virtio.testing.DeviceFuzz;
import org.jvisor.virtio.testing.GuestDriver;
import org.jvisor.virtio.testing.GuestDriver.Setup;
import org.jvisor.virtio.testing.GuestRam;
import org.jvisor.virtio.testing.HostileDriver;
import org.jvisor.virtio.testing.HostileDriver.Insight;

/** A hostile driver of the entropy device; run by Jazzer, and by the tests. */
public final class VirtioRngFuzzer {
    private VirtioRngFuzzer() {}

    /** One run. */
    public static void fuzzerTestOneInput(byte[] data) {
        DeviceFuzz.run(data, VirtioRngFuzzer::attack);
    }

    /** Attacks a device, which serves a good driver afterwards. */
    static void attack(GuestRam ram, Setup setup, RandomGenerator random) {
        VirtioRng device = new VirtioRng("rng0");
        try (GuestDriver driver =
                HostileDriver.attack(device, ram, setup, 0, random, Insight.NONE)) {
            assertThat(driver.request(0, Buffer.in(ram.allocate(64, 1), 64)).length())
                    .isEqualTo(64);
        }
    }
}
