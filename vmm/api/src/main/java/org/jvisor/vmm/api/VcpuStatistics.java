package org.jvisor.vmm.api;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a vCPU has done since it was made; resets of the machine do not start it anew. Numbers that
 * the accelerator cannot tell are {@link #UNKNOWN}. They may be taken on any thread, and are
 * approximate while the CPU runs.
 *
 * @param instructions guest instructions
 * @param tlb translation of linear addresses
 * @param events interrupts and exceptions delivered
 * @param io accesses to devices
 * @param exits how often the accelerator's own engine came back, by its name for the reason; empty
 *     where there is no such engine
 */
public record VcpuStatistics(
        Instructions instructions, Tlb tlb, Events events, Io io, Map<String, Long> exits) {
    /** A number that is not known. */
    public static final long UNKNOWN = -1;

    /** Makes one; the map is copied. */
    public VcpuStatistics {
        exits = Collections.unmodifiableMap(new TreeMap<>(exits));
    }

    /**
     * Guest instructions executed.
     *
     * @param total all of them
     * @param interpreted those that were interpreted block by block
     * @param stepped those executed one at a time: while the guest or the host traces, and after
     *     STI and MOV SS
     * @param missed how often translated code was left because the interpreter had to go on: an
     *     access whose page the TLB did not have, a device, a number out of the way
     */
    public record Instructions(long total, long interpreted, long stepped, long missed) {
        /** What is known on hardware. */
        public static final Instructions NONE =
                new Instructions(UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN);

        /** Those that ran as translated code. */
        public long translated() {
            return total < 0 ? UNKNOWN : Math.max(0, total - interpreted - stepped);
        }
    }

    /**
     * Translation of linear addresses.
     *
     * @param dataFills data accesses that missed and had an entry made
     * @param codeFills instruction fetches likewise
     * @param walks walks of page tables, whatever came of them
     * @param flushes what made entries be forgotten, and how often
     */
    public record Tlb(long dataFills, long codeFills, long walks, Map<TlbFlush, Long> flushes) {
        /** What is known on hardware. */
        public static final Tlb NONE = new Tlb(UNKNOWN, UNKNOWN, UNKNOWN, Map.of());

        /** Makes one; the map is copied. */
        public Tlb {
            Map<TlbFlush, Long> copy = new EnumMap<>(TlbFlush.class);
            copy.putAll(flushes);
            flushes = Collections.unmodifiableMap(copy);
        }
    }

    /**
     * Events delivered to the guest.
     *
     * @param interrupts external interrupts and NMIs
     * @param pageFaults exceptions with vector 14
     * @param exceptions all other exceptions, INT n not among them
     */
    public record Events(long interrupts, long pageFaults, long exceptions) {
        /** What is known where the kernel delivers them. */
        public static final Events NONE = new Events(UNKNOWN, UNKNOWN, UNKNOWN);
    }

    /**
     * Accesses to devices; each repetition of a string instruction counts.
     *
     * @param ports IN and OUT
     * @param mmio memory accesses where there is no memory, the CPU's own APIC not among them
     */
    public record Io(long ports, long mmio) {}
}
