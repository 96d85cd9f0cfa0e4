package org.jvisor.launcher.console;

import java.util.List;

/** The guest behind a console: what keys and monitor commands act on. Called on any thread. */
public interface ConsoleGuest {
    /** Types bytes to the guest; blocks while it does not read. */
    void input(byte[] bytes, int offset, int length) throws InterruptedException;

    /** Pulls the plug. */
    void quit();

    /** Presses the reset button. */
    void reset();

    /** Presses the power button. */
    void powerButton();

    /** Describes the machine, a line or more. */
    String status();

    /**
     * Changes a device, or tells of it.
     *
     * @param words a command of {@link #DEVICE_HELP}, in words
     * @return what to show
     * @throws IllegalArgumentException if it cannot be done: a sentence that says why
     */
    String device(List<String> words);

    /** The commands for devices, a line each. */
    String DEVICE_HELP =
            """
            disk N [SIZE]    tell the size of disk N, or make it larger, as 8G
            link N [up|down] tell the link of interface N, or plug its cable in or out
            balloon [SIZE]   tell of the memory the guest gave up, or ask for that much
            """;
}
