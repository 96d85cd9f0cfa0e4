package org.jvisor.emulator;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jvisor.vmm.api.CpuidEntry;

/**
 * What CPUID says on the software CPU: an x86-64-v2 machine with what a current kernel wants beside
 * it. Every bit here is a promise that some file of this package keeps; what is not implemented
 * (XSAVE and AVX, MONITOR, LA57) is not announced. Leaves by SDM 2A, CPUID.
 *
 * <p>The model is that of the last in-order Intel core (06_1CH). Kernels know that it does not
 * speculate and leave out retpolines, page-table isolation and buffer clearing, which protect
 * nothing on an interpreter and cost it dearly.
 */
public final class SoftwareCpuid {
    /** TSC, crystal and local APIC timer all tick at this rate: once a nanosecond of the clock. */
    public static final long FREQUENCY = 1_000_000_000L;

    /** MAXPHYADDR. */
    static final int PHYSICAL_BITS = PageWalker.PHYSICAL_BITS;

    /** Linear address bits, four-level paging. */
    static final int LINEAR_BITS = 48;

    /** Family 6, model 0x1c, stepping 10. */
    static final int SIGNATURE = 0x106ca;

    private static final String VENDOR = "GenuineIntel";
    private static final String BRAND = "jvisor software CPU (x86-64-v2) @ 1.00GHz";

    /**
     * The signature under which guests look for the paravirtual interface announced in 4000_0001H.
     * Linux uses x2APIC without interrupt remapping, and skips its timer check, only on hypervisors
     * it knows.
     */
    private static final String HYPERVISOR = "KVMKVMKVM\0\0\0";

    // CPUID.01H:ECX
    static final int SSE3 = 1 << 0;
    static final int SSSE3 = 1 << 9;
    static final int CX16 = 1 << 13;
    static final int PCID = 1 << 17;
    static final int SSE41 = 1 << 19;
    static final int SSE42 = 1 << 20;
    static final int X2APIC = 1 << 21;
    static final int POPCNT = 1 << 23;
    static final int TSC_DEADLINE = 1 << 24;
    static final int XSAVE = 1 << 26;
    static final int OSXSAVE = 1 << 27;
    static final int RDRAND = 1 << 30;
    static final int HYPERVISOR_PRESENT = 1 << 31;

    // CPUID.01H:EDX
    static final int FPU = 1 << 0;
    static final int VME = 1 << 1;
    static final int DE = 1 << 2;
    static final int PSE = 1 << 3;
    static final int TSC = 1 << 4;
    static final int MSR = 1 << 5;
    static final int PAE = 1 << 6;
    static final int MCE = 1 << 7;
    static final int CX8 = 1 << 8;
    static final int APIC = 1 << 9;
    static final int SEP = 1 << 11;
    static final int MTRR = 1 << 12;
    static final int PGE = 1 << 13;
    static final int MCA = 1 << 14;
    static final int CMOV = 1 << 15;
    static final int PAT = 1 << 16;
    static final int PSE36 = 1 << 17;
    static final int CLFSH = 1 << 19;
    static final int MMX = 1 << 23;
    static final int FXSR = 1 << 24;
    static final int SSE = 1 << 25;
    static final int SSE2 = 1 << 26;
    static final int SELF_SNOOP = 1 << 27;
    static final int HTT = 1 << 28;

    // CPUID.07H.0:EBX, ECX, EDX
    static final int FSGSBASE = 1 << 0;
    static final int TSC_ADJUST = 1 << 1;
    static final int SMEP = 1 << 7;
    static final int ERMS = 1 << 9;
    static final int INVPCID = 1 << 10;
    static final int RDSEED = 1 << 18;
    static final int SMAP = 1 << 20;
    static final int UMIP = 1 << 2;
    static final int FSRM = 1 << 4;

    // CPUID.80000001H:ECX, EDX
    static final int LAHF_LM = 1 << 0;
    static final int SYSCALL = 1 << 11;
    static final int NX = 1 << 20;
    static final int PAGE_1G = 1 << 26;
    static final int RDTSCP = 1 << 27;
    static final int LM = 1 << 29;

    private static final int ARAT = 1 << 2;
    private static final int INVARIANT_TSC = 1 << 8;

    /** Port delays by writes to an unused port are not needed. */
    private static final int KVM_FEATURE_NOP_IO_DELAY = 1 << 1;

    private static final int LINE = 64;

    private final int cpus;
    private final List<CpuidEntry> entries = new ArrayList<>();

    private SoftwareCpuid(int cpus) {
        this.cpus = cpus;
    }

    /**
     * The answers for a machine of one package with {@code cpus} cores. They are the same for every
     * vCPU: each puts its own APIC ID where leaves 01H and 0BH hold one.
     *
     * @param cpus 1 to 255
     * @throws IllegalArgumentException if {@code cpus} is outside this range
     */
    public static List<CpuidEntry> entries(int cpus) {
        if (cpus < 1 || cpus > 255) {
            throw new IllegalArgumentException(
                    "cannot describe %d CPUs: give 1 to 255".formatted(cpus));
        }
        SoftwareCpuid cpuid = new SoftwareCpuid(cpus);
        cpuid.basicLeaves();
        cpuid.cacheLeaves();
        cpuid.topologyLeaves();
        cpuid.timingLeaves();
        cpuid.hypervisorLeaves();
        cpuid.extendedLeaves();
        return List.copyOf(cpuid.entries);
    }

