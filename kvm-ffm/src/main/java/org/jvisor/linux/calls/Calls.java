package org.jvisor.linux.calls;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * What the call classes share: handles that capture {@code errno}, and each thread's small piece of
 * native memory for it and for short arguments.
 */
public final class Calls {
    /** Bytes of {@link #scratch()}. */
    public static final int SCRATCH_BYTES = 256;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final Linker.Option CAPTURE = Linker.Option.captureCallState("errno");
    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final long ERRNO_OFFSET = STATE.byteOffset(PathElement.groupElement("errno"));

    private static final ThreadLocal<PerThread> PER_THREAD =
            ThreadLocal.withInitial(PerThread::new);

    private static final class PerThread {
        private final MemorySegment state = newState();
        private final MemorySegment scratch = Arena.ofAuto().allocate(SCRATCH_BYTES, 8);
    }

    private Calls() {}

    /** A piece of memory that a call with captured {@code errno} writes it to. */
    public static MemorySegment newState() {
        return Arena.ofAuto().allocate(STATE);
    }

    /**
     * The calling thread's scratch memory, {@link #SCRATCH_BYTES} long, 8-byte aligned: for an
     * argument that lives no longer than one call. Its content is what the last user left.
     */
    public static MemorySegment scratch() {
        return PER_THREAD.get().scratch;
    }

    static MemorySegment state() {
        return PER_THREAD.get().state;
    }

    static MethodHandle handle(MemorySegment address, FunctionDescriptor descriptor) {
        return LINKER.downcallHandle(address, descriptor, CAPTURE);
    }

    static MethodHandle variadic(
            MemorySegment address, FunctionDescriptor descriptor, int fixedArguments) {
        return LINKER.downcallHandle(
                address, descriptor, CAPTURE, Linker.Option.firstVariadicArg(fixedArguments));
    }

    static int result(MemorySegment state, int result) {
        return result == -1 ? -errno(state) : result;
    }

    static long result(MemorySegment state, long result) {
        return result == -1 ? -errno(state) : result;
    }

    private static int errno(MemorySegment state) {
        return state.get(ValueLayout.JAVA_INT, ERRNO_OFFSET);
    }

    static AssertionError unreachable(Throwable thrown) {
        if (thrown instanceof Error error) {
            throw error;
        }
        if (thrown instanceof RuntimeException exception) {
            throw exception;
        }
        return new AssertionError("a native call threw a checked exception", thrown);
    }
}
