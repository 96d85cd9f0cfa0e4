package org.jvisor.virtio.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NetSpecTest {
    private static NetAttachment.User user(String text) {
        return (NetAttachment.User) NetSpec.parse(text).attachment();
    }

    private static NetAttachment.Ipv4 ipv4(NetAttachment.User user) {
        return Objects.requireNonNull(user.ipv4());
    }

    private static NetAttachment.Ipv6 ipv6(NetAttachment.User user) {
        return Objects.requireNonNull(user.ipv6());
    }

    @Test
    void userNetworkingHasTheAddressesItsUsersKnow() {
        NetAttachment.User user = user("user");
        assertThat(ipv4(user).host().getHostAddress()).isEqualTo("10.0.2.2");
        assertThat(ipv4(user).dns().getHostAddress()).isEqualTo("10.0.2.3");
        assertThat(ipv4(user).dhcpStart().getHostAddress()).isEqualTo("10.0.2.15");
        assertThat(ipv6(user).host()).isEqualTo(NetText.ipv6("fec0::2"));
        assertThat(ipv6(user).dns()).isEqualTo(NetText.ipv6("fec0::3"));
        assertThat(user.restrict()).isFalse();
        assertThat(NetSpec.parse("user").options()).isEqualTo(NetOptions.DEFAULT);
    }

    @Test
    void portsAreForwardedAsWritten() {
        assertThat(
                        user("user,hostfwd=tcp:127.0.0.1:2222-:22,hostfwd=udp::53-10.0.2.9:5353")
                                .forwards())
                .containsExactly(
                        new PortForward(
                                PortForward.Protocol.TCP,
                                NetText.ipv4("127.0.0.1"),
                                2222,
                                null,
                                22),
                        new PortForward(
                                PortForward.Protocol.UDP,
                                NetText.ipv4("127.0.0.1"),
                                53,
                                NetText.ipv4("10.0.2.9"),
                                5353));
    }

    @Test
    void ipv6AddressesOfForwardsStandInBrackets() {
        PortForward forward = PortForward.parse("tcp:[::1]:80-[fec0::15]:8080");
        assertThat(forward.hostAddress()).isEqualTo(NetText.ipv6("::1"));
        assertThat(forward.guestAddress()).isEqualTo(NetText.ipv6("fec0::15"));
        assertThat(PortForward.parse(forward.toString())).isEqualTo(forward);
    }

    @Test
    void addressesFollowTheNetwork() {
        NetAttachment.User user = user("user,net=192.168.0.0/16,host=192.168.9.1,net6=fd01::/64");
        assertThat(ipv4(user).host().getHostAddress()).isEqualTo("192.168.9.1");
        assertThat(ipv4(user).dns().getHostAddress()).isEqualTo("192.168.0.3");
        assertThat(ipv6(user).host()).isEqualTo(NetText.ipv6("fd01::2"));
    }

    @Test
    void whatTheGuestSeesIsSaidForEveryKind() {
        NetOptions options =
                NetSpec.parse(
                                "tap,ifname=jv0,mac=52:54:00:00:00:01,mtu=9000,queues=4,speed=10000,duplex=half,link=down")
                        .options();
        assertThat(options.mac()).isEqualTo(MacAddress.parse("52:54:00:00:00:01"));
        assertThat(options.mtu()).isEqualTo(9000);
        assertThat(options.queuePairs()).isEqualTo(4);
        assertThat(options.speed()).isEqualTo(10000);
        assertThat(options.fullDuplex()).isFalse();
        assertThat(options.linkUp()).isFalse();
    }

    @Test
    void ratesHoldForBothDirectionsOrOne() {
        NetRates rates = NetSpec.parse("none,bps=10M,bps-burst=1M,rx-iops=500").options().rates();
        assertThat(rates.transmit().bytesPerSecond()).isEqualTo(10 << 20);
        assertThat(rates.transmit().operationsPerSecond()).isZero();
        assertThat(rates.receive().burstBytes()).isEqualTo(1 << 20);
        assertThat(rates.receive().operationsPerSecond()).isEqualTo(500);
    }

    @Test
    void twoCommasAreOneInAValue() {
        NetAttachment.Passt passt =
                (NetAttachment.Passt) NetSpec.parse("passt,socket=/run/a,,b").attachment();
        assertThat(passt.socket()).isEqualTo(Path.of("/run/a,b"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "slirp                                   | user, passt, tap or none",
                "user,hostfwd                            | not KEY=VALUE",
                "user,ifname=tap0                        | has no option ifname=; it has",
                "user,mac=1:2                            | six bytes",
                "user,mac=01:00:00:00:00:00              | lowest bit",
                "user,mtu=10                             | from 68 to 65520",
                "user,queues=2                           | one pair",
                "user,net=10.0.2.0                       | ADDRESS/PREFIXLENGTH",
                "user,net=10.0.2.1/24                    | beyond its prefix",
                "user,net=10.0.0.0/30                    | 8 to 29",
                "user,net=300.0.0.0/24                   | not an IPv4 address",
                "user,host=10.0.3.1                      | not an address of a host in",
                "user,host=10.0.2.3                      | different addresses",
                "user,ipv4=off,ipv6=off                  | --net none",
                "user,ipv4=maybe                         | ipv4=on or ipv4=off",
                "user,restrict=on,restrict=on            | given 2 times",
                "user,hostname=                          | needs a value",
                "user,hostfwd=tcp:2222-22                | for instance",
                "user,hostfwd=tcp:127.0.0.1:99999-:22    | 1 to 65535",
                "user,hostfwd=tcp:[::1]:22-:22           | name the guest's IPv6 address",
                "user,hostfwd=tcp:[::1]:22-10.0.2.15:22  | different families",
                "user,ipv4=off,hostfwd=tcp::2222-:22     | needs ipv4",
                "user,bps=fast                           | K, M or G",
                "user,bps-burst=1M                       | give bps= too",
                "tap,ifname=averyveryverylongname        | 1 to 15 characters",
                "tap,bridge=a/b                          | no '/'",
                "passt,socket=/x,hostfwd=tcp::22-:22     | its own options",
                "none,duplex=most                        | full or duplex=half"
            })
    void whatIsWrongIsTold(String text, String message) {
        assertThatThrownBy(() -> NetSpec.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    @Test
    void aDerivedAddressIsLocalAndTheSameEveryTime() {
        MacAddress one = MacAddress.derive("web/net0");
        assertThat(one).isEqualTo(MacAddress.derive("web/net0"));
        assertThat(one).isNotEqualTo(MacAddress.derive("web/net1"));
        assertThat(one.octet(0)).isEqualTo(2);
        assertThat(MacAddress.parse(one.toString())).isEqualTo(one);
    }
}
