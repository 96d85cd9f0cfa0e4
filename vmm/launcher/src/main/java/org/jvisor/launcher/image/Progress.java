package org.jvisor.launcher.image;

import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;

/**
 * Tells the user what goes on: on a terminal in one line that is written over, elsewhere a line per
 * step. Used by one thread.
 */
public final class Progress implements AutoCloseable {
    private final PrintWriter out;
    private final boolean live;
    private @Nullable String step;
    private int percent;

    /**
     * Makes it.
     *
     * @param live whether {@code out} is a terminal
     */
    public Progress(PrintWriter out, boolean live) {
        this.out = out;
        this.live = live;
    }

    /** Begins a step. */
    public void step(String text) {
        step = text;
        percent = -1;
        if (live) {
            draw("");
        } else {
            out.println("jvisor: " + text);
        }
    }

    /** Shows how far the step is, from 0 to 100. */
    public void percent(int done) {
        if (live && done != percent && step != null) {
            percent = done;
            draw(" %d%%".formatted(done));
        }
    }

    /** Shows what a step is at. */
    public void detail(String text) {
        if (live && step != null) {
            draw(" " + text);
        }
    }

    /** Shows a line that stays. */
    public void note(String text) {
        clear();
        out.println("jvisor: " + text);
    }

    /** Ends the last step. */
    @Override
    public void close() {
        clear();
        step = null;
    }

    private void draw(String suffix) {
        // CSI K: erase to the end of the line.
        out.print("\rjvisor: " + step + "..." + suffix + "\033[K");
        out.flush();
    }

    private void clear() {
        if (live && step != null) {
            out.print("\r\033[K");
            out.flush();
        }
    }
}
