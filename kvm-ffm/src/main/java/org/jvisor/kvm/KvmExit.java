package org.jvisor.kvm;

import java.util.Arrays;
import org.jvisor.kvm.bindings.kvm_h;

/** Why {@link KvmVcpu#run} came back: the kernel's {@code KVM_EXIT_} reasons that x86 has. */
public enum KvmExit {
    /** The hardware left the guest for a reason KVM does not know. */
    UNKNOWN(kvm_h.KVM_EXIT_UNKNOWN()),
    /** Port I/O: see {@link KvmRun#ioPort} and its siblings. */
    IO(kvm_h.KVM_EXIT_IO()),
    /** A hypercall left to user space. */
    HYPERCALL(kvm_h.KVM_EXIT_HYPERCALL()),
    /** A breakpoint or a step that {@link KvmVcpu#guestDebug} asked for. */
    DEBUG(kvm_h.KVM_EXIT_DEBUG()),
    /** HLT, where no in-kernel interrupt controller handles it. */
    HLT(kvm_h.KVM_EXIT_HLT()),
    /** An access to memory that no slot backs: see {@link KvmRun#mmioAddress} and siblings. */
    MMIO(kvm_h.KVM_EXIT_MMIO()),
    /** The guest can take an interrupt now ({@link KvmRun#requestInterruptWindow}). */
    IRQ_WINDOW_OPEN(kvm_h.KVM_EXIT_IRQ_WINDOW_OPEN()),
    /** A triple fault. */
    SHUTDOWN(kvm_h.KVM_EXIT_SHUTDOWN()),
    /** The hardware refused to enter the guest: see {@link KvmRun#failEntryReason}. */
    FAIL_ENTRY(kvm_h.KVM_EXIT_FAIL_ENTRY()),
    /** {@link KvmVcpu#kick} was called. */
    INTR(kvm_h.KVM_EXIT_INTR()),
    /** CR8 was written and interrupts may be deliverable. */
    SET_TPR(kvm_h.KVM_EXIT_SET_TPR()),
    /** The task priority was accessed ({@code KVM_TPR_ACCESS_REPORTING}). */
    TPR_ACCESS(kvm_h.KVM_EXIT_TPR_ACCESS()),
    /** An NMI left the guest. */
    NMI(kvm_h.KVM_EXIT_NMI()),
    /** KVM cannot go on: see {@link KvmRun#internalSuberror} and siblings. */
    INTERNAL_ERROR(kvm_h.KVM_EXIT_INTERNAL_ERROR()),
    /** The guest asked for power-off, reset or reported a crash: {@link KvmRun#systemEventType}. */
    SYSTEM_EVENT(kvm_h.KVM_EXIT_SYSTEM_EVENT()),
    /** The end of a level-triggered interrupt, where the I/O APIC is in user space. */
    IOAPIC_EOI(kvm_h.KVM_EXIT_IOAPIC_EOI()),
    /** A read of an MSR left to user space: {@link KvmRun#msrIndex} and siblings. */
    X86_RDMSR(kvm_h.KVM_EXIT_X86_RDMSR()),
    /** A write of an MSR left to user space. */
    X86_WRMSR(kvm_h.KVM_EXIT_X86_WRMSR()),
    /** The guest locked the bus and KVM was asked to tell. */
    X86_BUS_LOCK(kvm_h.KVM_EXIT_X86_BUS_LOCK()),
    /** The guest ran too long without a window for events. */
    NOTIFY(kvm_h.KVM_EXIT_NOTIFY()),
    /** A reason this list does not have: {@link KvmRun#exitReason} tells its number. */
    OTHER(-1);

    private static final KvmExit[] BY_NUMBER = byNumber();

    private final int number;

    KvmExit(int number) {
        this.number = number;
    }

    /** The kernel's number; -1 for {@link #OTHER}. */
    public int number() {
        return number;
    }

    /** The reason of a number; {@link #OTHER} where it has no name here. */
    public static KvmExit of(int number) {
        return number >= 0 && number < BY_NUMBER.length ? BY_NUMBER[number] : OTHER;
    }

    private static KvmExit[] byNumber() {
        KvmExit[] table = new KvmExit[kvm_h.KVM_EXIT_NOTIFY() + 1];
        Arrays.fill(table, OTHER);
        for (KvmExit exit : values()) {
            if (exit.number >= 0) {
                table[exit.number] = exit;
            }
        }
        return table;
    }
}
