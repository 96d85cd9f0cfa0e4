package org.jvisor.vmm.api.pci;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.jvisor.vmm.api.Doorbells;

/** The doorbells in one BAR: they follow it when the guest moves it. */
final class BarDoorbells implements Doorbells {
    private final List<Bell> bells = new ArrayList<>();
    private Doorbells slot = Doorbells.NONE;

    /** Where the BAR is, or -1. */
    private long base = -1;

    /** The slot's doorbells, by guest-physical address. */
    synchronized void connect(Doorbells slot) {
        this.slot = slot;
    }

    /** The BAR is at {@code base} now, or at -1: nowhere. */
    synchronized void moved(long base) {
        if (this.base != base) {
            this.base = base;
            bells.forEach(Bell::follow);
        }
    }

    @Override
    public synchronized Registration attach(
            long address, int size, OptionalLong match, Runnable ring) {
        Bell bell = new Bell(address, size, match, ring);
        bells.add(bell);
        bell.follow();
        return bell;
    }

    private final class Bell implements Registration {
        private final long offset;
        private final int size;
        private final OptionalLong match;
        private final Runnable ring;
        private @Nullable Registration attached;

        Bell(long offset, int size, OptionalLong match, Runnable ring) {
            this.offset = offset;
            this.size = size;
            this.match = match;
            this.ring = ring;
        }

        void follow() {
            if (attached != null) {
                attached.close();
                attached = null;
            }
            if (base >= 0) {
                attached = slot.attach(base + offset, size, match, ring);
            }
        }

        @Override
        public void close() {
            synchronized (BarDoorbells.this) {
                bells.remove(this);
                if (attached != null) {
                    attached.close();
                    attached = null;
                }
            }
        }
    }
}
