package org.jvisor.machine;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A port of the host whose connections or datagrams go to a port of the guest.
 *
 * @param udp UDP, otherwise TCP
 * @param hostAddress the numeric address the host listens at; empty for all
 * @param hostPort 1 to 65535
 * @param guestAddress the numeric address in the guest's network; empty for the guest's own
 * @param guestPort 1 to 65535
 */
public record HostForward(
        boolean udp, String hostAddress, int hostPort, String guestAddress, int guestPort) {
    private static final String ADDRESS = "(\\[[0-9a-fA-F:.%a-z]*]|[0-9.]*)";
    private static final Pattern FORM =
            Pattern.compile("(tcp|udp):" + ADDRESS + ":(\\d{1,5})-" + ADDRESS + ":(\\d{1,5})");

    /** Checks the ports. */
    public HostForward {
        if (hostPort < 1 || hostPort > 0xffff || guestPort < 1 || guestPort > 0xffff) {
            throw new MachineException(
                    MachineException.Kind.CONFIGURATION,
                    "a forwarded port is a number from 1 to 65535, not %d or %d"
                            .formatted(hostPort, guestPort));
        }
    }

    /**
     * Reads {@code tcp:[ADDRESS]:PORT-[ADDRESS]:PORT}, or {@code udp:...}; IPv6 addresses stand in
     * brackets.
     *
     * @throws MachineException if it is not of that form
     */
    public static HostForward parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new MachineException(
                    MachineException.Kind.CONFIGURATION,
                    "'%s' is no port forwarding: write it as tcp:127.0.0.1:2222-:22"
                            .formatted(text));
        }
        return new HostForward(
                matcher.group(1).equals("udp"),
                bare(matcher.group(2)),
                Integer.parseInt(matcher.group(3)),
                bare(matcher.group(4)),
                Integer.parseInt(matcher.group(5)));
    }

    private static String bare(String address) {
        return address.startsWith("[") ? address.substring(1, address.length() - 1) : address;
    }
}