    private void basicLeaves() {
        int[] vendor = words(VENDOR, 3);
        leaf(0, 0x16, vendor[0], vendor[2], vendor[1]);
        int ecx =
                SSE3
                        | SSSE3
                        | CX16
                        | PCID
                        | SSE41
                        | SSE42
                        | X2APIC
                        | POPCNT
                        | TSC_DEADLINE
                        | RDRAND;
        int edx = FPU | VME | DE | PSE | TSC | MSR | PAE | MCE | CX8 | APIC | SEP | MTRR | PGE;
        edx |= MCA | CMOV | PAT | PSE36 | CLFSH | MMX | FXSR | SSE | SSE2 | SELF_SNOOP;
        edx |= cpus > 1 ? HTT : 0;
        int ebx = LINE / 8 << 8 | Math.min(1 << coreBits(), 255) << 16;
        leaf(1, SIGNATURE, ebx, ecx | HYPERVISOR_PRESENT, edx);
        leaf(6, ARAT, 0, 0, 0);
        int ebx7 = FSGSBASE | TSC_ADJUST | SMEP | ERMS | INVPCID | RDSEED | SMAP;
        indexed(7, 0, 0, ebx7, UMIP, FSRM);
    }

    /** Leaf 2 refers to leaf 4 (descriptor FFH) and tells the 64-byte prefetch (F0H). */
    private void cacheLeaves() {
        leaf(2, 0x0000_ff01, 0xf0, 0, 0);
        int cores = (1 << coreBits()) - 1 << 26;
        cache(0, cores | 1, 1, 8, 64);
        cache(1, cores | 2, 1, 8, 64);
        cache(2, cores | 3, 2, 8, 512);
        cache(3, cores | 3 | (1 << coreBits()) - 1 << 14, 3, 16, 8192);
        indexed(4, 4, 0, 0, 0, 0);
    }

    private void cache(int subleaf, int typeAndSharing, int level, int ways, int sets) {
        int selfInitializing = 1 << 8;
        int ebx = LINE - 1 | (ways - 1) << 22;
        indexed(4, subleaf, typeAndSharing | level << 5 | selfInitializing, ebx, sets - 1, 0);
    }

    private void topologyLeaves() {
        int smt = 1 << 8;
        int core = 2 << 8;
        indexed(0xb, 0, 0, 1, smt, 0);
        indexed(0xb, 1, coreBits(), cpus, core | 1, 0);
    }

    /**
     * The crystal runs as fast as the TSC, a ratio of 1/1: kernels take its rate for the APIC's.
     */
    private void timingLeaves() {
        leaf(0x15, 1, 1, (int) FREQUENCY, 0);
        leaf(0x16, (int) (FREQUENCY / 1_000_000), (int) (FREQUENCY / 1_000_000), 100, 0);
    }

    private void hypervisorLeaves() {
        int[] signature = words(HYPERVISOR, 3);
        leaf(0x4000_0000, 0x4000_0010, signature[0], signature[1], signature[2]);
        leaf(0x4000_0001, KVM_FEATURE_NOP_IO_DELAY, 0, 0, 0);
        leaf(0x4000_0010, (int) (FREQUENCY / 1000), (int) (FREQUENCY / 1000), 0, 0);
    }

    private void extendedLeaves() {
        leaf(0x8000_0000, 0x8000_0008, 0, 0, 0);
        leaf(0x8000_0001, 0, 0, LAHF_LM, SYSCALL | NX | PAGE_1G | RDTSCP | LM);
        int[] brand = words(BRAND, 12);
        for (int i = 0; i < 3; i++) {
            int at = 4 * i;
            leaf(0x8000_0002 + i, brand[at], brand[at + 1], brand[at + 2], brand[at + 3]);
        }
        int eightWays = 6;
        leaf(0x8000_0006, 0, 0, 256 << 16 | eightWays << 12 | LINE, 0);
        leaf(0x8000_0007, 0, 0, 0, INVARIANT_TSC);
        leaf(0x8000_0008, PHYSICAL_BITS | LINEAR_BITS << 8, 0, 0, 0);
    }

    /** Bits of the APIC ID that tell the cores apart. */
    private int coreBits() {
        return 32 - Integer.numberOfLeadingZeros(cpus - 1);
    }

    private void leaf(int leaf, int eax, int ebx, int ecx, int edx) {
        entries.add(new CpuidEntry(leaf, 0, false, eax, ebx, ecx, edx));
    }

    private void indexed(int leaf, int subleaf, int eax, int ebx, int ecx, int edx) {
        entries.add(new CpuidEntry(leaf, subleaf, true, eax, ebx, ecx, edx));
    }

    /** The text as little-endian words, padded with zeros. */
    private static int[] words(String text, int count) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        int[] words = new int[count];
        for (int i = 0; i < Math.min(bytes.length, 4 * count); i++) {
            words[i >> 2] |= bytes[i] << 8 * (i & 3);
        }
        return words;
    }
}
