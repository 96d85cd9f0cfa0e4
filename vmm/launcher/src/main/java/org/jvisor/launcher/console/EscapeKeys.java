package org.jvisor.launcher.console;

/**
 * Finds the escape keys in what is typed: Ctrl-A and a letter. One per terminal, used by one
 * thread.
 */
public final class EscapeKeys {
    /** Ctrl-A. */
    static final byte PREFIX = 1;

    private boolean prefixed;

    /** What a byte means. */
    public enum Action {
        /** Give it to the guest. */
        SEND,
        /** Nothing: the prefix, or a letter without meaning after it. */
        NONE,
        /** End the machine. */
        QUIT,
        /** Show the keys. */
        HELP,
        /** Open or close the monitor prompt. */
        MONITOR
    }

    /**
     * Takes the next byte typed. After Ctrl-A a second Ctrl-A is {@link Action#SEND}: the guest
     * gets one.
     */
    public Action accept(byte key) {
        if (!prefixed) {
            prefixed = key == PREFIX;
            return prefixed ? Action.NONE : Action.SEND;
        }
        prefixed = false;
        return switch (key) {
            case PREFIX -> Action.SEND;
            case 'x', 'X' -> Action.QUIT;
            case 'h', 'H', '?' -> Action.HELP;
            case 'c', 'C' -> Action.MONITOR;
            default -> Action.NONE;
        };
    }
}
