package org.jvisor.emulator;

/** Bits of the control registers and of IA32_EFER (SDM 3A §2.2.1, §2.5). */
final class ControlBits {
    private ControlBits() {}

    /** CR0 bits. */
    static final int CR0_PE = 1, CR0_MP = 2, CR0_EM = 4, CR0_TS = 8, CR0_ET = 0x10, CR0_NE = 0x20;

    /** More CR0 bits. */
    static final int CR0_WP = 0x1_0000, CR0_AM = 0x4_0000, CR0_NW = 0x2000_0000;

    /** More CR0 bits. */
    static final int CR0_CD = 0x4000_0000, CR0_PG = 0x8000_0000;

    /** CR4 bits. */
    static final int CR4_VME = 1, CR4_PVI = 2, CR4_TSD = 4, CR4_DE = 8, CR4_PSE = 0x10;

    /** More CR4 bits. */
    static final int CR4_PAE = 0x20, CR4_MCE = 0x40, CR4_PGE = 0x80, CR4_PCE = 0x100;

    /** More CR4 bits. */
    static final int CR4_OSFXSR = 0x200, CR4_OSXMMEXCPT = 0x400, CR4_UMIP = 0x800;

    /** More CR4 bits. */
    static final int CR4_FSGSBASE = 0x1_0000, CR4_PCIDE = 0x2_0000, CR4_OSXSAVE = 0x4_0000;

    /** More CR4 bits. */
    static final int CR4_SMEP = 0x10_0000, CR4_SMAP = 0x20_0000;

    /** IA32_EFER bits. */
    static final int EFER_SCE = 1, EFER_LME = 0x100, EFER_LMA = 0x400, EFER_NXE = 0x800;
}
