package org.jvisor.virtio.testing;

import java.util.random.RandomGenerator;
import org.jvisor.virtio.testing.GuestDriver.Setup;

/** What the fuzzers of all devices do around an attack. */
public final class DeviceFuzz {
    private static final int RAM_SIZE = 4 << 20;
    private static final Setup[] SETUPS = Setup.values();

    /** One guest for all runs, as clearing it is faster. */
    private static final GuestRam RAM = new GuestRam(RAM_SIZE);

    static {
        Faults.watch();
    }

    private DeviceFuzz() {}

    /** Makes a device, attacks it and sees that it serves a good driver afterwards. */
    @FunctionalInterface
    public interface Attack {
        /** Does so. */
        void run(GuestRam ram, Setup setup, RandomGenerator random);
    }

    /** One run of a fuzzer. */
    public static void run(byte[] data, Attack attack) {
        RAM.clear();
        FuzzInput input = new FuzzInput(data);
        Setup setup = SETUPS[input.nextInt(SETUPS.length)];
        attack.run(RAM, setup, input);
        Faults.check();
    }
}
