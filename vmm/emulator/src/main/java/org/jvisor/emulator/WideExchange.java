package org.jvisor.emulator;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;
import org.jvisor.linux.LinuxException;
import org.jvisor.linux.NativeCode;

/**
 * Compare and exchange of 16 bytes, which Java does not have: on an x86-64 host by the host's own
 * instruction. Linux's slab allocator uses it too often for stopping all CPUs each time. One per
 * CPU.
 */
final class WideExchange {
    /**
     * push rbx; mov r8, [rdi]; mov rax, [rdi+8]; mov rdx, [rdi+16]; mov rbx, [rdi+24]; mov rcx,
     * [rdi+32]; lock cmpxchg16b [r8]; mov [rdi+8], rax; mov [rdi+16], rdx; pop rbx; ret.
     */
    private static final String CODE =
            "53 4c8b07 488b4708 488b5710 488b5f18 488b4f20 f0490fc708 48894708 48895710 5b c3";

    private static final Path CPUINFO = Path.of("/proc/cpuinfo");

    /** Made when the first guest needs it; stays, as other machines share it. */
    private static final class Holder {
        static final @Nullable NativeCode NATIVE = make();

        private static @Nullable NativeCode make() {
            try {
                if (!"amd64".equals(System.getProperty("os.arch"))
                        || !Files.readString(CPUINFO).contains(" cx16 ")) {
                    return null;
                }
                return NativeCode.of(HexFormat.of().parseHex(CODE.replace(" ", "")));
            } catch (IOException | LinuxException e) {
                return null; // CPUs are stopped instead
            }
        }
    }

    /** The address, the expected pair, the new pair; the old pair in place of the expected. */
    private @Nullable MemorySegment context;

    /** What memory held. */
    long low, high;

    /** Whether {@link #compareExchange} may be called. */
    boolean isNative() {
        return Holder.NATIVE != null;
    }

    /**
     * Writes the new pair to the 16 aligned bytes at {@code host} if they hold the expected one.
     */
    boolean compareExchange(
            long host, long expected, long expectedHigh, long value, long valueHigh) {
        NativeCode code = Holder.NATIVE;
        if (code == null) {
            throw new IllegalStateException("this host has no CMPXCHG16B");
        }
        MemorySegment s = context;
        if (s == null) {
            s = Arena.ofAuto().allocate(40, 16);
            context = s;
        }
        s.set(ValueLayout.JAVA_LONG, 0, host);
        s.set(ValueLayout.JAVA_LONG, 8, expected);
        s.set(ValueLayout.JAVA_LONG, 16, expectedHigh);
        s.set(ValueLayout.JAVA_LONG, 24, value);
        s.set(ValueLayout.JAVA_LONG, 32, valueHigh);
        code.call(s);
        low = s.get(ValueLayout.JAVA_LONG, 8);
        high = s.get(ValueLayout.JAVA_LONG, 16);
        return low == expected && high == expectedHigh;
    }
}
