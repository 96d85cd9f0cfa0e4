package org.jvisor.emulator;

import java.util.Set;

/** What alignment a memory operand needs for the access not to fault. */
final class Alignment {
    /** 16-byte accesses that need none. */
    private static final Set<String> UNALIGNED =
            Set.of(
                    "MOVUPS",
                    "MOVUPD",
                    "MOVDQU",
                    "LDDQU",
                    "PCMPESTRI",
                    "PCMPESTRM",
                    "PCMPISTRI",
                    "PCMPISTRM");

    private Alignment() {}

    /**
     * The alignment in bytes, a power of two.
     *
     * @param size bytes of the operand
     * @param lock a locked access is kept within its cache line: hosts may refuse split locks
     */
    static int of(Form form, int size, boolean lock) {
        if (size == 512 || size == 16 && !UNALIGNED.contains(form.mnemonic)) {
            return 16;
        }
        if (lock || form.mnemonic.equals("XCHG")) {
            return size;
        }
        return 1;
    }
}
