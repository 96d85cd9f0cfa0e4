package org.jvisor.cpucheck;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import java.util.Optional;
import org.jvisor.cpucheck.HostReport.CpuidLeaf;
import org.jvisor.linux.LinuxException;
import org.jvisor.linux.NativeCode;

/** The few instructions that Java cannot express, executed on the host's own CPU. */
final class HostCode {
    /**
     * push rbx; mov eax, [rdi]; mov ecx, [rdi+4]; cpuid; mov [rdi+8], eax; mov [rdi+12], ebx; mov
     * [rdi+16], ecx; mov [rdi+20], edx; pop rbx; ret.
     */
    private static final String CPUID = "53 8b07 8b4f04 0fa2 894708 895f0c 894f10 895714 5b c3";

    /** mov rcx, [rdi]; again: dec rcx; jnz again; ret. */
    private static final String COUNT = "488b0f 48ffc9 75fb c3";

    private HostCode() {}

    static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex.replace(" ", ""));
    }

    /** Executes CPUID; empty where the host forbids executable memory. */
    static Optional<CpuidLeaf> cpuid(int leaf, int subleaf) {
        try (NativeCode code = NativeCode.of(bytes(CPUID));
                Arena arena = Arena.ofConfined()) {
            MemorySegment context =
                    arena.allocateFrom(ValueLayout.JAVA_INT, leaf, subleaf, 0, 0, 0, 0);
            code.call(context);
            return Optional.of(
                    new CpuidLeaf(
                            leaf,
                            subleaf,
                            context.getAtIndex(ValueLayout.JAVA_INT, 2),
                            context.getAtIndex(ValueLayout.JAVA_INT, 3),
                            context.getAtIndex(ValueLayout.JAVA_INT, 4),
                            context.getAtIndex(ValueLayout.JAVA_INT, 5)));
        } catch (LinuxException e) {
            return Optional.empty();
        }
    }

    /**
     * How fast the host runs the loop that the probe's guest runs.
     *
     * @param rounds how often it is measured; the best counts
     * @return instructions per second; 0 where the host forbids executable memory
     */
    static long instructionsPerSecond(int rounds) {
        final long count = 1_000_000;
        try (NativeCode code = NativeCode.of(bytes(COUNT));
                Arena arena = Arena.ofConfined()) {
            MemorySegment context = arena.allocateFrom(ValueLayout.JAVA_LONG, count);
            long best = 0;
            for (int i = 0; i < rounds; i++) {
                long start = System.nanoTime();
                code.call(context);
                best = Math.max(best, rate(2 * count, System.nanoTime() - start));
            }
            return best;
        } catch (LinuxException e) {
            return 0;
        }
    }

    /** Things per second, given how many took how many nanoseconds. */
    static long rate(long things, long nanos) {
        return (long) (things * 1e9 / Math.max(1, nanos));
    }
}
