package org.jvisor.machine;

import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import jdk.jfr.FlightRecorder;
import org.jvisor.vmm.api.Tally;
import org.jvisor.vmm.api.Vcpu;
import org.jvisor.vmm.api.VcpuExit;

/**
 * A thread that runs vCPUs: one on KVM, all of them in turn on the deterministic software
 * accelerator. It starts paused; other threads pause, resume and stop it, and {@link #wake} it when
 * a halted CPU may have something to do.
 */
final class VcpuThread {
    /** What the thread is asked to do. */
    private enum Order {
        RUN,
        PAUSE,
        STOP
    }

    /** What the machine hears from its vCPU threads, on those threads. */
    interface Listener {
        /** A CPU cannot go on; the thread stays paused until told otherwise. */
        void failed(Vcpu vcpu, VcpuExit exit);

        /** Every CPU of this thread is halted; called once each time that comes about. */
        void halted(VcpuThread thread);

        /** A bug in a device or an accelerator. */
        void broken(Vcpu vcpu, Throwable error);
    }

    private final List<? extends Vcpu> vcpus;
    private final MachineClock clock;
    private final Listener listener;
    private final Thread thread;
    private final Object lock = new Object();
    private volatile Order order = Order.PAUSE;

    /** Parked, or about to be, because every CPU is halted. */
    private volatile boolean waiting;

    /** True while some vCPU may be running; guarded by {@link #lock}. */
    private boolean active;

    /** Nanoseconds spent parked because every CPU was halted. Written by the thread only. */
    private final LongAdder idleNanos = new LongAdder();

    private final ThreadTime time = new ThreadTime();

    /** How often each vCPU came back, by its place in {@link #vcpus}. */
    private final List<Tally<VcpuExit>> exits;

    VcpuThread(String name, List<? extends Vcpu> vcpus, MachineClock clock, Listener listener) {
        this.vcpus = List.copyOf(vcpus);
        exits = vcpus.stream().map(_ -> new Tally<>(VcpuExit.class)).toList();
        this.clock = clock;
        this.listener = listener;
        thread = Thread.ofPlatform().daemon().name(name).unstarted(this::loop);
    }

    void start() {
        thread.start();
    }

    /** What it and its vCPUs did; from any thread. */
    MachineStatistics.CpuThread statistics() {
        return new MachineStatistics.CpuThread(thread.getName(), time.nanos(), idleNanos.sum());
    }

    /** What its vCPUs did, in their order; from any thread. */
    List<MachineStatistics.Cpu> cpuStatistics() {
        List<MachineStatistics.Cpu> list = new ArrayList<>();
        for (int i = 0; i < exits.size(); i++) {
            list.add(new MachineStatistics.Cpu(vcpus.get(i).statistics(), exits.get(i).toMap()));
        }
        return list;
    }

    /** Lets the vCPUs run. */
    void resume() {
        order(Order.RUN);
    }

    /** Asks the thread to stop running vCPUs; {@link #awaitPaused} waits until it has. */
    void pause() {
        order(Order.PAUSE);
        vcpus.forEach(Vcpu::kick);
    }

    /** Waits until no vCPU of this thread runs. Returns at once on the thread itself. */
    void awaitPaused() {
        if (Thread.currentThread() == thread) {
            return;
        }
        boolean interrupted = false;
        synchronized (lock) {
            while (active) {
                try {
                    lock.wait();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends the thread for good and waits until it has ended. */
    void stop() {
        order(Order.STOP);
        vcpus.forEach(Vcpu::kick);
        if (Thread.currentThread() == thread || thread.getState() == Thread.State.NEW) {
            return;
        }
        boolean interrupted = false;
        while (thread.isAlive()) {
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

    /** Ends the idle wait of the thread: an interrupt may be there for a halted CPU. */
    void wake() {
        if (waiting) { // what the CPU was sent is in its pending set already: see idle()
            LockSupport.unpark(thread);
        }
    }

    private void order(Order next) {
        synchronized (lock) {
            if (order != Order.STOP) {
                order = next;
                active |= next == Order.RUN;
            }
            lock.notifyAll();
        }
        LockSupport.unpark(thread);
    }

    private void loop() {
        time.begin();
        while (awaitOrder()) {
            runAll();
        }
        time.end();
        synchronized (lock) {
            active = false;
            lock.notifyAll();
        }
    }

    /** Waits for RUN. Returns false on STOP. */
    private boolean awaitOrder() {
        if (order == Order.RUN) {
            return true;
        }
        synchronized (lock) {
            while (order == Order.PAUSE) {
                active = false;
                lock.notifyAll();
                try {
                    lock.wait();
                } catch (InterruptedException e) {
                    // Nobody but this class may end the thread: an interrupt says nothing here.
                }
            }
            return order == Order.RUN;
        }
    }

    private void runAll() {
        boolean toldHalted = false;
        while (order == Order.RUN) {
            boolean allIdle = true;
            for (int i = 0; i < exits.size(); i++) {
                if (!vcpus.get(i).idle()) {
                    allIdle = false;
                    if (!runOnce(vcpus.get(i), exits.get(i))) {
                        return;
                    }
                }
            }
            if (!allIdle) {
                toldHalted = false;
            } else if (!toldHalted) {
                toldHalted = true;
                listener.halted(this);
            } else {
                idle();
            }
        }
    }

    /** Waits for {@link #wake}, an order, or as long as the clock says. */
    private void idle() {
        long since = System.nanoTime();
        waiting = true;
        VarHandle.fullFence(); // then a last look: wake() comes after the CPU was sent something
        if (order == Order.RUN && allIdle()) {
            long nanos = clock.idleBegins();
            if (nanos == MachineClock.UNTIL_WOKEN) {
                LockSupport.park(this);
            } else {
                LockSupport.parkNanos(this, nanos);
            }
            clock.idleEnds();
        }
        waiting = false;
        idleNanos.add(System.nanoTime() - since);
    }

    private boolean allIdle() {
        for (Vcpu vcpu : vcpus) {
            if (!vcpu.idle()) {
                return false;
            }
        }
        return true;
    }

    /** Runs one vCPU until its next exit. Returns false when the thread must look at its orders. */
    private boolean runOnce(Vcpu vcpu, Tally<VcpuExit> count) {
        VcpuExitEvent event = FlightRecorder.isInitialized() ? VcpuExitEvent.started() : null;
        VcpuExit exit;
        try {
            exit = vcpu.run();
        } catch (RuntimeException | Error e) {
            holdStill();
            listener.broken(vcpu, e);
            return false;
        }
        count.add(exit);
        clock.ran();
        if (event != null) {
            event.ended(vcpu, exit);
        }
        return switch (exit) {
            case SLICE, KICKED, HALTED -> order == Order.RUN;
            case SHUTDOWN, DEBUG, FAILED -> {
                holdStill();
                listener.failed(vcpu, exit);
                yield false;
            }
        };
    }

    private void holdStill() {
        synchronized (lock) {
            if (order == Order.RUN) {
                order = Order.PAUSE;
            }
        }
    }
}
