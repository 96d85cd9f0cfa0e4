package org.jvisor.virtio.net;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jvisor.virtio.RateLimiter.Limits;

/**
 * The limits of an interface's traffic. In text: {@code rx-rate=10M} and {@code tx-rate=10M} in
 * bytes a second, {@code rx-packets=} and {@code tx-packets=} in packets a second; what may go at
 * once after a pause is the amount of a second, or what {@code rx-burst=}, {@code tx-burst=}
 * (bytes) say.
 *
 * @param receive what the guest receives
 * @param transmit what the guest sends
 */
public record NetRates(Limits receive, Limits transmit) {
    /** No limits. */
    public static final NetRates NONE = new NetRates(Limits.NONE, Limits.NONE);

    private static final Pattern SIZE = Pattern.compile("(\\d{1,12})([KMGkmg]?)");

    static NetRates parse(NetText words) {
        return new NetRates(rate(words, "rx"), rate(words, "tx"));
    }

    private static Limits rate(NetText words, String direction) {
        long bytes = size(words, direction + "-rate");
        long burst = size(words, direction + "-burst");
        if (burst != 0 && bytes == 0) {
            throw new IllegalArgumentException(
                    "%s-burst= limits nothing by itself: give %s-rate= too"
                            .formatted(direction, direction));
        }
        return new Limits(bytes, burst, size(words, direction + "-packets"), 0);
    }

    private static long size(NetText words, String key) {
        String text = words.text(key);
        if (text == null) {
            return 0;
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
