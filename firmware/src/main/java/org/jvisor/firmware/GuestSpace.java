package org.jvisor.firmware;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.jvisor.firmware.BootException.Reason;
import org.jvisor.firmware.layout.E820Map;
import org.jvisor.vmm.api.GuestMemory;

/**
 * Which of the guest's usable RAM is taken while a boot is prepared, so that kernel, initrd, page
 * tables and boot information never overlap, wherever an image insists on being loaded.
 */
final class GuestSpace {
    /** Everything loaded here is reached by 32-bit entry code, or by the 4 GiB identity map. */
    static final long LIMIT_32_BIT = 1L << 32;

    /** The real-mode interrupt table and BIOS data area stay free. */
    private static final long FIRST = 0x1000;

    private record Claim(long base, long end, String what) {}

    private final GuestMemory memory;
    private final List<E820Map.Entry> usable;
    private final List<Claim> claims = new ArrayList<>();

    GuestSpace(GuestMemory memory, E820Map map) {
        this.memory = memory;
        this.usable = map.usable();
    }

    GuestMemory memory() {
        return memory;
    }

    /**
     * Takes a fixed range.
     *
     * @param tried what the user asked for, for the message
     * @param what will lie there, such as "the kernel"
     */
    void claim(long base, long size, String tried, String what) throws BootException {
        long end = base + size;
        boolean ram =
                base >= 0
                        && size >= 0
                        && end >= base
                        && usable.stream().anyMatch(e -> base >= e.base() && end <= e.end())
                        && (size == 0 || memory.contains(base, size));
        if (!ram) {
            throw new BootException(
                    Reason.DOES_NOT_FIT,
                    tried,
                    "%s needs the addresses %#x to %#x, and the guest's RAM is %s"
                            .formatted(what, base, end - 1, describe()),
                    "give the guest more memory" + need(end));
        }
        for (Claim claim : claims) {
            if (base < claim.end && end > claim.base) {
                throw new BootException(
                        Reason.DOES_NOT_FIT,
                        tried,
                        "%s (%#x to %#x) and %s (%#x to %#x) overlap"
                                .formatted(
                                        what, base, end - 1, claim.what, claim.base, claim.end - 1),
                        "load one of them elsewhere");
            }
        }
        claims.add(new Claim(base, end, what));
    }

    /** Keeps others out of a range that is in use, RAM the map calls usable or not. */
    void block(long base, long size, String what) {
        claims.add(new Claim(base, base + size, what));
    }

    /** Takes the lowest free range with the given alignment (a power of two). */
    OptionalLong low(long size, long align, long from, String what) {
        for (E820Map.Entry entry : usable) {
            long at = align(Math.max(Math.max(entry.base(), FIRST), from), align);
            while (at + size <= Math.min(entry.end(), LIMIT_32_BIT)) {
                Claim other = overlapping(at, at + size);
                if (other == null) {
                    claims.add(new Claim(at, at + size, what));
                    return OptionalLong.of(at);
                }
                at = align(other.end, align);
            }
        }
        return OptionalLong.empty();
    }

    /** Takes the highest free range that ends at or below {@code limit}. */
    OptionalLong high(long size, long align, long limit, String what) {
        List<E820Map.Entry> descending =
                usable.stream()
                        .sorted(Comparator.comparingLong(E820Map.Entry::base).reversed())
                        .toList();
        for (E820Map.Entry entry : descending) {
            long bottom = Math.max(entry.base(), FIRST);
            long at = Math.min(entry.end(), limit) - size & -align;
            while (at >= bottom) {
                Claim other = overlapping(at, at + size);
                if (other == null) {
                    claims.add(new Claim(at, at + size, what));
                    return OptionalLong.of(at);
                }
                at = other.base - size & -align;
            }
        }
        return OptionalLong.empty();
    }

    /** Gives back the end of a range that was taken; all of it if {@code size} is 0. */
    void shrink(long base, long size) {
        claims.replaceAll(c -> c.base == base ? new Claim(base, base + size, c.what) : c);
        claims.removeIf(c -> c.base == c.end);
    }

    /**
     * Takes room for something small that any guest large enough to boot a kernel has.
     *
     * @throws BootException if the guest is not
     */
    long require(long size, long align, String tried, String what) throws BootException {
        OptionalLong at = low(size, align, 0, what);
        if (at.isEmpty()) {
            throw new BootException(
                    Reason.DOES_NOT_FIT,
                    tried,
                    "there is no room for " + what + " (" + size + " bytes) in RAM " + describe(),
                    "give the guest more memory");
        }
        return at.getAsLong();
    }

    /** The usable RAM, for messages. */
    String describe() {
        List<String> parts = new ArrayList<>();
        for (E820Map.Entry entry : usable) {
            parts.add("%#x to %#x".formatted(entry.base(), entry.end() - 1));
        }
        return String.join(" and ", parts);
    }

    private @Nullable Claim overlapping(long base, long end) {
        for (Claim claim : claims) {
            if (base < claim.end && end > claim.base) {
                return claim;
            }
        }
        return null;
    }

    private static String need(long end) {
        long mib = (end + (1 << 20) - 1) >> 20;
        return end > 0 && end <= 3L << 30 ? " (at least " + mib + " MiB)" : "";
    }

    static long align(long value, long align) {
        return value + align - 1 & -align;
    }
}
