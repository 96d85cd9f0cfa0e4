package org.jvisor.emulator;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.Set;
import org.jvisor.linux.NativeCode;

/** What the host's CPU can do, as far as host code makes use of it (SDM 2A, CPUID). */
final class HostFeatures {
    /** RORX: rotates without touching flags. */
    static final boolean BMI2;

    /** The guest's instructions that the host has, too. */
    static final Set<Feature> SHARED =
            EnumSet.of(
                    Feature.BASE,
                    Feature.CX8,
                    Feature.CMOV,
                    Feature.SMAP, // not executed: see HostSystem
                    Feature.SSE,
                    Feature.SSE2);

    static {
        int ecx = cpuid(1, 2);
        share(ecx, 0, Feature.SSE3);
        share(ecx, 9, Feature.SSSE3);
        share(ecx, 19, Feature.SSE4_1);
        share(ecx, 20, Feature.SSE4_2);
        share(ecx, 23, Feature.POPCNT);
        BMI2 = cpuid(0, 0) >= 7 && (cpuid(7, 1) & 1 << 8) != 0;
    }

    private HostFeatures() {}

    private static void share(int bits, int bit, Feature feature) {
        if ((bits & 1 << bit) != 0) {
            SHARED.add(feature);
        }
    }

    /** EAX (0), EBX (1), ECX (2) or EDX (3) of subleaf 0 of a leaf. */
    private static int cpuid(int leaf, int register) {
        // push rbx; mov eax, [rdi]; xor ecx, ecx; cpuid; then eax, ebx, ecx and edx to [rdi];
        // pop rbx; ret
        byte[] code = HexFormat.of().parseHex("538b0731c90fa28907895f04894f0889570c5bc3");
        try (Arena arena = Arena.ofConfined();
                NativeCode cpuid = NativeCode.of(code)) {
            MemorySegment registers = arena.allocate(ValueLayout.JAVA_INT, 4);
            registers.setAtIndex(ValueLayout.JAVA_INT, 0, leaf);
            cpuid.call(registers);
            return registers.getAtIndex(ValueLayout.JAVA_INT, register);
        }
    }
}
