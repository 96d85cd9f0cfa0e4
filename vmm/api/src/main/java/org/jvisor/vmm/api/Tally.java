package org.jvisor.vmm.api;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

/**
 * Counts by reason, for statistics: cheap and without allocation. One thread counts; others may
 * read and see about what the counts are.
 *
 * @param <E> the reasons
 */
public final class Tally<E extends Enum<E>> {
    private final Class<E> type;
    private final EnumMap<E, long[]> counts;

    /** All zero. */
    public Tally(Class<E> type) {
        this.type = type;
        counts = new EnumMap<>(type);
        for (E reason : type.getEnumConstants()) {
            counts.put(reason, new long[1]);
        }
    }

    /** Counts one. */
    public void add(E reason) {
        of(reason)[0]++;
    }

    /** How often {@code reason} was counted. */
    public long count(E reason) {
        return of(reason)[0];
    }

    private long[] of(E reason) {
        return Objects.requireNonNull(counts.get(reason)); // all were put there
    }

    /** A copy of all that is not zero, in the order of the constants. */
    public Map<E, Long> toMap() {
        Map<E, Long> map = new EnumMap<>(type);
        counts.forEach(
                (reason, count) -> {
                    if (count[0] != 0) {
                        map.put(reason, count[0]);
                    }
                });
        return map;
    }
}
