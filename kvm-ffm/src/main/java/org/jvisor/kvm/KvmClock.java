package org.jvisor.kvm;

import org.jvisor.kvm.bindings.kvm_h;

/**
 * A reading of a machine's clock (kvmclock).
 *
 * @param nanos nanoseconds of the machine's clock
 * @param flags which of the following two are valid: {@link #REALTIME}, {@link #HOST_TSC}; {@link
 *     #TSC_STABLE} says that all vCPUs see the same clock
 * @param realtime the host's real time in nanoseconds since 1970, read at the same instant
 * @param hostTsc the host's TSC, read at the same instant
 */
public record KvmClock(long nanos, int flags, long realtime, long hostTsc) {
    /** All vCPUs derive the clock from one TSC. */
    public static final int TSC_STABLE = kvm_h.KVM_CLOCK_TSC_STABLE();

    /** {@link #realtime} is valid; when setting, the clock is advanced by the time since. */
    public static final int REALTIME = kvm_h.KVM_CLOCK_REALTIME();

    /** {@link #hostTsc} is valid. */
    public static final int HOST_TSC = kvm_h.KVM_CLOCK_HOST_TSC();

    /** A value to set: just the time. */
    public static KvmClock of(long nanos) {
        return new KvmClock(nanos, 0, 0, 0);
    }
}
