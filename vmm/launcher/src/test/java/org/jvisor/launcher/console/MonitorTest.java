package org.jvisor.launcher.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class MonitorTest {
    private final FakeGuest guest = new FakeGuest();
    private final StringBuilder screen = new StringBuilder();
    private final Monitor monitor = new Monitor(guest, screen::append);

    private String type(String line) {
        screen.setLength(0);
        for (byte key : (line + "\r").getBytes(StandardCharsets.US_ASCII)) {
            monitor.key(key);
        }
        return screen.toString();
    }

    private void open() {
        monitor.toggle();
    }

    @Test
    void commandsActOnTheGuest() {
        open();
        assertThat(type("status")).contains("test guest");
        type("power");
        type("RESET");
        type("q");
        assertThat(guest.events).containsExactly("power", "reset", "quit");
    }

    @Test
    void helpListsTheCommandsForDevicesToo() {
        open();
        assertThat(type("help")).contains("continue", "disk N", "link N", "balloon");
    }

    @Test
    void commandsForDevicesGoToTheGuestInWords() {
        open();
        assertThat(type("link  0 down")).contains("done\n(jvisor) ");
        assertThat(type("balloon")).contains("done");
        assertThat(guest.events).containsExactly("link/0/down", "balloon");
    }

    @Test
    void aCommandThatCannotBeDoneSaysWhy() {
        open();
        assertThat(type("disk 9 8G")).contains("there is no such device\n(jvisor) ");
        assertThat(guest.events).isEmpty();
    }

    @Test
    void anythingElseIsNoCommand() {
        open();
        assertThat(type("fly me")).contains("fly me is not a command");
        assertThat(monitor.isOpen()).isTrue();
    }

    @Test
    void backspaceTakesBackWhatWasTyped() {
        open();
        assertThat(type("statuz\bs")).contains("test guest");
    }

    @Test
    void continuingGivesTheKeysBackToTheGuest() {
        open();
        type("continue");
        assertThat(monitor.isOpen()).isFalse();
    }
}
