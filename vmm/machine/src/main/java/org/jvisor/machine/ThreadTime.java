package org.jvisor.machine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The host CPU time of one thread, from its {@code schedstat} in proc(5). */
final class ThreadTime {
    private static final Path SELF = Path.of("/proc/thread-self");

    private static final long UNKNOWN = -1;

    private volatile @Nullable Path file;

    /** Nanoseconds when it was last looked at. */
    private volatile long last = UNKNOWN;

    /** On the thread itself, when it begins. */
    void begin() {
        try {
            file = SELF.resolveSibling(Files.readSymbolicLink(SELF)).resolve("schedstat");
        } catch (IOException e) {
            file = null; // a host that does not tell
        }
    }

    /** On the thread itself, when it ends. */
    void end() {
        nanos();
        file = null;
    }

    /**
     * From any thread.
     *
     * @return nanoseconds it has run so far, at its end if it has ended; -1 where the host does not
     *     tell
     */
    long nanos() {
        Path path = file;
        if (path != null) {
            try {
                String text = Files.readString(path);
                last = Long.parseLong(text, 0, Math.max(0, text.indexOf(' ')), 10);
            } catch (IOException | NumberFormatException e) {
                // it has just ended, or the kernel does not count: what was seen last stands
            }
        }
        return last;
    }
}
