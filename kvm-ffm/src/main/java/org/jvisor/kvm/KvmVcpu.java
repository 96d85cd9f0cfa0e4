package org.jvisor.kvm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;
import org.jvisor.kvm.bindings.kvm_h;
import org.jvisor.kvm.bindings.kvm_signal_mask;
import org.jvisor.linux.Fd;
import org.jvisor.linux.bindings.linux_h;
import org.jvisor.linux.calls.Calls;
import org.jvisor.linux.calls.FileCalls;
import org.jvisor.linux.calls.MemoryCalls;
import org.jvisor.linux.calls.SignalCalls;

/**
 * One virtual CPU. One platform thread at a time owns it and calls {@link #run} and all other
 * methods; only {@link #kick} may be called from elsewhere.
 *
 * <p>How a kick is never lost: the kicker sets {@code kicked}, then looks at {@code running}; the
 * owner sets {@code running}, then looks at {@code kicked}. So either the owner sees the kick and
 * has KVM_RUN return at once (immediate_exit), or the kicker sees that the owner runs and sends it
 * a signal. The signal is blocked in the thread and unblocked by KVM_RUN itself, so that one which
 * arrives before the guest is entered still ends the run ({@code KVM_SET_SIGNAL_MASK} in the
 * kernel's api.rst). A signal that comes too late stays pending and makes the next KVM_RUN return,
 * which is then repeated, as no kick asks for it.
 */
public final class KvmVcpu extends KvmVcpuState implements AutoCloseable {
    private static final VarHandle KICKED = field("kicked", boolean.class);
    private static final VarHandle RUNNING = field("running", boolean.class);
    private static final long RUN = kvm_h.KVM_RUN();

    private final KvmVm vm;
    private final int id;
    private final Arena arena = Arena.ofShared();
    private final KvmRun exit;
    private final MemorySegment errnoState = Calls.newState();

    private @Nullable Thread owner;
    private int fdNumber;

    // Shared with kickers.
    private volatile int threadId;
    private volatile boolean running;
    private volatile boolean closed;

    @SuppressWarnings("UnusedVariable") // through KICKED
    private volatile boolean kicked;

    KvmVcpu(KvmVm vm, int id, Fd fd, int mmapSize) {
        super(fd);
        this.vm = vm;
        this.id = id;
        this.fdNumber = fd.acquire(); // until close
        long address =
                MemoryCalls.mmap(
                        mmapSize,
                        linux_h.PROT_READ() | linux_h.PROT_WRITE(),
                        linux_h.MAP_SHARED(),
                        fdNumber,
                        0);
        if (address < 0) {
            fd.release();
            fd.close();
            throw new KvmException("mmap of a vCPU", (int) -address);
        }
        this.exit =
                new KvmRun(
                        MemorySegment.ofAddress(address)
                                .reinterpret(mmapSize, arena, MemoryCalls::munmap));
    }

    private static VarHandle field(String name, Class<?> type) {
        try {
            return MethodHandles.lookup().findVarHandle(KvmVcpu.class, name, type);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Its number and APIC ID. */
    public int id() {
        return id;
    }

    @Override
    KvmVm vm() {
        return vm;
    }

    /** What the last {@link #run} came back for: the same object at all times. */
    public KvmRun exit() {
        return exit;
    }

    /**
     * Executes guest code until the kernel needs user space or {@link #kick} was called. An answer
     * to the last exit (data read from a port, for instance) is handed to the guest first; after
     * {@link KvmExit#INTR} that has happened, so that the state is complete and may be saved.
     * Allocates nothing after a thread's first call.
     *
     * @return why it came back; {@link #exit} tells the rest
     * @throws KvmException if the kernel cannot run the guest at all
     * @throws IllegalStateException after {@link #close}, or on a virtual thread
     */
    public KvmExit run() {
        if (Thread.currentThread() != owner) {
            adopt();
        }
        running = true;
        try {
            if (closed) {
                throw new IllegalStateException("vCPU " + id + " is closed");
            }
            while (true) {
                if (kicked) {
                    exit.setImmediateExit(true);
                }
                int result = FileCalls.ioctl(errnoState, fdNumber, RUN, 0);
                if (result == 0) {
                    return KvmExit.of(exit.exitReason());
                }
                if (result == -linux_h.EINTR()) {
                    KickSignal.drain(errnoState);
                    exit.setImmediateExit(false);
                    if (takeKick()) {
                        return KvmExit.INTR;
                    }
                } else if (result != -linux_h.EAGAIN()) {
                    // EAGAIN: an application processor was woken and may not run yet.
                    throw new KvmException("KVM_RUN", -result);
                }
            }
        } finally {
            // Without a fence: a kicker that does not see it yet sends a signal that comes too
            // late.
            RUNNING.setRelease(this, false);
        }
    }

    private boolean takeKick() {
        return (boolean) KICKED.getAndSet(this, false);
    }

    /**
     * Makes the {@link #run} in progress, or else the next one, return {@link KvmExit#INTR} soon.
     * From any thread; does nothing after {@link #close}. Kicks do not add up. Allocates nothing.
     */
    public void kick() {
        if (KICKED.compareAndSet(this, false, true) && running) {
            KickSignal.send(threadId);
        }
    }

    /** Whether {@link #run} is in progress. */
    boolean isRunning() {
        return running;
    }

    /** Makes the calling thread the one that runs this vCPU. */
    private void adopt() {
        Thread thread = Thread.currentThread();
        if (thread.isVirtual()) {
            throw new IllegalStateException(
                    "vCPU " + id + " needs a platform thread: a virtual one has no signals");
        }
        long blocked = KickSignal.blockHere();
        try (Arena temporary = Arena.ofConfined()) {
            long header = kvm_signal_mask.sizeof();
            MemorySegment mask = temporary.allocate(header + KickSignal.KERNEL_SET_BYTES, 8);
            kvm_signal_mask.len(mask, KickSignal.KERNEL_SET_BYTES);
            mask.set(ValueLayout.JAVA_LONG_UNALIGNED, header, blocked);
            Request.call(fd, "KVM_SET_SIGNAL_MASK", kvm_h.KVM_SET_SIGNAL_MASK(), mask);
        }
        threadId = SignalCalls.gettid();
        owner = thread;
    }

    /**
     * Closes the vCPU. May be called twice.
     *
     * @throws IllegalStateException if it runs: kick it and wait for its thread first
     */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        if (running) {
            closed = false;
            throw new IllegalStateException(
                    "vCPU " + id + " runs: kick it and wait for its thread before closing it");
        }
        arena.close();
        fd.release();
        fd.close();
    }
}
