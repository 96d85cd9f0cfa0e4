package org.jvisor.kvm;

import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import org.jvisor.kvm.bindings.kvm_h;
import org.jvisor.linux.Fd;
import org.jvisor.linux.bindings.linux_h;
import org.jvisor.linux.calls.FileCalls;

/**
 * The open KVM device: what the host can do, and where machines come from. Any thread may call any
 * method. Machines outlive it.
 */
public final class Kvm implements AutoCloseable {
    /** Where Linux has it. */
    public static final Path DEVICE = Path.of("/dev/kvm");

    /** The version of the interface, fixed since Linux 2.6.22; no other was ever released. */
    public static final int API_VERSION = kvm_h.KVM_API_VERSION();

    private final Fd fd;

    private Kvm(Fd fd) {
        this.fd = fd;
    }

    /**
     * Opens {@link #DEVICE}.
     *
     * @throws KvmException if it is absent or this user may not
     */
    public static Kvm open() {
        return open(DEVICE);
    }

    /**
     * Opens the device at another place.
     *
     * @throws KvmException if it is absent or this user may not
     */
    public static Kvm open(Path device) {
        try (Arena arena = Arena.ofConfined()) {
            int flags = linux_h.O_RDWR() | linux_h.O_CLOEXEC();
            int number = FileCalls.open(arena.allocateFrom(device.toString()), flags, 0);
            return new Kvm(Fd.own(KvmException.require("open of " + device, number)));
        }
    }

    /**
     * The version of the interface, {@link #API_VERSION} on every kernel of use.
     *
     * @throws KvmException if the device is not KVM
     */
    public int version() {
        return Request.call(fd, "KVM_GET_API_VERSION", kvm_h.KVM_GET_API_VERSION(), 0);
    }

    /** What the host says about an extension: 0 where it lacks it. */
    public int checkExtension(KvmCap cap) {
        return checkExtension(cap.number());
    }

    /** The same by the kernel's number. */
    public int checkExtension(int cap) {
        return Request.call(fd, "KVM_CHECK_EXTENSION", kvm_h.KVM_CHECK_EXTENSION(), cap);
    }

    /** The CPUID answers that hardware and KVM support together; a base for a guest's. */
    public List<KvmCpuidEntry> supportedCpuid() {
        return Tables.readCpuid(fd, "KVM_GET_SUPPORTED_CPUID", kvm_h.KVM_GET_SUPPORTED_CPUID());
    }

    /** The features that KVM emulates where the hardware lacks them. */
    public List<KvmCpuidEntry> emulatedCpuid() {
        return Tables.readCpuid(fd, "KVM_GET_EMULATED_CPUID", kvm_h.KVM_GET_EMULATED_CPUID());
    }

    /** The MSRs whose values make up a vCPU's state. */
    public int[] msrIndexList() {
        return Tables.readMsrIndices(fd, "KVM_GET_MSR_INDEX_LIST", kvm_h.KVM_GET_MSR_INDEX_LIST());
    }

    /** The MSRs that tell what the host can offer, with their values. */
    public List<KvmMsr> featureMsrs() {
        int[] indices =
                Tables.readMsrIndices(
                        fd,
                        "KVM_GET_MSR_FEATURE_INDEX_LIST",
                        kvm_h.KVM_GET_MSR_FEATURE_INDEX_LIST());
        return Tables.readMsrs(fd, indices);
    }

    /** Bytes of the memory that a vCPU shares with the kernel. */
    public int vcpuMmapSize() {
        return Request.call(fd, "KVM_GET_VCPU_MMAP_SIZE", kvm_h.KVM_GET_VCPU_MMAP_SIZE(), 0);
    }

    /**
     * Makes a machine without memory, vCPUs and devices.
     *
     * @throws KvmException if the kernel refuses, for instance because another hypervisor runs
     * @throws IllegalStateException if the interface has an unknown version
     */
    public KvmVm createVm() {
        if (version() != API_VERSION) {
            throw new IllegalStateException(
                    "KVM has interface version %d; this program knows %d only"
                            .formatted(version(), API_VERSION));
        }
        int result;
        do {
            result = Request.attempt(fd, kvm_h.KVM_CREATE_VM(), 0);
        } while (result == -linux_h.EINTR());
        return new KvmVm(Fd.own(KvmException.require("KVM_CREATE_VM", result)), vcpuMmapSize());
    }

    @Override
    public void close() {
        fd.close();
    }
}
