package org.jvisor.kvm;

import org.jvisor.kvm.bindings.kvm_h;

/** What a vCPU is doing, where the local APIC is in the kernel. */
public enum KvmMpState {
    /** Executing instructions. */
    RUNNABLE(kvm_h.KVM_MP_STATE_RUNNABLE()),
    /** An application processor before its INIT. */
    UNINITIALIZED(kvm_h.KVM_MP_STATE_UNINITIALIZED()),
    /** After INIT, until a start-up IPI. */
    INIT_RECEIVED(kvm_h.KVM_MP_STATE_INIT_RECEIVED()),
    /** In HLT, until an interrupt. */
    HALTED(kvm_h.KVM_MP_STATE_HALTED()),
    /** After the start-up IPI, about to execute. */
    SIPI_RECEIVED(kvm_h.KVM_MP_STATE_SIPI_RECEIVED());

    private final int number;

    KvmMpState(int number) {
        this.number = number;
    }

    int number() {
        return number;
    }

    static KvmMpState of(int number) {
        for (KvmMpState state : values()) {
            if (state.number == number) {
                return state;
            }
        }
        throw new IllegalStateException("KVM reports mp_state " + number + ", unknown on x86");
    }
}
