package org.jvisor.kvm;

import org.jvisor.linux.LinuxException;
import org.jvisor.linux.bindings.linux_h;

/** A request that KVM refused: which one, with what error, and what to do about it if known. */
public final class KvmException extends LinuxException {
    private static final long serialVersionUID = 1;

    /**
     * Makes the exception of a refused request.
     *
     * @param operation the request, such as {@code KVM_CREATE_VM}
     * @param errno the positive error number
     */
    public KvmException(String operation, int errno) {
        super(operation, errno, hint(operation, errno));
    }

    static int require(String operation, int result) {
        if (result < 0) {
            throw new KvmException(operation, -result);
        }
        return result;
    }

    private static String hint(String operation, int errno) {
        if (operation.startsWith("open of")) {
            return openHint(errno);
        }
        if (errno == linux_h.ENOTTY()) {
            return "This kernel's KVM does not know the request: a newer kernel may.";
        }
        return switch (operation) {
            case "KVM_CREATE_VM" ->
                    errno == linux_h.EBUSY()
                            ? "Another hypervisor holds the CPU's virtualisation: stop it first."
                            : "";
            case "KVM_CREATE_VCPU" ->
                    errno == linux_h.EEXIST()
                            ? "The machine has a vCPU of this number already."
                            : errno == linux_h.EINVAL()
                                    ? "The number is above what KVM_CAP_MAX_VCPU_ID allows."
                                    : "";
            case "KVM_SET_USER_MEMORY_REGION" ->
                    errno == linux_h.EEXIST()
                            ? "It overlaps the guest-physical addresses of another slot."
                            : "";
            case "KVM_IRQ_LINE", "KVM_SIGNAL_MSI", "KVM_IRQFD", "KVM_SET_GSI_ROUTING" ->
                    errno == linux_h.EINVAL() || errno == linux_h.ENXIO()
                            ? "The machine needs its interrupt controllers first, and the GSI a"
                                    + " route."
                            : "";
            default -> "";
        };
    }

    private static String openHint(int errno) {
        if (errno == linux_h.ENOENT() || errno == linux_h.ENODEV() || errno == linux_h.ENXIO()) {
            return "KVM is not there: enable VT-x or AMD-V in the firmware and load kvm_intel or"
                    + " kvm_amd; in a virtual machine, its host must allow nesting.";
        }
        if (errno == linux_h.EACCES() || errno == linux_h.EPERM()) {
            return "Join the group that owns the device (often kvm), then log in again.";
        }
        return "";
    }
}
