package org.jvisor.virtio.net.user;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.jvisor.slirp.bindings.SlirpTimerCb;

/** The timers libslirp asks for: a few. Its pointer to one is the timer's number, from 1. */
final class SlirpTimers {
    private static final long UNARMED = Long.MAX_VALUE;

    private final List<@Nullable Entry> entries = new ArrayList<>();

    private static final class Entry {
        final MemorySegment callback;
        final MemorySegment argument;
        long deadlineMillis = UNARMED;

        Entry(MemorySegment callback, MemorySegment argument) {
            this.callback = callback;
            this.argument = argument;
        }
    }

    /** Makes a timer that is not armed. */
    long add(long callback, long argument) {
        entries.add(
                new Entry(MemorySegment.ofAddress(callback), MemorySegment.ofAddress(argument)));
        return entries.size();
    }

    void remove(long timer) {
        if (entry(timer) != null) {
            entries.set((int) timer - 1, null);
        }
    }

    /** Arms a timer for a time in milliseconds on the clock of the callbacks. */
    void arm(long timer, long deadlineMillis) {
        Entry entry = entry(timer);
        if (entry != null) {
            entry.deadlineMillis = deadlineMillis;
        }
    }

    /** The earliest deadline in milliseconds; {@link Long#MAX_VALUE} if there is none. */
    long next() {
        long next = UNARMED;
        for (int i = 0; i < entries.size(); i++) {
            Entry entry = entries.get(i);
            if (entry != null) {
                next = Math.min(next, entry.deadlineMillis);
            }
        }
        return next;
    }

    /** Calls those whose time has come. */
    void run(long nowMillis) {
        for (int i = 0; i < entries.size(); i++) {
            Entry entry = entries.get(i);
            if (entry != null && entry.deadlineMillis <= nowMillis) {
                entry.deadlineMillis = UNARMED;
                SlirpTimerCb.invoke(entry.callback, entry.argument);
            }
        }
    }

    private @Nullable Entry entry(long timer) {
        return timer >= 1 && timer <= entries.size() ? entries.get((int) timer - 1) : null;
    }
}
