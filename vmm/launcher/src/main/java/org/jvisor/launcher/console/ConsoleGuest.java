package org.jvisor.launcher.console;

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
}
