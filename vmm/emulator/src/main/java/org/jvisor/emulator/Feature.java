package org.jvisor.emulator;

/** CPUID features that instructions belong to. */
enum Feature {
    BASE,
    FPU,
    CX8,
    CMOV,
    MMX,
    FXSR,
    SSE,
    SSE2,
    SSE3,
    SSSE3,
    SSE4_1,
    SSE4_2,
    POPCNT,
    CX16,
    MOVBE,
    SYSCALL,
    LONG_MODE,
    LAHF_LM,
    CLFLUSH,
    RDTSCP,
    RDRAND,
    SMAP,
    INVPCID,
    FSGSBASE,
    XSAVE
}
