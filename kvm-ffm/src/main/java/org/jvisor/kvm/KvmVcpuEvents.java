package org.jvisor.kvm;

import java.lang.foreign.MemorySegment;
import org.jvisor.kvm.bindings.kvm_h;
import org.jvisor.kvm.bindings.kvm_vcpu_events;

/**
 * Exceptions, interrupts, NMIs and SMIs on their way into a vCPU ({@code struct kvm_vcpu_events}):
 * a plain holder. Fields whose {@link #flags} bit is clear are not taken when it is written.
 */
public final class KvmVcpuEvents {
    /** {@link #nmiPending} counts. */
    public static final int VALID_NMI_PENDING = kvm_h.KVM_VCPUEVENT_VALID_NMI_PENDING();

    /** {@link #sipiVector} counts. */
    public static final int VALID_SIPI_VECTOR = kvm_h.KVM_VCPUEVENT_VALID_SIPI_VECTOR();

    /** {@link #interruptShadow} counts. */
    public static final int VALID_SHADOW = kvm_h.KVM_VCPUEVENT_VALID_SHADOW();

    /** The SMM fields count. */
    public static final int VALID_SMM = kvm_h.KVM_VCPUEVENT_VALID_SMM();

    /** {@link #exceptionPending} and the payload count. */
    public static final int VALID_PAYLOAD = kvm_h.KVM_VCPUEVENT_VALID_PAYLOAD();

    /** {@link #tripleFaultPending} counts. */
    public static final int VALID_TRIPLE_FAULT = kvm_h.KVM_VCPUEVENT_VALID_TRIPLE_FAULT();

    /** Bits of {@link #interruptShadow}: after MOV SS, after STI. */
    public static final int SHADOW_MOV_SS = kvm_h.KVM_X86_SHADOW_INT_MOV_SS(),
            SHADOW_STI = kvm_h.KVM_X86_SHADOW_INT_STI();

    /** Which of the optional fields count. */
    public int flags;

    /** An exception is being delivered, or waits; it has an error code; it has a payload. */
    public boolean exceptionInjected, exceptionPending, exceptionHasErrorCode, exceptionHasPayload;

    /** Its vector and error code. */
    public int exceptionVector, exceptionErrorCode;

    /** Its payload: CR2 of a page fault, DR6 of a debug exception. */
    public long exceptionPayload;

    /** An external (or, if soft, INT n) interrupt is being delivered. */
    public boolean interruptInjected, interruptSoft;

    /** Its vector, and the interrupt shadow. */
    public int interruptVector, interruptShadow;

    /** An NMI is being delivered; one waits; they are blocked until IRET. */
    public boolean nmiInjected, nmiPending, nmiMasked;

    /** The vector of a start-up IPI. */
    public int sipiVector;

    /** System management mode: in it; an SMI waits; inside an NMI; an INIT is latched. */
    public boolean smm, smiPending, smmInsideNmi, latchedInit;

    /** A triple fault waits. */
    public boolean tripleFaultPending;

    /** Holds zeros until it is filled. */
    public KvmVcpuEvents() {}

    void read(MemorySegment events) {
        flags = kvm_vcpu_events.flags(events);
        MemorySegment exception = kvm_vcpu_events.exception(events);
        exceptionInjected = kvm_vcpu_events.exception.injected(exception) != 0;
        exceptionVector = Byte.toUnsignedInt(kvm_vcpu_events.exception.nr(exception));
        exceptionHasErrorCode = kvm_vcpu_events.exception.has_error_code(exception) != 0;
        exceptionPending = kvm_vcpu_events.exception.pending(exception) != 0;
        exceptionErrorCode = kvm_vcpu_events.exception.error_code(exception);
        exceptionHasPayload = kvm_vcpu_events.exception_has_payload(events) != 0;
        exceptionPayload = kvm_vcpu_events.exception_payload(events);
        MemorySegment interrupt = kvm_vcpu_events.interrupt(events);
        interruptInjected = kvm_vcpu_events.interrupt.injected(interrupt) != 0;
        interruptVector = Byte.toUnsignedInt(kvm_vcpu_events.interrupt.nr(interrupt));
        interruptSoft = kvm_vcpu_events.interrupt.soft(interrupt) != 0;
        interruptShadow = kvm_vcpu_events.interrupt.shadow(interrupt);
        MemorySegment nmi = kvm_vcpu_events.nmi(events);
        nmiInjected = kvm_vcpu_events.nmi.injected(nmi) != 0;
        nmiPending = kvm_vcpu_events.nmi.pending(nmi) != 0;
        nmiMasked = kvm_vcpu_events.nmi.masked(nmi) != 0;
        sipiVector = kvm_vcpu_events.sipi_vector(events);
        MemorySegment smi = kvm_vcpu_events.smi(events);
        smm = kvm_vcpu_events.smi.smm(smi) != 0;
        smiPending = kvm_vcpu_events.smi.pending(smi) != 0;
        smmInsideNmi = kvm_vcpu_events.smi.smm_inside_nmi(smi) != 0;
        latchedInit = kvm_vcpu_events.smi.latched_init(smi) != 0;
        tripleFaultPending =
                kvm_vcpu_events.triple_fault.pending(kvm_vcpu_events.triple_fault(events)) != 0;
    }

    void write(MemorySegment events) {
        kvm_vcpu_events.flags(events, flags);
        MemorySegment exception = kvm_vcpu_events.exception(events);
        kvm_vcpu_events.exception.injected(exception, bit(exceptionInjected));
        kvm_vcpu_events.exception.nr(exception, (byte) exceptionVector);
        kvm_vcpu_events.exception.has_error_code(exception, bit(exceptionHasErrorCode));
        kvm_vcpu_events.exception.pending(exception, bit(exceptionPending));
        kvm_vcpu_events.exception.error_code(exception, exceptionErrorCode);
        kvm_vcpu_events.exception_has_payload(events, bit(exceptionHasPayload));
        kvm_vcpu_events.exception_payload(events, exceptionPayload);
        MemorySegment interrupt = kvm_vcpu_events.interrupt(events);
        kvm_vcpu_events.interrupt.injected(interrupt, bit(interruptInjected));
        kvm_vcpu_events.interrupt.nr(interrupt, (byte) interruptVector);
        kvm_vcpu_events.interrupt.soft(interrupt, bit(interruptSoft));
        kvm_vcpu_events.interrupt.shadow(interrupt, (byte) interruptShadow);
        MemorySegment nmi = kvm_vcpu_events.nmi(events);
        kvm_vcpu_events.nmi.injected(nmi, bit(nmiInjected));
        kvm_vcpu_events.nmi.pending(nmi, bit(nmiPending));
        kvm_vcpu_events.nmi.masked(nmi, bit(nmiMasked));
        kvm_vcpu_events.sipi_vector(events, sipiVector);
        MemorySegment smi = kvm_vcpu_events.smi(events);
        kvm_vcpu_events.smi.smm(smi, bit(smm));
        kvm_vcpu_events.smi.pending(smi, bit(smiPending));
        kvm_vcpu_events.smi.smm_inside_nmi(smi, bit(smmInsideNmi));
        kvm_vcpu_events.smi.latched_init(smi, bit(latchedInit));
        kvm_vcpu_events.triple_fault.pending(
                kvm_vcpu_events.triple_fault(events), bit(tripleFaultPending));
    }

    private static byte bit(boolean value) {
        return (byte) (value ? 1 : 0);
    }
}
