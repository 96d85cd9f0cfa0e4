package org.jvisor.emulator;

import org.jspecify.annotations.Nullable;

/**
 * From linear pages to decoded code: the TLB of instruction fetches, direct-mapped, one view for
 * each combination of privilege and code size; those of user code once more for each address space
 * that {@link AddressSpaces} keeps.
 */
final class FetchTlb {
    private static final int MODES = 3;
    private static final long PAGE = ~0xfffL;

    /** The supervisor's by code size, then the user's by space and code size; made when needed. */
    private final @Nullable FetchView[] views = new FetchView[MODES * (1 + AddressSpaces.SPACES)];

    private FetchView view = new FetchView(FetchView.SUPERVISOR);

    /** The tags of the current view, read on every change of page. */
    private long[] tags = view.tags;

    private @Nullable CodePage[] pages = view.pages;

    private final HostLinks links;

    /** The last generation given. */
    private int last;

    FetchTlb(HostLinks links) {
        this.links = links;
    }

    /** Switches to the view of a privilege, code size and address space. */
    void select(boolean user, int mode, int space) {
        int n = user ? MODES * (1 + space) + mode : mode;
        FetchView v = views[n];
        if (v == null) {
            v = new FetchView(user ? FetchView.USER : FetchView.SUPERVISOR);
            views[n] = v;
        }
        view = v;
        tags = v.tags;
        pages = v.pages;
    }

    /** The code page that {@code linear} is known to be in, possibly a dead one; or null. */
    @Nullable CodePage find(long linear) {
        long[] tags = this.tags;
        int i = (int) (linear >>> 12) & tags.length - 1;
        return tags[i] == (linear & PAGE) ? pages[i] : null;
    }

    /**
     * A number that no other set of translations of this CPU has or had, at its place in the keys
     * of {@link HostLinks}.
     */
    long generation() {
        int generation = view.generation;
        if (generation == 0) {
            generation = next();
            view.generation = generation;
        }
        return (long) generation << HostLinks.SHIFT;
    }

    private int next() {
        if (++last == 1 << 15) {
            links.clear();
            renew();
            last = 1;
        }
        return last;
    }

    /** Gives all views new generations. */
    void renew() {
        for (FetchView v : views) {
            if (v != null) {
                v.generation = 0;
            }
        }
    }

    /** Remembers a translation in the current view. */
    void put(long linear, CodePage page, int entryFlags) {
        view.fill(linear, page, entryFlags);
    }

    /** Forgets everything. */
    void flush() {
        for (FetchView v : views) {
            if (v != null) {
                v.flush();
            }
        }
    }

    /** Forgets what is not global in the supervisor's views. */
    void flushSupervisor() {
        flushNonGlobal(0);
    }

    /** Forgets what is not global in the user's views of an address space. */
    void flushSpace(int space) {
        flushNonGlobal(MODES * (1 + space));
    }

    private void flushNonGlobal(int from) {
        for (int n = from; n < from + MODES; n++) {
            FetchView v = views[n];
            if (v != null) {
                v.flushNonGlobal();
            }
        }
    }

    /** Forgets the page of {@code linear}, and pieces of large pages near it. */
    void invalidatePage(long linear) {
        for (FetchView v : views) {
            if (v != null) {
                v.invalidate(linear);
            }
        }
    }
}
