package org.jvisor.kvm;

import java.lang.foreign.MemorySegment;
import org.jvisor.kvm.bindings.kvm_debugregs;

/** The guest's own debug registers ({@code struct kvm_debugregs}): a plain holder. */
public final class KvmDebugRegs {
    /** DR0 to DR3: linear addresses. */
    public final long[] db = new long[4];

    /** Debug status. */
    public long dr6 = 0xffff_0ff0L;

    /** Debug control. */
    public long dr7 = 0x400;

    /** Holds the values after RESET. */
    public KvmDebugRegs() {}

    void read(MemorySegment registers) {
        for (int i = 0; i < db.length; i++) {
            db[i] = kvm_debugregs.db(registers, i);
        }
        dr6 = kvm_debugregs.dr6(registers);
        dr7 = kvm_debugregs.dr7(registers);
    }

    void write(MemorySegment registers) {
        for (int i = 0; i < db.length; i++) {
            kvm_debugregs.db(registers, i, db[i]);
        }
        kvm_debugregs.dr6(registers, dr6);
        kvm_debugregs.dr7(registers, dr7);
    }
}
