package org.jvisor.emulator;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The blocks that wait to be translated. Those whose code is gone, or part of a region by now,
 * leave with the next turn: where programs come and go they would pile up, being colder than what
 * runs.
 */
final class RegionQueue {
    private final List<Request> waiting = new ArrayList<>();
    private boolean closed;

    /**
     * What waits to be done.
     *
     * @param cpu that asked for it
     * @param root the block to begin with
     * @param instead the region that a new one takes the place of, or null
     */
    record Request(Cpu cpu, Block root, @Nullable Region instead) {
        private boolean isObsolete() {
            return root.offset < 0 || root.page.dead || !Objects.equals(root.region, instead);
        }
    }

    /** Adds a request; false if the queue is closed. */
    synchronized boolean add(Request request) {
        if (!closed) {
            waiting.add(request);
            notifyAll();
        }
        return !closed;
    }

    /** Waits for a request and takes the hottest; null once the queue is closed. */
    synchronized @Nullable Request take() throws InterruptedException {
        while (!closed) {
            Request hottest = hottest();
            if (hottest != null) {
                return hottest;
            }
            wait();
        }
        return null;
    }

    private @Nullable Request hottest() {
        waiting.removeIf(Request::isObsolete);
        int best = -1;
        for (int i = 0; i < waiting.size(); i++) {
            if (best < 0 || waiting.get(i).root.heat > waiting.get(best).root.heat) {
                best = i;
            }
        }
        return best < 0 ? null : waiting.remove(best);
    }

    /** How many wait. */
    synchronized int size() {
        return waiting.size();
    }

    /** Forgets all that waits; there will be no more. */
    synchronized void close() {
        closed = true;
        waiting.clear();
        notifyAll();
    }
}
