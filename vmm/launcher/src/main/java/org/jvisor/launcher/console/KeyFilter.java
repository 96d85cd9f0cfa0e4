package org.jvisor.launcher.console;

import java.util.function.Consumer;

/** Splits what is typed between the guest, the monitor and the escape keys. Used by one thread. */
final class KeyFilter {
    private final EscapeKeys escapes = new EscapeKeys();
    private final ConsoleGuest guest;
    private final Consumer<String> screen;
    private final Monitor monitor;

    /**
     * Makes it.
     *
     * @param screen shows text; lines end in {@code \n}
     */
    KeyFilter(ConsoleGuest guest, Consumer<String> screen) {
        this.guest = guest;
        this.screen = screen;
        monitor = new Monitor(guest, screen);
    }

    /**
     * Acts on what is not the guest's and moves what is to the front.
     *
     * @return how many bytes at the front of {@code keys} are the guest's
     */
    int filter(byte[] keys, int length) {
        int kept = 0;
        for (int i = 0; i < length; i++) {
            switch (escapes.accept(keys[i])) {
                case SEND -> {
                    if (monitor.isOpen()) {
                        monitor.key(keys[i]);
                    } else {
                        keys[kept++] = keys[i];
                    }
                }
                case QUIT -> guest.quit();
                case HELP -> screen.accept("\n" + Console.KEYS);
                case MONITOR -> monitor.toggle();
                case NONE -> {}
            }
        }
        return kept;
    }
}
