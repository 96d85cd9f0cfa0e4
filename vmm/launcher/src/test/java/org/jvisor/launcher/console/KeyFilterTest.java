package org.jvisor.launcher.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class KeyFilterTest {
    private static final String CTRL_A = "\u0001";

    private final FakeGuest guest = new FakeGuest();
    private final StringBuilder screen = new StringBuilder();
    private final KeyFilter filter = new KeyFilter(guest, screen::append);

    private String type(String keys) {
        byte[] bytes = keys.getBytes(StandardCharsets.ISO_8859_1);
        int kept = filter.filter(bytes, bytes.length);
        return new String(bytes, 0, kept, StandardCharsets.ISO_8859_1);
    }

    @Test
    void keysAreTheGuests() {
        assertThat(type("ls\r")).isEqualTo("ls\r");
    }

    @Test
    void escapesAreTakenOutOfWhatTheGuestGets() {
        assertThat(type("a" + CTRL_A + "hb" + CTRL_A + CTRL_A + "c")).isEqualTo("ab\u0001c");
    }

    @Test
    void anEscapeMayComeInTwoReads() {
        assertThat(type("a" + CTRL_A)).isEqualTo("a");
        assertThat(type("xb")).isEqualTo("b");
        assertThat(guest.events).containsExactly("quit");
    }

    @Test
    void helpNamesEveryKey() {
        type(CTRL_A + "h");
        assertThat(screen).contains("Ctrl-A X", "Ctrl-A C", "Ctrl-A H", "Ctrl-A Ctrl-A");
    }

    @Test
    void whatIsTypedAtTheMonitorIsNotTheGuests() {
        assertThat(type(CTRL_A + "cstatus\r" + CTRL_A + "cx")).isEqualTo("x");
        assertThat(screen).contains("test guest");
    }

    @Test
    void theMonitorPressesThePowerButton() {
        type(CTRL_A + "cpower\r");
        assertThat(guest.events).containsExactly("power");
    }

    @Test
    void theMonitorResetsTheGuest() {
        type(CTRL_A + "creset\r");
        assertThat(guest.events).containsExactly("reset");
    }

    @Test
    void continueLeavesTheMonitor() {
        assertThat(type(CTRL_A + "ccontinue\rls")).isEqualTo("ls");
    }

    @Test
    void backspaceTakesBackAKeyAtTheMonitor() {
        type(CTRL_A + "cpowee\u007fr\r");
        assertThat(guest.events).containsExactly("power");
    }

    @Test
    void anUnknownMonitorCommandIsNamed() {
        type(CTRL_A + "cfoo\r");
        assertThat(screen).contains("foo is not a command");
    }

    @Test
    void anEndlessMonitorLineIsCutOff() {
        type(CTRL_A + "c" + "y".repeat(100_000));
        assertThat(screen).hasSizeLessThan(1_000);
    }
}
