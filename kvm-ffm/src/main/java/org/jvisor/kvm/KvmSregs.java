package org.jvisor.kvm;

import java.lang.foreign.MemorySegment;
import org.jvisor.kvm.bindings.kvm_dtable;
import org.jvisor.kvm.bindings.kvm_sregs;

/**
 * The segment, table and control registers of a vCPU ({@code struct kvm_sregs}): a plain holder, to
 * be filled by {@link KvmVcpu#sregs} before it is changed and written back.
 */
public final class KvmSregs {
    /** Indices into {@link #segments}. */
    public static final int ES = 0, CS = 1, SS = 2, DS = 3, FS = 4, GS = 5, LDTR = 6, TR = 7;

    private static final KvmSegment NONE = new KvmSegment(0, 0, 0, KvmSegment.UNUSABLE);

    /** ES, CS, SS, DS, FS, GS, LDTR, TR. */
    public final KvmSegment[] segments = {NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE};

    /** Linear bases of the descriptor tables. */
    public long gdtBase, idtBase;

    /** Limits of the descriptor tables in bytes, 0 to 0xffff. */
    public int gdtLimit, idtLimit;

    /** Control registers; CR8 is the task priority (0 to 15). */
    public long cr0, cr2, cr3, cr4, cr8;

    /** IA32_EFER and IA32_APIC_BASE. */
    public long efer, apicBase;

    /** A bit for the vector of an external interrupt that is being delivered; 256 bits. */
    public final long[] interruptBitmap = new long[4];

    /** Holds zeros until it is filled. */
    public KvmSregs() {}

    void read(MemorySegment sregs) {
        segments[ES] = KvmSegment.read(kvm_sregs.es(sregs));
        segments[CS] = KvmSegment.read(kvm_sregs.cs(sregs));
        segments[SS] = KvmSegment.read(kvm_sregs.ss(sregs));
        segments[DS] = KvmSegment.read(kvm_sregs.ds(sregs));
        segments[FS] = KvmSegment.read(kvm_sregs.fs(sregs));
        segments[GS] = KvmSegment.read(kvm_sregs.gs(sregs));
        segments[LDTR] = KvmSegment.read(kvm_sregs.ldt(sregs));
        segments[TR] = KvmSegment.read(kvm_sregs.tr(sregs));
        gdtBase = kvm_dtable.base(kvm_sregs.gdt(sregs));
        gdtLimit = Short.toUnsignedInt(kvm_dtable.limit(kvm_sregs.gdt(sregs)));
        idtBase = kvm_dtable.base(kvm_sregs.idt(sregs));
        idtLimit = Short.toUnsignedInt(kvm_dtable.limit(kvm_sregs.idt(sregs)));
        cr0 = kvm_sregs.cr0(sregs);
        cr2 = kvm_sregs.cr2(sregs);
        cr3 = kvm_sregs.cr3(sregs);
        cr4 = kvm_sregs.cr4(sregs);
        cr8 = kvm_sregs.cr8(sregs);
        efer = kvm_sregs.efer(sregs);
        apicBase = kvm_sregs.apic_base(sregs);
        for (int i = 0; i < interruptBitmap.length; i++) {
            interruptBitmap[i] = kvm_sregs.interrupt_bitmap(sregs, i);
        }
    }

    void write(MemorySegment sregs) {
        segments[ES].write(kvm_sregs.es(sregs));
        segments[CS].write(kvm_sregs.cs(sregs));
        segments[SS].write(kvm_sregs.ss(sregs));
        segments[DS].write(kvm_sregs.ds(sregs));
        segments[FS].write(kvm_sregs.fs(sregs));
        segments[GS].write(kvm_sregs.gs(sregs));
        segments[LDTR].write(kvm_sregs.ldt(sregs));
        segments[TR].write(kvm_sregs.tr(sregs));
        kvm_dtable.base(kvm_sregs.gdt(sregs), gdtBase);
        kvm_dtable.limit(kvm_sregs.gdt(sregs), (short) gdtLimit);
        kvm_dtable.base(kvm_sregs.idt(sregs), idtBase);
        kvm_dtable.limit(kvm_sregs.idt(sregs), (short) idtLimit);
        kvm_sregs.cr0(sregs, cr0);
        kvm_sregs.cr2(sregs, cr2);
        kvm_sregs.cr3(sregs, cr3);
        kvm_sregs.cr4(sregs, cr4);
        kvm_sregs.cr8(sregs, cr8);
        kvm_sregs.efer(sregs, efer);
        kvm_sregs.apic_base(sregs, apicBase);
        for (int i = 0; i < interruptBitmap.length; i++) {
            kvm_sregs.interrupt_bitmap(sregs, i, interruptBitmap[i]);
        }
    }
}
