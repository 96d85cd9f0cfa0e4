package org.jvisor.machine.kvm;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jvisor.kvm.KvmException;
import org.jvisor.kvm.KvmIoEvent;
import org.jvisor.kvm.KvmVm;
import org.jvisor.linux.EventFd;
import org.jvisor.linux.LinuxException;
import org.jvisor.linux.PollSet;
import org.jvisor.vmm.api.Doorbells;

/**
 * Doorbells as ioeventfds: the kernel turns the guest's write into a signal, and one thread of the
 * machine waits for the signals of all of them. Where the kernel takes no more, the write exits and
 * comes through the bus.
 *
 * <p>Only that thread drains and closes an event, so that a signal given before the end of a
 * registration is never lost.
 */
final class KvmDoorbells implements Doorbells, AutoCloseable {
    private final KvmVm vm;
    private final Consumer<Throwable> broken;
    private final EventFd changed = EventFd.create();
    private final Thread thread;

    /** Guarded by this. */
    private final List<Bell> bells = new ArrayList<>();

    private final LongAdder served = new LongAdder();
    private volatile boolean closed;

    /**
     * Makes it and starts its thread.
     *
     * @param name of the thread
     * @param broken told of an exception out of a device, on the thread
     */
    KvmDoorbells(KvmVm vm, String name, Consumer<Throwable> broken) {
        this.vm = vm;
        this.broken = broken;
        thread = Thread.ofPlatform().daemon().name(name).unstarted(this::serve);
        thread.start();
    }

    @Override
    public Registration attach(long address, int size, OptionalLong match, Runnable ring) {
        EventFd event;
        try {
            event = EventFd.create();
        } catch (LinuxException e) {
            return () -> {};
        }
        KvmIoEvent trigger = new KvmIoEvent(address, false, size, match);
        try {
            vm.attachIoEventfd(event, trigger);
        } catch (KvmException e) {
            event.close();
            return () -> {};
        }
        Bell bell = new Bell(event, trigger, ring);
        synchronized (this) {
            bells.add(bell);
        }
        changed.signal();
        return bell;
    }

    /** How often a doorbell was served. */
    long served() {
        return served.sum();
    }

    private final class Bell implements Registration {
        private final EventFd event;
        private final KvmIoEvent trigger;
        private final Runnable ring;
        private boolean detached;

        Bell(EventFd event, KvmIoEvent trigger, Runnable ring) {
            this.event = event;
            this.trigger = trigger;
            this.ring = ring;
        }

        @Override
        public void close() {
            synchronized (KvmDoorbells.this) {
                if (detached || closed) {
                    return;
                }
                detached = true;
                vm.detachIoEventfd(event, trigger);
            }
            changed.signal();
        }

        /** Rings if there is a signal. On the thread. */
        void serve() {
            if (event.drain() != 0) {
                served.increment();
                try {
                    ring.run();
                } catch (RuntimeException | Error e) {
                    broken.accept(e);
                }
            }
        }
    }

    private void serve() {
        List<Bell> watched = List.of();
        PollSet set = pollSet(watched);
        while (!closed) {
            set.await(-1);
            for (int i = 0; i < watched.size(); i++) {
                if (set.ready(i + 1) != 0) {
                    watched.get(i).serve();
                }
            }
            if (set.ready(0) != 0) {
                changed.drain();
                watched = sweep();
                set = pollSet(watched);
            }
        }
        synchronized (this) {
            bells.forEach(bell -> bell.event.close());
            bells.clear();
        }
        changed.close();
    }

    /** Ends the registrations that were closed; returns the others. */
    private List<Bell> sweep() {
        List<Bell> ended = new ArrayList<>();
        List<Bell> kept;
        synchronized (this) {
            for (Bell bell : bells) {
                if (bell.detached) {
                    ended.add(bell);
                }
            }
            bells.removeAll(ended);
            kept = List.copyOf(bells);
        }
        for (Bell bell : ended) {
            bell.serve();
            bell.event.close();
        }
        return kept;
    }

    private PollSet pollSet(List<Bell> watched) {
        PollSet set = new PollSet(watched.size() + 1);
        set.add(changed.fd(), PollSet.READABLE);
        watched.forEach(bell -> set.add(bell.event.fd(), PollSet.READABLE));
        return set;
    }

    /** Ends the thread and waits for it; the machine's vCPUs no longer run. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        changed.signal();
        boolean interrupted = false;
        while (thread.isAlive() && Thread.currentThread() != thread) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
