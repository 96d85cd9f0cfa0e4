package org.jvisor.virtio.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.jvisor.virtio.testing.Buffer;
import org.jvisor.virtio.testing.GuestDriver;
import org.jvisor.virtio.testing.GuestDriver.Setup;
import org.jvisor.virtio.testing.GuestQueue;
import org.jvisor.virtio.testing.GuestRam;

class VirtioConsoleTest {
    private static final int CONTROL_IN = 2, CONTROL_OUT = 3;

    private final GuestRam ram = new GuestRam(4 << 20);
    private final Recorder first = new Recorder();
    private final Recorder second = new Recorder();
    private final ConsolePort terminal = new ConsolePort("", true, first);
    private final ConsolePort channel = new ConsolePort("org.jvisor.test", false, second);

    private VirtioConsole device() {
        return new VirtioConsole("console0", List.of(terminal, channel));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private void control(GuestDriver driver, int port, int event, int value) {
        long at = ram.allocate(8, 8);
        ram.writeInt(at, port);
        ram.writeShort(at + 4, event);
        ram.writeShort(at + 6, value);
        driver.request(CONTROL_OUT, Buffer.out(at, 8));
    }

    /** The next message: port, event, value and what follows, as text. */
    private String message(GuestDriver driver) {
        long at = ram.allocate(64, 8);
        GuestQueue.Used used = driver.request(CONTROL_IN, Buffer.in(at, 64));
        byte[] rest = ram.memory().read(at + 8, (int) used.length() - 8);
        return "%d: %d %d %s"
                .formatted(
                        ram.memory().readInt(at),
                        ram.memory().readShort(at + 4),
                        ram.memory().readShort(at + 6),
                        new String(rest, StandardCharsets.ISO_8859_1));
    }

    /** Does what a driver does first, and returns the messages it gets. */
    private List<String> handshake(GuestDriver driver) {
        List<String> messages = new ArrayList<>();
        control(driver, 0, VirtioConsole.DEVICE_READY, 1);
        messages.add(message(driver));
        messages.add(message(driver));
        control(driver, 0, VirtioConsole.PORT_READY, 1);
        messages.add(message(driver));
        messages.add(message(driver));
        control(driver, 1, VirtioConsole.PORT_READY, 1);
        messages.add(message(driver));
        messages.add(message(driver));
        return messages;
    }

    private byte[] read(GuestDriver driver, int queue, int length) {
        long at = ram.allocate(length, 1);
        GuestQueue.Used used = driver.request(queue, Buffer.in(at, length));
        return ram.memory().read(at, (int) used.length());
    }

    @ParameterizedTest
    @EnumSource
    void aDriverWithoutMultiportHasTheFirstPort(Setup setup) {
        try (GuestDriver driver = GuestDriver.start(device(), ram, setup, 0)) {
            long at = ram.place(bytes("hello"));
            driver.request(1, Buffer.out(at, 2), Buffer.out(at + 2, 3));
            assertThat(first.await(5)).isEqualTo(bytes("hello"));
            terminal.input(bytes("typed"), 0, 5);
            assertThat(read(driver, 0, 100)).isEqualTo(bytes("typed"));
        }
    }

    @ParameterizedTest
    @EnumSource
    void theDriverLearnsOfThePortsByControlMessages(Setup setup) {
        try (GuestDriver driver =
                GuestDriver.start(device(), ram, setup, VirtioConsole.MULTIPORT)) {
            assertThat(handshake(driver))
                    .containsExactly(
                            "0: 1 1 ",
                            "1: 1 1 ",
                            "0: 4 1 ",
                            "0: 6 1 ",
                            "1: 7 1 org.jvisor.test",
                            "1: 6 1 ");
        }
    }

    @ParameterizedTest
    @EnumSource
    void inputWaitsUntilTheGuestOpensThePort(Setup setup) {
        try (GuestDriver driver =
                GuestDriver.start(device(), ram, setup, VirtioConsole.MULTIPORT)) {
            handshake(driver);
            channel.input(bytes("early"), 0, 5);
            long at = ram.allocate(100, 1);
            driver.send(4, Buffer.in(at, 100));
            control(driver, 1, VirtioConsole.PORT_OPEN, 1);
            assertThat(driver.await(4).length()).isEqualTo(5);
            second.awaitOpen(true);
            assertThat(channel.guestOpen()).isTrue();
            control(driver, 1, VirtioConsole.PORT_OPEN, 0);
            second.awaitOpen(false);
        }
    }

    @ParameterizedTest
    @EnumSource
    void theHostOpensAndClosesItsEnd(Setup setup) {
        try (GuestDriver driver =
                GuestDriver.start(device(), ram, setup, VirtioConsole.MULTIPORT)) {
            handshake(driver);
            channel.setOpen(false);
            assertThat(message(driver)).isEqualTo("1: 6 0 ");
            channel.setOpen(true);
            assertThat(message(driver)).isEqualTo("1: 6 1 ");
        }
    }

    @ParameterizedTest
    @EnumSource
    void aResizeReachesTheGuest(Setup setup) {
        try (GuestDriver driver =
                GuestDriver.start(
                        device(), ram, setup, VirtioConsole.MULTIPORT | VirtioConsole.SIZE)) {
            handshake(driver);
            terminal.resize(0x4142, 0x4344);
            assertThat(message(driver)).isEqualTo("0: 5 1 BADC");
            driver.awaitConfigChange();
            assertThat(driver.readConfig(0, 4)).isEqualTo(0x4344_4142L);
        }
    }

    @ParameterizedTest
    @EnumSource
    void outputWaitsForASlowSinkAndNothingIsLost(Setup setup) {
        try (GuestDriver driver = GuestDriver.start(device(), ram, setup, 0)) {
            byte[] much = new byte[100_000];
            for (int i = 0; i < much.length; i++) {
                much[i] = (byte) (i * 31 >>> 3);
            }
            first.room(10_001);
            driver.send(1, Buffer.out(ram.place(much), much.length));
            first.await(10_001);
            for (int i = 0; i < 8; i++) {
                first.room(10_000);
                terminal.outputReady();
                first.await(10_001 + 10_000 * (i + 1));
            }
            assertThat(driver.queue(1).poll()).isNull();
            first.room(Long.MAX_VALUE);
            terminal.outputReady();
            driver.await(1);
            assertThat(first.await(much.length)).isEqualTo(much);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aPauseInTheMiddleOfOutputNeitherLosesNorRepeatsIt(Setup setup) throws IOException {
        GuestDriver driver = GuestDriver.start(device(), ram, setup, 0);
        byte[] much = bytes("0123456789".repeat(2000));
        first.room(12_345);
        int id = driver.send(1, Buffer.out(ram.place(much), much.length));
        first.await(12_345);
        terminal.input(bytes("kept"), 0, 4);
        driver.pause();
        VirtioConsole other =
                new VirtioConsole(
                        "console0",
                        List.of(
                                new ConsolePort("", true, first),
                                new ConsolePort("", false, second)));
        try (GuestDriver moved = driver.migrate(other)) {
            first.room(Long.MAX_VALUE);
            moved.resume();
            assertThat(moved.await(1).id()).isEqualTo(id);
            assertThat(first.await(much.length)).isEqualTo(much);
            assertThat(read(moved, 0, 100)).isEqualTo(bytes("kept"));
        }
    }

    @ParameterizedTest
    @EnumSource
    void inputGoesToAsManyBuffersAsItTakes(Setup setup) {
        try (GuestDriver driver = GuestDriver.start(device(), ram, setup, 0)) {
            byte[] much = bytes("abcdefghij".repeat(5000));
            assertThat(terminal.input(much, 0, much.length)).isEqualTo(much.length);
            ByteArrayOutputStream got = new ByteArrayOutputStream();
            while (got.size() < much.length) {
                got.writeBytes(read(driver, 0, 777));
            }
            assertThat(got.toByteArray()).isEqualTo(much);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aCharacterWrittenInAnEmergencyComesOut(Setup setup) {
        try (GuestDriver driver = new GuestDriver(device(), ram, setup.transport)) {
            driver.writeConfig(8, 4, '!');
            assertThat(first.await(1)).isEqualTo(bytes("!"));
        }
    }

    @Property(tries = 200)
    void aHostileDriverHarmsOnlyItself(@ForAll Setup setup, @ForAll long seed) {
        VirtioConsoleFuzzer.attack(new GuestRam(4 << 20), setup, new SplittableRandom(seed));
    }
}
