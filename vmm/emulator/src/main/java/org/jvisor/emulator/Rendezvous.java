package org.jvisor.emulator;

import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * How the CPUs of one machine keep out of each other's way where atomic memory accesses are not
 * enough. One lock guards the decoded code; who holds it may also stop other CPUs.
 *
 * <p>A CPU is <em>inside</em> while it may touch guest memory: from {@link #enter} to {@link
 * #leave}. It goes outside between runs, at a block boundary when {@link Cpu#PENDING_STOP} is set,
 * while it waits for the lock, and while it is in a device, where it may wait for that device's
 * lock or its back end. So a CPU that waits for others never keeps them waiting, and devices need
 * know nothing of this. Whoever waited must look again at what it knew of other CPUs' work: blocks
 * may have been killed and write tags dropped meanwhile.
 *
 * <p>With all CPUs on one thread there is none to stop; the lock then keeps out the thread that
 * translates.
 */
final class Rendezvous {
    /** Looks at a CPU before its waiter parks: a block takes well below a microsecond. */
    private static final int SPINS = 300;

    /** The longest a waiter parks, in nanoseconds: should a wake-up be lost to another wait. */
    private static final long NAP = 200_000;

    /** Whether each CPU has a thread of its own. */
    final boolean parallel;

    private final ReentrantLock lock = new ReentrantLock();

    /** Calls of {@link #begin} without {@link #end} yet; guarded by the lock. */
    private int depth;

    /** The thread that waits for a CPU to go outside. */
    private volatile @Nullable Thread waiter;

    Rendezvous(boolean parallel) {
        this.parallel = parallel;
    }

    // ---- going in and out ----

    /** The CPU is going to touch guest memory. Waits while it is stopped. */
    void enter(Cpu c) {
        if (!parallel) {
            return;
        }
        c.inside = true;
        VarHandle.fullFence(); // inside, then the look at who stops us: stop() does it crosswise
        while ((c.pending() & Cpu.PENDING_STOP) != 0) {
            goOutside(c);
            lock.lock(); // whoever stopped us holds it until we may go on
            try {
                c.inside = true;
            } finally {
                lock.unlock();
            }
        }
    }

    /** The CPU touches no guest memory from now on. */
    void leave(Cpu c) {
        if (parallel) {
            goOutside(c);
        }
    }

    /** At a block boundary with {@link Cpu#PENDING_STOP} set. */
    void pause(Cpu c) {
        leave(c);
        enter(c);
    }

    private void goOutside(Cpu c) {
        c.inside = false;
        Thread waiting = waiter;
        if (waiting != null) {
            LockSupport.unpark(waiting);
        }
    }

    // ---- the lock ----

    /** Takes the lock, waiting outside; re-entrant. */
    void lock(Cpu c) {
        if (lock.tryLock()) {
            return;
        }
        leave(c);
        lock.lock();
        c.inside = parallel; // whoever stops CPUs holds the lock: that is us
    }

    /** Takes the lock on a thread that runs no CPU. */
    void lock() {
        lock.lock();
    }

    /** Gives the lock back. */
    void unlock() {
        lock.unlock();
    }

    // ---- stopping others, with the lock held ----

    /** Returns once {@code other} is outside, to stay there until {@link #release}. */
    void stop(Cpu other) {
        if (parallel) {
            other.signal(Cpu.PENDING_STOP);
            await(other);
        }
    }

    /** Lets a stopped CPU go on, at the latest when the lock is given back. */
    void release(Cpu other) {
        if (parallel) {
            other.clearPending(Cpu.PENDING_STOP);
        }
    }

    /** Takes the lock and stops all CPUs but {@code self}; to be paired with {@link #end}. */
    void begin(Cpu self) {
        if (!parallel) {
            return;
        }
        lock(self);
        if (depth++ > 0) {
            return;
        }
        for (Cpu cpu : self.board.cpus) {
            if (cpu != self) {
                cpu.signal(Cpu.PENDING_STOP);
            }
        }
        for (Cpu cpu : self.board.cpus) {
            if (cpu != self) {
                await(cpu);
            }
        }
    }

    /** Lets all CPUs go on after {@link #begin}. */
    void end(Cpu self) {
        if (!parallel) {
            return;
        }
        if (--depth == 0) {
            for (Cpu cpu : self.board.cpus) {
                release(cpu);
            }
        }
        lock.unlock();
    }

    private void await(Cpu other) {
        for (int i = 0; i < SPINS; i++) {
            if (!other.inside) {
                return;
            }
            Thread.onSpinWait();
        }
        waiter = Thread.currentThread();
        while (other.inside) {
            LockSupport.parkNanos(this, NAP);
        }
        waiter = null;
    }
}
