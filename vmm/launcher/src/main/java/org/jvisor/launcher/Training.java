package org.jvisor.launcher;

import java.io.PrintWriter;
import java.io.Writer;
import org.jvisor.launcher.console.RawTerminal;

/**
 * Walks through what a start of jvisor does, for the JVM to record in the AOT cache made at package
 * time. Output goes nowhere.
 */
final class Training {
    private Training() {}

    /** Runs the training. */
    public static void main(String[] args) {
        PrintWriter nowhere = new PrintWriter(Writer.nullWriter());
        String[][] commands = {
            {"--version"},
            {"--help"},
            {"run", "--help"},
            {"image", "list"},
            {"run", "--no-such-option"},
        };
        RawTerminal.isTerminal(0);
        for (String[] command : commands) {
            Main.execute(nowhere, nowhere, command);
        }
    }
}
