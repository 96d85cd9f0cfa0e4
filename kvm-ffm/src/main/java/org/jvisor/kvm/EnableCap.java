package org.jvisor.kvm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jvisor.kvm.bindings.kvm_enable_cap;
import org.jvisor.kvm.bindings.kvm_h;
import org.jvisor.linux.Fd;

/** {@code KVM_ENABLE_CAP}, the same for machines and vCPUs. */
final class EnableCap {
    private EnableCap() {}

    static void call(Fd fd, KvmCap cap, long[] arguments) {
        long room = kvm_enable_cap.args$dimensions()[0];
        if (arguments.length > room) {
            throw new IllegalArgumentException(
                    "KVM_ENABLE_CAP takes at most " + room + " arguments");
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment request = kvm_enable_cap.allocate(arena);
            kvm_enable_cap.cap(request, cap.number());
            for (int i = 0; i < arguments.length; i++) {
                kvm_enable_cap.args(request, i, arguments[i]);
            }
            Request.call(fd, "KVM_ENABLE_CAP(" + cap + ")", kvm_h.KVM_ENABLE_CAP(), request);
        }
    }
}
