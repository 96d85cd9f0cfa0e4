package org.jvisor.kvm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jvisor.kvm.bindings.kvm_clear_dirty_log;
import org.jvisor.kvm.bindings.kvm_clock_data;
import org.jvisor.kvm.bindings.kvm_dirty_log;
import org.jvisor.kvm.bindings.kvm_h;
import org.jvisor.kvm.bindings.kvm_userspace_memory_region;
import org.jvisor.linux.Fd;

/**
 * One virtual machine: its memory slots, clock and vCPUs; its interrupts are in the part it
 * inherits. Any thread may call any method.
 */
public final class KvmVm extends KvmInterrupts implements AutoCloseable {
    /** Slot flag: keep a log of the pages the guest writes. */
    public static final int LOG_DIRTY_PAGES = (int) kvm_h.KVM_MEM_LOG_DIRTY_PAGES();

    /** Slot flag: the guest only reads; its writes are MMIO exits. */
    public static final int READ_ONLY = (int) kvm_h.KVM_MEM_READONLY();

    private static final int PAGE_SIZE = 4096;

    private final int vcpuMmapSize;
    // Keeps the memory of each slot from being collected while KVM uses it.
    private final Map<Integer, MemorySegment> slots = new ConcurrentHashMap<>();
    private final List<KvmVcpu> vcpus = new CopyOnWriteArrayList<>();

    KvmVm(Fd fd, int vcpuMmapSize) {
        super(fd);
        this.vcpuMmapSize = vcpuMmapSize;
    }

    /** What this machine says about an extension; it may differ from {@link Kvm#checkExtension}. */
    public int checkExtension(KvmCap cap) {
        return Request.call(fd, "KVM_CHECK_EXTENSION", kvm_h.KVM_CHECK_EXTENSION(), cap.number());
    }

    /**
     * Switches an extension on for the machine.
     *
     * @param arguments up to four, as the extension defines them
     * @throws KvmException if the kernel refuses
     */
    public void enableCap(KvmCap cap, long... arguments) {
        EnableCap.call(fd, cap, arguments);
    }

    /**
     * Makes a vCPU. With in-kernel interrupt controllers, make those first.
     *
     * @param id its number and APIC ID, from 0
     * @throws KvmException if the kernel refuses
     */
    public KvmVcpu createVcpu(int id) {
        int number = Request.call(fd, "KVM_CREATE_VCPU", kvm_h.KVM_CREATE_VCPU(), id);
        KvmVcpu vcpu = new KvmVcpu(this, id, Fd.own(number), vcpuMmapSize);
        vcpus.add(vcpu);
        return vcpu;
    }

    /**
     * Lets the guest see memory, or changes the flags of a slot it sees already.
     *
     * @param slot its number, 0 up to what {@code KVM_CAP_NR_MEMSLOTS} says
     * @param address guest-physical, a multiple of the page size
     * @param memory native, page-aligned, of whole pages; it must stay allocated until the slot is
     *     deleted or the machine closed
     * @param flags {@link #LOG_DIRTY_PAGES}, {@link #READ_ONLY}, both or 0
     * @throws IllegalArgumentException if the memory is not native or not made of pages
     * @throws KvmException if the kernel refuses, for instance because slots overlap
     */
    public void setMemoryRegion(int slot, long address, MemorySegment memory, int flags) {
        if (!memory.isNative()
                || memory.byteSize() == 0
                || (address | memory.address() | memory.byteSize()) % PAGE_SIZE != 0) {
            throw new IllegalArgumentException(
                    "slot %d: %#x + %#x at host address %#x is not made of native pages"
                            .formatted(slot, address, memory.byteSize(), memory.address()));
        }
        setRegion(slot, flags, address, memory.byteSize(), memory.address());
        slots.put(slot, memory);
    }

    /**
     * Takes a slot's memory out of the guest's sight.
     *
     * @throws KvmException if there is no such slot
     */
    public void deleteMemoryRegion(int slot) {
        setRegion(slot, 0, 0, 0, 0);
        slots.remove(slot);
    }

