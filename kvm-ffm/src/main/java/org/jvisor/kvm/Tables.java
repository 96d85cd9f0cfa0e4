package org.jvisor.kvm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jvisor.kvm.bindings.kvm_cpuid2;
import org.jvisor.kvm.bindings.kvm_cpuid_entry2;
import org.jvisor.kvm.bindings.kvm_h;
import org.jvisor.kvm.bindings.kvm_irq_routing;
import org.jvisor.kvm.bindings.kvm_irq_routing_entry;
import org.jvisor.kvm.bindings.kvm_irq_routing_irqchip;
import org.jvisor.kvm.bindings.kvm_irq_routing_msi;
import org.jvisor.kvm.bindings.kvm_msr_entry;
import org.jvisor.kvm.bindings.kvm_msr_list;
import org.jvisor.kvm.bindings.kvm_msrs;
import org.jvisor.linux.Fd;
import org.jvisor.linux.bindings.linux_h;

/** KVM's structures that end in an array of entries, to and from lists. */
final class Tables {
    /** More entries than any kernel has asked for; the table grows if one does. */
    private static final int CPUID_ENTRIES = 256;

    private Tables() {}

    static List<KvmCpuidEntry> readCpuid(Fd fd, String name, long request) {
        for (int room = CPUID_ENTRIES; ; room *= 2) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment table = cpuidTable(arena, room);
                int result = Request.attempt(fd, request, table);
                if (result == -linux_h.E2BIG() && room < 1 << 16) {
                    continue;
                }
                KvmException.require(name, result);
                int count = kvm_cpuid2.nent(table);
                List<KvmCpuidEntry> entries = new ArrayList<>(count);
                for (int i = 0; i < count; i++) {
                    entries.add(KvmCpuidEntry.read(cpuidEntry(table, i)));
                }
                return List.copyOf(entries);
            }
        }
    }

    static void writeCpuid(Fd fd, List<KvmCpuidEntry> entries) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment table = cpuidTable(arena, entries.size());
            for (int i = 0; i < entries.size(); i++) {
                entries.get(i).write(cpuidEntry(table, i));
            }
            Request.call(fd, "KVM_SET_CPUID2", kvm_h.KVM_SET_CPUID2(), table);
        }
    }

    static int[] readMsrIndices(Fd fd, String name, long request) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment empty = kvm_msr_list.allocate(arena);
            // With no room, KVM answers E2BIG and tells how many there are.
            int result = Request.attempt(fd, request, empty);
            if (result != -linux_h.E2BIG()) {
                KvmException.require(name, result);
                return new int[0];
            }
            int count = kvm_msr_list.nmsrs(empty);
            MemorySegment list =
                    arena.allocate(kvm_msr_list.sizeof() + (long) count * Integer.BYTES, 8);
            kvm_msr_list.nmsrs(list, count);
            Request.call(fd, name, request, list);
            int[] indices = new int[kvm_msr_list.nmsrs(list)];
            for (int i = 0; i < indices.length; i++) {
                indices[i] = list.getAtIndex(kvm_h.C_INT, i + 1L);
            }
            return indices;
        }
    }

    /**
     * Reads MSRs, leaving out those the host refuses: KVM stops at the first it cannot read and
     * tells how many it did.
     */
    static List<KvmMsr> readMsrs(Fd fd, int[] indices) {
        List<KvmMsr> values = new ArrayList<>(indices.length);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment table = msrTable(arena, indices.length);
            int next = 0;
            while (next < indices.length) {
                int count = indices.length - next;
                kvm_msrs.nmsrs(table, count);
                for (int i = 0; i < count; i++) {
                    kvm_msr_entry.index(msrEntry(table, i), indices[next + i]);
                }
                int done = Request.call(fd, "KVM_GET_MSRS", kvm_h.KVM_GET_MSRS(), table);
                for (int i = 0; i < done; i++) {
                    long data = kvm_msr_entry.data(msrEntry(table, i));
                    values.add(new KvmMsr(indices[next + i], data));
                }
                next += done + 1;
            }
        }
        return values;
    }

    /** Writes MSRs and returns the indices of those the host refuses. */
    static List<Integer> writeMsrs(Fd fd, List<KvmMsr> msrs) {
        List<Integer> refused = new ArrayList<>();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment table = msrTable(arena, msrs.size());
            int next = 0;
            while (next < msrs.size()) {
                int count = msrs.size() - next;
                kvm_msrs.nmsrs(table, count);
                for (int i = 0; i < count; i++) {
                    MemorySegment entry = msrEntry(table, i);
                    kvm_msr_entry.index(entry, msrs.get(next + i).index());
                    kvm_msr_entry.data(entry, msrs.get(next + i).data());
                }
                next += Request.call(fd, "KVM_SET_MSRS", kvm_h.KVM_SET_MSRS(), table);
                if (next < msrs.size()) {
                    refused.add(msrs.get(next++).index());
                }
            }
        }
        return refused;
    }

    static void writeRoutes(Fd fd, List<KvmIrqRoute> routes) {
        try (Arena arena = Arena.ofConfined()) {
            long header = kvm_irq_routing.sizeof();
            long size = kvm_irq_routing_entry.sizeof();
            MemorySegment table = arena.allocate(header + routes.size() * size, 8);
            kvm_irq_routing.nr(table, routes.size());
            for (int i = 0; i < routes.size(); i++) {
                writeRoute(routes.get(i), table.asSlice(header + i * size, size));
            }
            Request.call(fd, "KVM_SET_GSI_ROUTING", kvm_h.KVM_SET_GSI_ROUTING(), table);
        }
    }

    private static void writeRoute(KvmIrqRoute route, MemorySegment entry) {
        kvm_irq_routing_entry.gsi(entry, route.gsi());
        MemorySegment target = kvm_irq_routing_entry.u(entry);
        switch (route) {
            case KvmIrqRoute.Pin pin -> {
                kvm_irq_routing_entry.type(entry, kvm_h.KVM_IRQ_ROUTING_IRQCHIP());
                MemorySegment chip = kvm_irq_routing_entry.u.irqchip(target);
                kvm_irq_routing_irqchip.irqchip(chip, pin.chip().number());
                kvm_irq_routing_irqchip.pin(chip, pin.pin());
            }
            case KvmIrqRoute.Msi msi -> {
                kvm_irq_routing_entry.type(entry, kvm_h.KVM_IRQ_ROUTING_MSI());
                MemorySegment message = kvm_irq_routing_entry.u.msi(target);
                kvm_irq_routing_msi.address_lo(message, (int) msi.address());
                kvm_irq_routing_msi.address_hi(message, (int) (msi.address() >>> 32));
                kvm_irq_routing_msi.data(message, msi.data());
            }
        }
    }

    private static MemorySegment cpuidTable(Arena arena, int entries) {
        long bytes = kvm_cpuid2.sizeof() + entries * kvm_cpuid_entry2.sizeof();
        MemorySegment table = arena.allocate(bytes, 8);
        kvm_cpuid2.nent(table, entries);
        return table;
    }

    private static MemorySegment cpuidEntry(MemorySegment table, int index) {
        return table.asSlice(
                kvm_cpuid2.sizeof() + index * kvm_cpuid_entry2.sizeof(), kvm_cpuid_entry2.sizeof());
    }

    private static MemorySegment msrTable(Arena arena, int entries) {
        return arena.allocate(kvm_msrs.sizeof() + entries * kvm_msr_entry.sizeof(), 8);
    }

    private static MemorySegment msrEntry(MemorySegment table, int index) {
        return table.asSlice(
                kvm_msrs.sizeof() + index * kvm_msr_entry.sizeof(), kvm_msr_entry.sizeof());
    }
}
