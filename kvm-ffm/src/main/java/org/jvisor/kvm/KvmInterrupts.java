package org.jvisor.kvm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.jvisor.kvm.bindings.kvm_h;
import org.jvisor.kvm.bindings.kvm_ioeventfd;
import org.jvisor.kvm.bindings.kvm_irq_level;
import org.jvisor.kvm.bindings.kvm_irqchip;
import org.jvisor.kvm.bindings.kvm_irqfd;
import org.jvisor.kvm.bindings.kvm_msi;
import org.jvisor.kvm.bindings.kvm_pit_config;
import org.jvisor.kvm.bindings.kvm_pit_state2;
import org.jvisor.kvm.bindings.kvm_reinject_control;
import org.jvisor.linux.EventFd;
import org.jvisor.linux.Fd;
import org.jvisor.linux.calls.Calls;

/** A machine's interrupt controllers, timer and event descriptors: one half of {@link KvmVm}. */
abstract sealed class KvmInterrupts permits KvmVm {
    /** {@link #createPit}: port 0x61 is answered by the kernel too. */
    public static final int PIT_SPEAKER_DUMMY = kvm_h.KVM_PIT_SPEAKER_DUMMY();

    final Fd fd;

    KvmInterrupts(Fd fd) {
        this.fd = fd;
    }

    /**
     * Puts two 8259s, an I/O APIC and a local APIC for every vCPU made later into the kernel, with
     * GSIs 0 to 15 routed to both kinds and 16 to 23 to the I/O APIC.
     */
    public void createIrqchip() {
        Request.call(fd, "KVM_CREATE_IRQCHIP", kvm_h.KVM_CREATE_IRQCHIP(), 0);
    }

