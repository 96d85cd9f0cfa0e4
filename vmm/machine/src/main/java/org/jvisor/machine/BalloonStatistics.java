package org.jvisor.machine;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import org.jvisor.virtio.balloon.BalloonStatistic;

/**
 * What is known of a machine's balloon.
 *
 * @param target the size asked of the guest, in bytes
 * @param actual the size as the guest last told it, in bytes; less while it has not come to it, or
 *     cannot
 * @param released bytes given back to the host since the machine was made, some more than once
 * @param guest what the guest last told of its memory; empty if it has told nothing, and without
 *     what it does not tell
 */
public record BalloonStatistics(
        long target, long actual, long released, Map<BalloonStatistic, Long> guest) {
    /** Makes one; the map is copied. */
    public BalloonStatistics {
        Map<BalloonStatistic, Long> copy = new EnumMap<>(BalloonStatistic.class);
        copy.putAll(guest);
        guest = Collections.unmodifiableMap(copy);
    }
}
