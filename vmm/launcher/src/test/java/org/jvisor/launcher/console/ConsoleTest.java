package org.jvisor.launcher.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ConsoleTest {
    @Test
    void everyByteOfAPipeReachesAGuestThatReadsLate() throws Exception {
        byte[] piped = new byte[5 * InputQueue.CAPACITY];
        new Random(1).nextBytes(piped);
        CountDownLatch reading = new CountDownLatch(1);
        FakeGuest guest = new FakeGuest(reading, piped.length);
        Console console =
                new Console(
                        new ByteArrayInputStream(piped), OutputStream.nullOutputStream(), false);
        console.connect(guest);
        reading.countDown();
        assertThat(guest.awaitInput()).isEqualTo(piped);
    }

    @Test
    void escapeKeysInAPipeAreTheGuests() throws Exception {
        byte[] piped = {1, 'x', 1, 'c', 'q'};
        FakeGuest guest = new FakeGuest(new CountDownLatch(0), piped.length);
        new Console(new ByteArrayInputStream(piped), OutputStream.nullOutputStream(), false)
                .connect(guest);
        assertThat(guest.awaitInput()).isEqualTo(piped);
        assertThat(guest.events).isEmpty();
    }

    @Test
    void outputIsPassedOnAtOnce() throws IOException {
        ByteArrayOutputStream shown = new ByteArrayOutputStream();
        Console console = new Console(new ByteArrayInputStream(new byte[0]), shown, false);
        console.output(new byte[] {'o', 'k', '!'}, 2);
        assertThat(shown.toString(java.nio.charset.StandardCharsets.US_ASCII)).isEqualTo("ok");
    }
}
