package org.jvisor.virtio.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.random.RandomGenerator;
import org.jvisor.virtio.testing.Buffer;
import org.jvisor.virtio.testing.DeviceFuzz;
import org.jvisor.virtio.testing.GuestDriver;
import org.jvisor.virtio.testing.GuestDriver.Setup;
import org.jvisor.virtio.testing.GuestRam;
import org.jvisor.virtio.testing.HostileDriver;
import org.jvisor.virtio.testing.HostileDriver.Insight;

/** A hostile driver of a console with two ports; run by Jazzer, and by the tests. */
public final class VirtioConsoleFuzzer {
    private static final int CONTROL_OUT = 3;

    private VirtioConsoleFuzzer() {}

    /** One run. */
    public static void fuzzerTestOneInput(byte[] data) {
        DeviceFuzz.run(data, VirtioConsoleFuzzer::attack);
    }

    /** Attacks a console, which serves a good driver afterwards. */
    static void attack(GuestRam ram, Setup setup, RandomGenerator random) {
        Recorder sink = new Recorder();
        ConsolePort terminal = new ConsolePort("name", true, sink);
        ConsolePort channel = new ConsolePort("x", false, ConsoleSink.NONE);
        VirtioConsole console = new VirtioConsole("console0", List.of(terminal, channel));
        terminal.input(new byte[10_000], 0, 10_000);
        long features = random.nextInt(4) == 0 ? 0 : console.features();
        Insight insight = insight(terminal, channel, sink);
        try (GuestDriver driver =
                HostileDriver.attack(console, ram, setup, features, random, insight)) {
            sink.room(Long.MAX_VALUE);
            terminal.outputReady();
            sink.forget();
            byte[] fine = {'f', 'i', 'n', 'e'};
            driver.request(1, Buffer.out(ram.place(fine), 4));
            assertThat(sink.await(4)).endsWith(fine);
        }
    }

    private static Insight insight(ConsolePort terminal, ConsolePort channel, Recorder sink) {
        return new Insight() {
            @Override
            public boolean writeRequest(
                    RandomGenerator choices, int queue, GuestRam to, long at, int room) {
                if (queue != CONTROL_OUT) {
                    return false;
                }
                to.writeInt(at, choices.nextInt(3));
                to.writeShort(at + 4, choices.nextInt(9));
                to.writeShort(at + 6, choices.nextInt(3));
                return true;
            }

            @Override
            public void happen(RandomGenerator choices) {
                ConsolePort port = choices.nextBoolean() ? terminal : channel;
                switch (choices.nextInt(5)) {
                    case 0 -> {
                        int length = choices.nextInt(1 << 16);
                        port.input(new byte[length], 0, length);
                    }
                    case 1 -> port.setOpen(choices.nextBoolean());
                    case 2 -> terminal.resize(choices.nextInt(1 << 16), choices.nextInt(1 << 16));
                    case 3 -> sink.room(choices.nextInt(300));
                    default -> terminal.outputReady();
                }
            }
        };
    }
}
