package org.jvisor.machine;

import java.util.Set;

/**
 * How much a disk or a network interface may do. Each limit is a bucket that fills at its rate and
 * holds its burst; 0 is no limit.
 *
 * @param bytesPerSecond bytes a second, both directions together; 0 for no limit
 * @param bytesBurst how many bytes may go at once after a pause; 0 for one second's worth
 * @param operationsPerSecond requests or packets a second; 0 for no limit
 * @param operationsBurst how many may go at once after a pause; 0 for one second's worth
 */
public record RateConfig(
        long bytesPerSecond, long bytesBurst, long operationsPerSecond, long operationsBurst) {
    /** No limit. */
    public static final RateConfig UNLIMITED = new RateConfig(0, 0, 0, 0);

    static final Set<String> KEYS = Set.of("bps", "bps-burst", "iops", "iops-burst");

    /** Checks the values. */
    public RateConfig {
        if (bytesPerSecond < 0
                || bytesBurst < 0
                || operationsPerSecond < 0
                || operationsBurst < 0) {
            throw bad("a rate or a burst cannot be negative");
        }
        if (bytesBurst > 0 && bytesPerSecond == 0) {
            throw bad("bps-burst is given without bps: give the rate too");
        }
        if (operationsBurst > 0 && operationsPerSecond == 0) {
            throw bad("iops-burst is given without iops: give the rate too");
        }
    }

    static RateConfig of(DeviceSpec spec) {
        return new RateConfig(
                spec.size("bps"),
                spec.size("bps-burst"),
                spec.size("iops"),
                spec.size("iops-burst"));
    }

    private static MachineException bad(String message) {
        return new MachineException(MachineException.Kind.CONFIGURATION, message);
    }
}
