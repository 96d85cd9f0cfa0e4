package org.jvisor.virtio.testing;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Exceptions that end threads of a device unseen, kept for the thread that tests it. */
public final class Faults {
    private static final AtomicReference<@Nullable Throwable> FIRST = new AtomicReference<>();

    private Faults() {}

    /** Has them kept from now on, whatever thread they end. */
    public static void watch() {
        Thread.setDefaultUncaughtExceptionHandler(
                (thread, fault) -> FIRST.compareAndSet(null, fault));
    }

    /** Fails if one was kept since the last time. */
    public static void check() {
        Throwable fault = FIRST.getAndSet(null);
        if (fault != null) {
            throw new AssertionError("a thread of the device ended", fault);
        }
    }
}
