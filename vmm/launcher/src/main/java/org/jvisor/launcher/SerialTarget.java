package org.jvisor.launcher;

import java.nio.file.Path;

/** Where a guest's serial line is to go, as {@code --serial} says. */
sealed interface SerialTarget {
    /** Standard input and output. */
    record Stdio() implements SerialTarget {}

    /** Nowhere. */
    record Null() implements SerialTarget {}

    /** A file, output only. */
    record File(Path path) implements SerialTarget {}

    /** A new pseudo-terminal. */
    record Pty() implements SerialTarget {}
}