    /**
     * Puts an 8254 into the kernel, after the interrupt controllers.
     *
     * @param flags {@link #PIT_SPEAKER_DUMMY} or 0
     */
    public void createPit(int flags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment config = kvm_pit_config.allocate(arena);
            kvm_pit_config.flags(config, flags);
            Request.call(fd, "KVM_CREATE_PIT2", kvm_h.KVM_CREATE_PIT2(), config);
        }
    }

    /** Says whether ticks the guest missed are delivered later; they are unless said. */
    public void reinjectPitTicks(boolean on) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment control = kvm_reinject_control.allocate(arena);
            kvm_reinject_control.pit_reinject(control, (byte) (on ? 1 : 0));
            Request.call(fd, "KVM_REINJECT_CONTROL", kvm_h.KVM_REINJECT_CONTROL(), control);
        }
    }

    /** The 8254's state, to be kept and given to {@link #setPitState} as it is. */
    public byte[] pitState() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = kvm_pit_state2.allocate(arena);
            Request.call(fd, "KVM_GET_PIT2", kvm_h.KVM_GET_PIT2(), state);
            return state.toArray(ValueLayout.JAVA_BYTE);
        }
    }

    /**
     * Puts the 8254's state back.
     *
     * @throws IllegalArgumentException if it does not come from {@link #pitState}
     */
    public void setPitState(byte[] state) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment copy = kvm_pit_state2.allocate(arena);
            fill(copy, state, "an 8254");
            Request.call(fd, "KVM_SET_PIT2", kvm_h.KVM_SET_PIT2(), copy);
        }
    }

    /** A controller's state, to be kept and given to {@link #setIrqchipState} as it is. */
    public byte[] irqchipState(KvmIrqchip chip) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = kvm_irqchip.allocate(arena);
            kvm_irqchip.chip_id(state, chip.number());
            Request.call(fd, "KVM_GET_IRQCHIP", kvm_h.KVM_GET_IRQCHIP(), state);
            return kvm_irqchip.chip(state).toArray(ValueLayout.JAVA_BYTE);
        }
    }

    /**
     * Puts a controller's state back.
     *
     * @throws IllegalArgumentException if it does not come from {@link #irqchipState}
     */
    public void setIrqchipState(KvmIrqchip chip, byte[] state) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment copy = kvm_irqchip.allocate(arena);
            kvm_irqchip.chip_id(copy, chip.number());
            fill(kvm_irqchip.chip(copy), state, "an interrupt controller");
            Request.call(fd, "KVM_SET_IRQCHIP", kvm_h.KVM_SET_IRQCHIP(), copy);
        }
    }

    private static void fill(MemorySegment target, byte[] state, String what) {
        if (state.length != target.byteSize()) {
            throw new IllegalArgumentException(
                    "the state of %s has %d bytes, not %d"
                            .formatted(what, target.byteSize(), state.length));
        }
        target.copyFrom(MemorySegment.ofArray(state));
    }

    /**
     * Replaces all routes from GSIs to interrupt controllers.
     *
     * @throws KvmException if there are no in-kernel controllers or a route leads nowhere
     */
    public void setGsiRouting(List<KvmIrqRoute> routes) {
        Tables.writeRoutes(fd, routes);
    }

    /** Drives an interrupt line. Allocates nothing. */
    public void irqLine(int gsi, boolean asserted) {
        MemorySegment level = Calls.scratch();
        kvm_irq_level.irq(level, gsi);
        kvm_irq_level.level(level, asserted ? 1 : 0);
        Request.call(fd, "KVM_IRQ_LINE", kvm_h.KVM_IRQ_LINE(), level);
    }

    /**
     * Sends a message-signalled interrupt. Allocates nothing.
     *
     * @param address the message address, {@code 0xFEExxxxx}
     * @param data the message data
     * @return whether a vCPU took it; false where the guest blocks it
     */
    public boolean signalMsi(long address, int data) {
        MemorySegment msi = Calls.scratch();
        msi.fill((byte) 0);
        kvm_msi.address_lo(msi, (int) address);
        kvm_msi.address_hi(msi, (int) (address >>> 32));
        kvm_msi.data(msi, data);
        return Request.call(fd, "KVM_SIGNAL_MSI", kvm_h.KVM_SIGNAL_MSI(), msi) > 0;
    }

    /**
     * Lets an event descriptor raise a GSI: as an edge, or, given {@code resample}, as a level that
     * the guest's end of interrupt takes back while it signals {@code resample}.
     */
    public void attachIrqfd(EventFd event, int gsi, @Nullable EventFd resample) {
        irqfd(event, gsi, resample, resample == null ? 0 : kvm_h.KVM_IRQFD_FLAG_RESAMPLE());
    }

    /** Ends {@link #attachIrqfd}. */
    public void detachIrqfd(EventFd event, int gsi) {
        irqfd(event, gsi, null, kvm_h.KVM_IRQFD_FLAG_DEASSIGN());
    }

    private void irqfd(EventFd event, int gsi, @Nullable EventFd resample, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment request = kvm_irqfd.allocate(arena);
            kvm_irqfd.gsi(request, gsi);
            kvm_irqfd.flags(request, flags);
            kvm_irqfd.fd(request, event.fd().acquire());
            try {
                if (resample != null) {
                    kvm_irqfd.resamplefd(request, resample.fd().acquire());
                }
                try {
                    Request.call(fd, "KVM_IRQFD", kvm_h.KVM_IRQFD(), request);
                } finally {
                    if (resample != null) {
                        resample.fd().release();
                    }
                }
            } finally {
                event.fd().release();
            }
        }
    }

    /**
     * Lets guest writes signal an event descriptor instead of leaving the guest.
     *
     * @throws KvmException if the kernel refuses, for instance because another event is there
     */
    public void attachIoEventfd(EventFd event, KvmIoEvent trigger) {
        ioEventfd(event, trigger, 0);
    }

    /** Ends {@link #attachIoEventfd}: the same trigger must be given. */
    public void detachIoEventfd(EventFd event, KvmIoEvent trigger) {
        ioEventfd(event, trigger, kvm_h.KVM_IOEVENTFD_FLAG_DEASSIGN());
    }

    private void ioEventfd(EventFd event, KvmIoEvent trigger, int baseFlags) {
        int flags = baseFlags;
        flags |= trigger.port() ? kvm_h.KVM_IOEVENTFD_FLAG_PIO() : 0;
        flags |= trigger.match().isPresent() ? kvm_h.KVM_IOEVENTFD_FLAG_DATAMATCH() : 0;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment request = kvm_ioeventfd.allocate(arena);
            kvm_ioeventfd.addr(request, trigger.address());
            kvm_ioeventfd.len(request, trigger.length());
            kvm_ioeventfd.datamatch(request, trigger.match().orElse(0));
            kvm_ioeventfd.flags(request, flags);
            kvm_ioeventfd.fd(request, event.fd().acquire());
            try {
                Request.call(fd, "KVM_IOEVENTFD", kvm_h.KVM_IOEVENTFD(), request);
            } finally {
                event.fd().release();
            }
        }
    }
}
