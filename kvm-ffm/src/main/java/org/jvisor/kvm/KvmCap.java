package org.jvisor.kvm;

import org.jvisor.kvm.bindings.kvm_h;

/**
 * The extensions of KVM that matter on x86, to be asked for by {@link Kvm#checkExtension}. The
 * answer is 0 where the host lacks one, and otherwise 1 or what is said here.
 */
public enum KvmCap {
    /** Interrupt controllers in the kernel. */
    IRQCHIP(kvm_h.KVM_CAP_IRQCHIP()),
    /** HLT leaves the guest where no in-kernel interrupt controller handles it. */
    HLT(kvm_h.KVM_CAP_HLT()),
    /** Guest memory is user memory; without it KVM is of no use here. */
    USER_MEMORY(kvm_h.KVM_CAP_USER_MEMORY()),
    /** {@link KvmVm#setTssAddress}. */
    SET_TSS_ADDR(kvm_h.KVM_CAP_SET_TSS_ADDR()),
    /** {@link KvmVcpu#setCpuid}. */
    EXT_CPUID(kvm_h.KVM_CAP_EXT_CPUID()),
    /** The guest may use KVM's clock. */
    CLOCKSOURCE(kvm_h.KVM_CAP_CLOCKSOURCE()),
    /** The number of vCPUs in a machine that is recommended. */
    NR_VCPUS(kvm_h.KVM_CAP_NR_VCPUS()),
    /** The number of memory slots. */
    NR_MEMSLOTS(kvm_h.KVM_CAP_NR_MEMSLOTS()),
    /** Port 0x80 as a delay is free. */
    NOP_IO_DELAY(kvm_h.KVM_CAP_NOP_IO_DELAY()),
    /** {@link KvmVcpu#mpState}. */
    MP_STATE(kvm_h.KVM_CAP_MP_STATE()),
    /** Host memory may be swapped or discarded beneath the guest. */
    SYNC_MMU(kvm_h.KVM_CAP_SYNC_MMU()),
    /** Devices of the host can be passed through. */
    IOMMU(kvm_h.KVM_CAP_IOMMU()),
    /** Slots can be deleted. */
    DESTROY_MEMORY_REGION_WORKS(kvm_h.KVM_CAP_DESTROY_MEMORY_REGION_WORKS()),
    /** {@link KvmVcpu#nmi}. */
    USER_NMI(kvm_h.KVM_CAP_USER_NMI()),
    /** {@link KvmVcpu#guestDebug}. */
    SET_GUEST_DEBUG(kvm_h.KVM_CAP_SET_GUEST_DEBUG()),
    /** {@link KvmVm#reinjectPitTicks}. */
    REINJECT_CONTROL(kvm_h.KVM_CAP_REINJECT_CONTROL()),
    /** {@link KvmVm#setGsiRouting}. */
    IRQ_ROUTING(kvm_h.KVM_CAP_IRQ_ROUTING()),
    /** Machine checks. */
    MCE(kvm_h.KVM_CAP_MCE()),
    /** {@link KvmVm#attachIrqfd}. */
    IRQFD(kvm_h.KVM_CAP_IRQFD()),
    /** {@link KvmVm#createPit}. */
    PIT2(kvm_h.KVM_CAP_PIT2()),
    /** {@link KvmVm#pitState}. */
    PIT_STATE2(kvm_h.KVM_CAP_PIT_STATE2()),
    /** {@link KvmVm#attachIoEventfd}. */
    IOEVENTFD(kvm_h.KVM_CAP_IOEVENTFD()),
    /** {@link KvmVm#setIdentityMapAddress}. */
    SET_IDENTITY_MAP_ADDR(kvm_h.KVM_CAP_SET_IDENTITY_MAP_ADDR()),
    /** {@link KvmVm#clock}; the value is the union of the flags it knows. */
    ADJUST_CLOCK(kvm_h.KVM_CAP_ADJUST_CLOCK()),
    /** {@link KvmVcpu#vcpuEvents}. */
    VCPU_EVENTS(kvm_h.KVM_CAP_VCPU_EVENTS()),
    /** The events hold the interrupt shadow. */
    INTR_SHADOW(kvm_h.KVM_CAP_INTR_SHADOW()),
    /** {@link KvmVcpu#debugRegs}. */
    DEBUGREGS(kvm_h.KVM_CAP_DEBUGREGS()),
    /** Single steps survive guest code that plays with TF. */
    X86_ROBUST_SINGLESTEP(kvm_h.KVM_CAP_X86_ROBUST_SINGLESTEP()),
    /** {@link KvmVcpu#enableCap}. */
    ENABLE_CAP(kvm_h.KVM_CAP_ENABLE_CAP()),
    /** {@link KvmVcpu#xsave}. */
    XSAVE(kvm_h.KVM_CAP_XSAVE()),
    /** {@link KvmVcpu#xcr0}. */
    XCRS(kvm_h.KVM_CAP_XCRS()),
    /** Page faults of the host can be told to the guest. */
    ASYNC_PF(kvm_h.KVM_CAP_ASYNC_PF()),
    /** The guest's TSC can run at another frequency. */
    TSC_CONTROL(kvm_h.KVM_CAP_TSC_CONTROL()),
    /** {@link KvmVcpu#tscKhz}. */
    GET_TSC_KHZ(kvm_h.KVM_CAP_GET_TSC_KHZ()),
    /** The greatest number of vCPUs in a machine. */
    MAX_VCPUS(kvm_h.KVM_CAP_MAX_VCPUS()),
    /** {@link KvmVcpu#kvmclockPaused}. */
    KVMCLOCK_CTRL(kvm_h.KVM_CAP_KVMCLOCK_CTRL()),
    /** {@link KvmVm#signalMsi}. */
    SIGNAL_MSI(kvm_h.KVM_CAP_SIGNAL_MSI()),
    /** The local APIC has the TSC-deadline timer. */
    TSC_DEADLINE_TIMER(kvm_h.KVM_CAP_TSC_DEADLINE_TIMER()),
    /** Read-only slots. */
    READONLY_MEM(kvm_h.KVM_CAP_READONLY_MEM()),
    /** {@link KvmVm#attachIrqfd} with a resample event. */
    IRQFD_RESAMPLE(kvm_h.KVM_CAP_IRQFD_RESAMPLE()),
    /** {@link KvmVm#enableCap}. */
    ENABLE_CAP_VM(kvm_h.KVM_CAP_ENABLE_CAP_VM()),
    /** CPU features KVM emulates. */
    EXT_EMUL_CPUID(kvm_h.KVM_CAP_EXT_EMUL_CPUID()),
    /** An ioeventfd may match any length. */
    IOEVENTFD_NO_LENGTH(kvm_h.KVM_CAP_IOEVENTFD_NO_LENGTH()),
    /** {@link KvmVm#checkExtension}. */
    CHECK_EXTENSION_VM(kvm_h.KVM_CAP_CHECK_EXTENSION_VM()),
    /** KVM's departures from the architecture can be switched off. */
    DISABLE_QUIRKS(kvm_h.KVM_CAP_DISABLE_QUIRKS()),
    /** System management mode. */
    X86_SMM(kvm_h.KVM_CAP_X86_SMM()),
    /** Local APICs in the kernel, the rest in user space. */
    SPLIT_IRQCHIP(kvm_h.KVM_CAP_SPLIT_IRQCHIP()),
    /** An ioeventfd of length 0 matches every write. */
    IOEVENTFD_ANY_LENGTH(kvm_h.KVM_CAP_IOEVENTFD_ANY_LENGTH()),
    /** One more than the greatest number of a vCPU. */
    MAX_VCPU_ID(kvm_h.KVM_CAP_MAX_VCPU_ID()),
    /** 32-bit APIC ids. */
    X2APIC_API(kvm_h.KVM_CAP_X2APIC_API()),
    /** The flag that makes a run return at once. */
    IMMEDIATE_EXIT(kvm_h.KVM_CAP_IMMEDIATE_EXIT()),
    /** {@link Kvm#featureMsrs}. */
    GET_MSR_FEATURES(kvm_h.KVM_CAP_GET_MSR_FEATURES()),
    /** Guests may be hypervisors; the size of their state. */
    NESTED_STATE(kvm_h.KVM_CAP_NESTED_STATE()),
    /** Instructions that need not leave the guest, as a union of flags. */
    X86_DISABLE_EXITS(kvm_h.KVM_CAP_X86_DISABLE_EXITS()),
    /** Pending exceptions keep their payload. */
    EXCEPTION_PAYLOAD(kvm_h.KVM_CAP_EXCEPTION_PAYLOAD()),
    /** {@link KvmVm#clearDirtyLog}. */
    MANUAL_DIRTY_LOG_PROTECT2(kvm_h.KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2()),
    /** Performance events can be filtered. */
    PMU_EVENT_FILTER(kvm_h.KVM_CAP_PMU_EVENT_FILTER()),
    /** MSR accesses can be left to user space. */
    X86_USER_SPACE_MSR(kvm_h.KVM_CAP_X86_USER_SPACE_MSR()),
    /** They can be chosen by number. */
    X86_MSR_FILTER(kvm_h.KVM_CAP_X86_MSR_FILTER()),
    /** The guest can learn how long it was kept waiting. */
    STEAL_TIME(kvm_h.KVM_CAP_STEAL_TIME()),
    /** Dirty pages in a ring; its greatest size in bytes. */
    DIRTY_LOG_RING(kvm_h.KVM_CAP_DIRTY_LOG_RING()),
    /** Bus locks can leave the guest. */
    X86_BUS_LOCK_EXIT(kvm_h.KVM_CAP_X86_BUS_LOCK_EXIT()),
    /** The special registers with the PDPTRs. */
    SREGS2(kvm_h.KVM_CAP_SREGS2()),
    /** Statistics. */
    BINARY_STATS_FD(kvm_h.KVM_CAP_BINARY_STATS_FD()),
    /** Instructions KVM cannot emulate are always told. */
    EXIT_ON_EMULATION_FAILURE(kvm_h.KVM_CAP_EXIT_ON_EMULATION_FAILURE()),
    /** The size of the XSAVE area in bytes. */
    XSAVE2(kvm_h.KVM_CAP_XSAVE2()),
    /** System events carry data. */
    SYSTEM_EVENT_DATA(kvm_h.KVM_CAP_SYSTEM_EVENT_DATA()),
    /** The width of guest-physical addresses. */
    VM_GPA_BITS(kvm_h.KVM_CAP_VM_GPA_BITS()),
    /** The events hold a pending triple fault. */
    X86_TRIPLE_FAULT_EVENT(kvm_h.KVM_CAP_X86_TRIPLE_FAULT_EVENT()),
    /** {@link KvmVm#tscKhz}. */
    VM_TSC_CONTROL(kvm_h.KVM_CAP_VM_TSC_CONTROL());

    private final int number;

    KvmCap(int number) {
        this.number = number;
    }

    /** The kernel's number. */
    public int number() {
        return number;
    }
}
