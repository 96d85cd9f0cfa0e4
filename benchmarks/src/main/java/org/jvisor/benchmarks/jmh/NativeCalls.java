package org.jvisor.benchmarks.jmh;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.TimeUnit;
import org.jvisor.linux.EventFd;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** What calls between Java and C cost, on the way to an exit and by themselves. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
public class NativeCalls {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final FunctionDescriptor ABS = FunctionDescriptor.of(INT, INT);

    private static final MethodHandle BARE = LINKER.downcallHandle(function("abs"), ABS);
    private static final MethodHandle CRITICAL =
            LINKER.downcallHandle(function("abs"), ABS, Linker.Option.critical(false));
    private static final MethodHandle CAPTURING =
            LINKER.downcallHandle(function("abs"), ABS, Linker.Option.captureCallState("errno"));
    // As kvm-ffm links it.
    private static final MethodHandle IOCTL =
            LINKER.downcallHandle(
                    function("ioctl"),
                    FunctionDescriptor.of(INT, INT, LONG, LONG),
                    Linker.Option.captureCallState("errno"),
                    Linker.Option.firstVariadicArg(2));
    private static final MethodHandle BSEARCH =
            LINKER.downcallHandle(
                    function("bsearch"),
                    FunctionDescriptor.of(
                            ValueLayout.ADDRESS,
                            ValueLayout.ADDRESS,
                            ValueLayout.ADDRESS,
                            LONG,
                            LONG,
                            ValueLayout.ADDRESS));

    private final Arena arena = Arena.ofShared();
    private final MemorySegment state = arena.allocate(Linker.Option.captureStateLayout());
    private final MemorySegment key = arena.allocate(8, 8);
    private final MemorySegment comparator = upcall();
    private final EventFd event = EventFd.create();
    private int value = -1;

    private static MemorySegment function(String name) {
        return LINKER.defaultLookup().findOrThrow(name);
    }

    private MemorySegment upcall() {
        try {
            MethodHandle compare =
                    MethodHandles.lookup()
                            .findStatic(
                                    NativeCalls.class,
                                    "compare",
                                    MethodType.methodType(
                                            int.class, MemorySegment.class, MemorySegment.class));
            return LINKER.upcallStub(
                    compare,
                    FunctionDescriptor.of(INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS),
                    arena);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    @SuppressWarnings("unused") // by the upcall
    private static int compare(MemorySegment a, MemorySegment b) {
        return a.address() == b.address() ? 0 : 1;
    }

    private static IllegalStateException impossible(Throwable e) {
        return new IllegalStateException(e);
    }

    /** {@code abs}: nothing but the way there and back. */
    @Benchmark
    public int downcall() {
        try {
            return (int) BARE.invokeExact(value);
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    /** The same without the thread's change of state, as only calls that return at once may be. */
    @Benchmark
    public int criticalDowncall() {
        try {
            return (int) CRITICAL.invokeExact(value);
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    /** The same with {@code errno} kept. */
    @Benchmark
    public int errnoDowncall() {
        try {
            return (int) CAPTURING.invokeExact(state, value);
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    /** An {@code ioctl} that fails at once (EBADF): the call and the way into the kernel. */
    @Benchmark
    public int ioctl() {
        try {
            return (int) IOCTL.invokeExact(state, value, 0L, 0L);
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    /** {@code bsearch} over one element: a downcall and one upcall. */
    @Benchmark
    public MemorySegment upcallInDowncall() {
        try {
            return (MemorySegment) BSEARCH.invokeExact(key, key, 1L, 8L, comparator);
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    /** Signalling and draining an event descriptor by kvm-ffm: two system calls. */
    @Benchmark
    public long eventfd() {
        event.signal();
        return event.drain();
    }

    /** Lets go of the descriptor and the memory. */
    @TearDown
    public void close() {
        event.close();
        arena.close();
    }
}
