package org.jvisor.machine;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The life cycle of a machine: one monitor under which its vCPU threads are started, paused, reset
 * and ended, and one control thread that does so when the guest itself asks (a vCPU thread cannot
 * wait for itself to stop).
 */
final class Lifecycle implements AutoCloseable {
    /** What is driven. */
    interface Parts {
        /** The vCPU threads. */
        List<VcpuThread> threads();

        /** Lets the machine's time run. */
        void resumeClock();

        /** Stops the machine's time. */
        void pauseClock();

        /** Puts devices, memory and CPUs back to where the machine was built; nothing runs. */
        void resetParts();
    }

    private final Parts parts;
    private final boolean stopOnReset;
    private final LinkedBlockingQueue<Runnable> requests = new LinkedBlockingQueue<>();
    private final CompletableFuture<MachineExit> exit = new CompletableFuture<>();
    private final Thread control;
    private volatile MachineState state = MachineState.CREATED;
    private volatile boolean closed;

    /** {@link System#nanoTime} at the start and at the end, set before the state that says so. */
    private volatile long startedAt, endedAt;

    Lifecycle(String machineName, boolean stopOnReset, Parts parts) {
        this.parts = parts;
        this.stopOnReset = stopOnReset;
        control =
                Thread.ofPlatform()
                        .daemon()
                        .name(machineName + "-control")
                        .unstarted(this::controlLoop);
        control.start();
    }

    MachineState state() {
        return state;
    }

    CompletableFuture<MachineExit> exit() {
        return exit;
    }

    synchronized void start() {
        if (state != MachineState.CREATED) {
            throw new IllegalStateException("the machine has been started before");
        }
        startedAt = System.nanoTime();
        parts.threads().forEach(VcpuThread::start);
        run();
    }

    synchronized void pause() {
        if (state == MachineState.RUNNING) {
            halt();
            state = MachineState.PAUSED;
        }
    }

    synchronized void resume() {
        if (state == MachineState.PAUSED) {
            run();
        }
    }

    synchronized void reset() {
        if (state == MachineState.RUNNING || state == MachineState.PAUSED) {
            boolean running = state == MachineState.RUNNING;
            halt();
            parts.resetParts();
            state = MachineState.PAUSED;
            if (running) {
                run();
            }
        }
    }

    /** Nanoseconds since the start, or from start to end. */
    long wallNanos() {
        return switch (state) {
            case CREATED -> 0;
            case ENDED -> endedAt - startedAt;
            default -> System.nanoTime() - startedAt;
        };
    }

    /** Ends the machine; the first reason given stands. */
    synchronized void end(MachineExit reason) {
        if (state != MachineState.ENDED) {
            if (state == MachineState.RUNNING) {
                halt();
            }
            boolean started = state != MachineState.CREATED;
            endedAt = started ? System.nanoTime() : 0;
            state = MachineState.ENDED;
            parts.threads().forEach(VcpuThread::stop);
            exit.complete(reason);
        }
    }

    /** The guest asks for a reset. From any thread; returns at once. */
    void requestReset() {
        if (stopOnReset) {
            requestEnd(new MachineExit.Reset());
        } else {
            request(this::reset);
        }
    }

    /** The guest brings the machine to its end. From any thread; returns at once. */
    void requestEnd(MachineExit reason) {
        request(() -> end(reason));
    }

    /**
     * Something broke that no vCPU thread was busy with. From any thread; returns at once.
     *
     * @param reason asked for once nothing runs
     */
    void requestEnd(Supplier<MachineExit> reason) {
        request(
                () -> {
                    pause();
                    end(reason.get());
                });
    }

    /** Stops the guest where it is, then has the control thread act. */
    private void request(Runnable action) {
        parts.threads().forEach(VcpuThread::pause);
        requests.add(action);
    }

    private void run() {
        state = MachineState.RUNNING;
        parts.resumeClock();
        parts.threads().forEach(VcpuThread::resume);
    }

    private void halt() {
        parts.threads().forEach(VcpuThread::pause);
        parts.threads().forEach(VcpuThread::awaitPaused);
        parts.pauseClock();
    }

    private void controlLoop() {
        while (!closed) {
            try {
                requests.take().run();
            } catch (InterruptedException e) {
                // close() ends the loop through its flag.
            }
        }
    }

    @Override
    public void close() {
        end(new MachineExit.Stopped());
        closed = true;
        control.interrupt();
    }

    /** The exit, or null while there is none. */
    @Nullable MachineExit exitNow() {
        return exit.getNow(null);
    }
}
