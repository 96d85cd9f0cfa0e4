package org.jvisor.machine;

import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.jvisor.vmm.api.Vcpu;

/**
 * Time that passes with the instructions of CPUs that one thread runs in turn: a nanosecond for
 * each, whichever CPU executes it. However slow the host is, the guest is as fast by its own clock,
 * and one with a single CPU that hears nothing from outside finds the same times in every run.
 *
 * <p>While all CPUs are halted time passes as on the host, up to the next timer's deadline and no
 * further: disks, networks and keys find the guest as patient as on the host's clock, and what ends
 * at a deadline ends exactly there. Timers expire on the CPUs' thread, between two runs of a CPU;
 * one that a CPU arms expires after the run that armed it at the earliest.
 */
final class InstructionClock implements MachineClock {
    private final TimerQueue timers = new TimerQueue(this::sooner);
    private final long startMillis = System.currentTimeMillis();
    private List<? extends Vcpu> cpus = List.of();

    /** Nanoseconds that were no instructions. Guarded by this. */
    private long idled;

    /** While the CPUs' thread waits: {@link System#nanoTime} at the beginning. Guarded by this. */
    private long idleSince;

    /** While the CPUs' thread waits: the most that may pass. Guarded by this. */
    private long idleLimit;

    /** The CPUs' thread while it waits. */
    private volatile @Nullable Thread waiting;

    /** Counts the instructions of these CPUs; before any of them runs. */
    void count(List<? extends Vcpu> counted) {
        cpus = List.copyOf(counted);
    }

    /** Instructions until the next timer expires; {@link Long#MAX_VALUE} if none is armed. */
    long untilNextTimer() {
        long next = timers.next();
        return next == Long.MAX_VALUE ? next : Math.max(1, next - nanoTime());
    }

    @Override
    public synchronized long nanoTime() {
        long now = idled + instructions();
        return waiting == null ? now : now + waited();
    }

    private long instructions() {
        long count = 0;
        for (Vcpu cpu : cpus) {
            count += cpu.instructions();
        }
        return count;
    }

    private synchronized long waited() {
        return Math.clamp(System.nanoTime() - idleSince, 0, idleLimit);
    }

    @Override
    public long epochMillis() {
        return startMillis + nanoTime() / 1_000_000;
    }

    @Override
    public Timer newTimer(Runnable action) {
        return timers.newTimer(action);
    }

    private void sooner() {
        Thread thread = waiting;
        if (thread != null) {
            LockSupport.unpark(thread);
        }
    }

    @Override
    public void ran() {
        long now = nanoTime();
        for (Runnable due = timers.takeDue(now); due != null; due = timers.takeDue(now)) {
            due.run();
        }
    }

    @Override
    public synchronized long idleBegins() {
        waiting = Thread.currentThread(); // then the look at the timers: sooner() goes crosswise
        long next = timers.next();
        idleLimit = next == Long.MAX_VALUE ? next : Math.max(0, next - idled - instructions());
        idleSince = System.nanoTime();
        return idleLimit;
    }

    @Override
    public void idleEnds() {
        synchronized (this) {
            idled += waited();
            waiting = null;
        }
        ran();
    }

    /** Nothing to do: while the machine is paused no CPU runs or waits. */
    @Override
    public void resume() {}

    /** Nothing to do: while the machine is paused no CPU runs or waits. */
    @Override
    public void pause() {}

    @Override
    public void close() {}
}