    private void setRegion(int slot, int flags, long address, long size, long hostAddress) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment region = kvm_userspace_memory_region.allocate(arena);
            kvm_userspace_memory_region.slot(region, slot);
            kvm_userspace_memory_region.flags(region, flags);
            kvm_userspace_memory_region.guest_phys_addr(region, address);
            kvm_userspace_memory_region.memory_size(region, size);
            kvm_userspace_memory_region.userspace_addr(region, hostAddress);
            Request.call(
                    fd, "KVM_SET_USER_MEMORY_REGION", kvm_h.KVM_SET_USER_MEMORY_REGION(), region);
        }
    }

    /** Bytes of the log of a slot of {@code memoryBytes}: a bit for a page, in whole longs. */
    public static long dirtyLogBytes(long memoryBytes) {
        return (memoryBytes / PAGE_SIZE + 63) / 64 * Long.BYTES;
    }

    /**
     * Takes the log of the pages written since the last time, and clears it (unless {@code
     * KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2} is on).
     *
     * @param slot one with {@link #LOG_DIRTY_PAGES}
     * @param bitmap native, {@link #dirtyLogBytes} long; bit n of byte b stands for page 8b + n
     * @throws IllegalArgumentException if the bitmap has the wrong size or there is no such slot
     * @throws KvmException if the slot keeps no log
     */
    public void dirtyLog(int slot, MemorySegment bitmap) {
        checkBitmap(slot, bitmap);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment log = kvm_dirty_log.allocate(arena);
            kvm_dirty_log.slot(log, slot);
            kvm_dirty_log.dirty_bitmap(log, bitmap);
            Request.call(fd, "KVM_GET_DIRTY_LOG", kvm_h.KVM_GET_DIRTY_LOG(), log);
        }
    }

    /**
     * Starts logging pages anew, with {@code KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2} on.
     *
     * @param slot one with {@link #LOG_DIRTY_PAGES}
     * @param firstPage a multiple of 64
     * @param pages a multiple of 64, or all to the end
     * @param bitmap native, as long as the slot's log: which of them
     * @throws KvmException if the kernel refuses
     */
    public void clearDirtyLog(int slot, long firstPage, int pages, MemorySegment bitmap) {
        checkBitmap(slot, bitmap);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment log = kvm_clear_dirty_log.allocate(arena);
            kvm_clear_dirty_log.slot(log, slot);
            kvm_clear_dirty_log.first_page(log, firstPage);
            kvm_clear_dirty_log.num_pages(log, pages);
            kvm_clear_dirty_log.dirty_bitmap(log, bitmap);
            Request.call(fd, "KVM_CLEAR_DIRTY_LOG", kvm_h.KVM_CLEAR_DIRTY_LOG(), log);
        }
    }

    private void checkBitmap(int slot, MemorySegment bitmap) {
        MemorySegment memory = slots.get(slot);
        if (memory == null) {
            throw new IllegalArgumentException("the machine has no memory slot " + slot);
        }
        if (!bitmap.isNative() || bitmap.byteSize() < dirtyLogBytes(memory.byteSize())) {
            throw new IllegalArgumentException(
                    "the log of slot %d needs %d bytes of native memory, not %d"
                            .formatted(slot, dirtyLogBytes(memory.byteSize()), bitmap.byteSize()));
        }
    }

    /**
     * Says where KVM may put three pages that Intel CPUs without unrestricted guest need for real
     * mode.
     *
     * @param address guest-physical, below 4 GiB, clear of memory slots and MMIO
     */
    public void setTssAddress(long address) {
        Request.call(fd, "KVM_SET_TSS_ADDR", kvm_h.KVM_SET_TSS_ADDR(), address);
    }

    /**
     * Says where KVM may put the page table such CPUs need; before the first vCPU.
     *
     * @param address guest-physical, below 4 GiB; 0 for the default
     */
    public void setIdentityMapAddress(long address) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment argument = arena.allocateFrom(kvm_h.C_LONG_LONG, address);
            Request.call(
                    fd, "KVM_SET_IDENTITY_MAP_ADDR", kvm_h.KVM_SET_IDENTITY_MAP_ADDR(), argument);
        }
    }

    /** Says which vCPU starts running at power-on; before the first is made. 0 unless said. */
    public void setBootCpu(int id) {
        Request.call(fd, "KVM_SET_BOOT_CPU_ID", kvm_h.KVM_SET_BOOT_CPU_ID(), id);
    }

    /** Reads the machine's clock. */
    public KvmClock clock() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment data = kvm_clock_data.allocate(arena);
            Request.call(fd, "KVM_GET_CLOCK", kvm_h.KVM_GET_CLOCK(), data);
            return new KvmClock(
                    kvm_clock_data.clock(data),
                    kvm_clock_data.flags(data),
                    kvm_clock_data.realtime(data),
                    kvm_clock_data.host_tsc(data));
        }
    }

    /**
     * Sets the machine's clock.
     *
     * @param clock of its flags only {@link KvmClock#REALTIME} is taken
     */
    public void setClock(KvmClock clock) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment data = kvm_clock_data.allocate(arena);
            kvm_clock_data.clock(data, clock.nanos());
            kvm_clock_data.flags(data, clock.flags() & KvmClock.REALTIME);
            kvm_clock_data.realtime(data, clock.realtime());
            Request.call(fd, "KVM_SET_CLOCK", kvm_h.KVM_SET_CLOCK(), data);
        }
    }

    /**
     * The frequency of the TSC that new vCPUs get, in kHz. Needs {@code KVM_CAP_VM_TSC_CONTROL}.
     */
    public int tscKhz() {
        return Request.call(fd, "KVM_GET_TSC_KHZ", kvm_h.KVM_GET_TSC_KHZ(), 0);
    }

    /** Sets the frequency of the TSC that new vCPUs get, in kHz. */
    public void setTscKhz(int khz) {
        Request.call(fd, "KVM_SET_TSC_KHZ", kvm_h.KVM_SET_TSC_KHZ(), khz);
    }

    /**
     * Closes its vCPUs and itself.
     *
     * @throws IllegalStateException if a vCPU runs; the machine stays open then
     */
    @Override
    public void close() {
        for (KvmVcpu vcpu : vcpus) {
            vcpu.close();
        }
        fd.close();
        slots.clear();
    }
}
