package org.jvisor.virtio.net;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jvisor.virtio.RateLimiter.Limits;

/**
 * The limits of an interface's traffic. In text: {@code bps=10M} bytes and {@code iops=1000}
 * packets a second, in each direction; {@code rx-bps=}, {@code tx-bps=}, {@code rx-iops=} and
 * {@code tx-iops=} for what the guest receives and sends. What may go at once after a pause is the
 * amount of a second, or what the same keys with {@code -burst} say.
 *
 * @param receive what the guest receives
 * @param transmit what the guest sends
 */
public record NetRates(Limits receive, Limits transmit) {
    /** No limits. */
    public static final NetRates NONE = new NetRates(Limits.NONE, Limits.NONE);

    private static final Pattern SIZE = Pattern.compile("(\\d{1,12})([KMGkmg]?)");

    static NetRates parse(NetText words) {
        Limits both = limits(words, "", Limits.NONE);
        return new NetRates(limits(words, "rx-", both), limits(words, "tx-", both));
    }

    private static Limits limits(NetText words, String direction, Limits otherwise) {
        String bps = direction + "bps";
        String iops = direction + "iops";
        long bytes = size(words, bps, otherwise.bytesPerSecond());
        long packets = size(words, iops, otherwise.operationsPerSecond());
        return new Limits(
                bytes,
                burst(words, bps, bytes, otherwise.burstBytes()),
                packets,
                burst(words, iops, packets, otherwise.burstOperations()));
    }

    private static long burst(NetText words, String key, long rate, long otherwise) {
        long burst = size(words, key + "-burst", otherwise);
        if (burst != 0 && rate == 0) {
            throw new IllegalArgumentException(
                    "%s-burst= limits nothing by itself: give %s= too".formatted(key, key));
        }
        return burst;
    }

    private static long size(NetText words, String key, long otherwise) {
        String text = words.text(key);
        if (text == null) {
            return otherwise;
        }
        Matcher matcher = SIZE.matcher(text);
        if (!matcher.matches() || Long.parseLong(matcher.group(1)) == 0) {
            throw new IllegalArgumentException(
                    "%s=%s: write a number above 0, with K, M or G (powers of 1024) if you like"
                            .formatted(key, text));
        }
        int shift =
                switch (matcher.group(2)) {
                    case "K", "k" -> 10;
                    case "M", "m" -> 20;
                    case "G", "g" -> 30;
                    default -> 0;
                };
        return Long.parseLong(matcher.group(1)) << shift;
    }
}
