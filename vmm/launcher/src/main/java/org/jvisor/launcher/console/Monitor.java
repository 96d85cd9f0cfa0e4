package org.jvisor.launcher.console;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The prompt behind Ctrl-A C: reads a line from the raw terminal, with backspace, and acts on it.
 * Used by one thread.
 */
final class Monitor {
    private static final String PROMPT = "(jvisor) ";
    private static final int LONGEST_LINE = 200;
    private static final String HELP =
            """
            status           what runs, and since when
            power            press the power button: the guest shuts down if it listens
            reset            restart the guest
            quit             stop the guest at once
            continue         back to the guest (also Ctrl-A C)
            """
                    + ConsoleGuest.DEVICE_HELP;

    private final ConsoleGuest guest;
    private final Consumer<String> screen;
    private final StringBuilder line = new StringBuilder();
    private boolean open;

    /**
     * Makes it, closed.
     *
     * @param screen shows text; lines end in {@code \n}
     */
    Monitor(ConsoleGuest guest, Consumer<String> screen) {
        this.guest = guest;
        this.screen = screen;
    }

    /** Whether keys are the monitor's, not the guest's. */
    boolean isOpen() {
        return open;
    }

    /** Opens or closes it. */
    void toggle() {
        open = !open;
        line.setLength(0);
        screen.accept(open ? "\njvisor monitor; help lists the commands\n" + PROMPT : "\n");
    }

    /** Takes a key while it is open. */
    void key(byte key) {
        switch (key) {
            case '\r', '\n' -> {
                screen.accept("\n");
                String command = line.toString().strip().toLowerCase(Locale.ROOT);
                line.setLength(0);
                execute(command);
            }
            case 0x7f, '\b' -> {
                if (!line.isEmpty()) {
                    line.setLength(line.length() - 1);
                    screen.accept("\b \b");
                }
            }
            default -> {
                if (key >= ' ' && line.length() < LONGEST_LINE) {
                    String typed = new String(new byte[] {key}, StandardCharsets.US_ASCII);
                    line.append(typed);
                    screen.accept(typed);
                }
            }
        }
    }

    private void execute(String command) {
        switch (command) {
            case "" -> {}
            case "help", "h", "?" -> screen.accept(HELP);
            case "status" -> screen.accept(guest.status() + "\n");
            case "power" -> guest.powerButton();
            case "reset" -> guest.reset();
            case "quit", "q" -> guest.quit();
            case "continue", "c" -> open = false;
            default -> screen.accept(device(command) + "\n");
        }
        if (open) {
            screen.accept(PROMPT);
        }
    }

    private String device(String command) {
        List<String> words = List.of(command.split(" +"));
        if (!Set.of("disk", "link", "balloon").contains(words.getFirst())) {
            return "%s is not a command; help lists them".formatted(command);
        }
        try {
            return guest.device(words);
        } catch (IllegalArgumentException e) {
            return String.valueOf(e.getMessage());
        }
    }
}
