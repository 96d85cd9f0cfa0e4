package org.jvisor.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.jvisor.virtio.net.NetSpec;

class DeviceConfigTest {
    @Test
    void onlyTheNameOfADisksFileTellsItsFormat() {
        assertThat(DiskConfig.parse("a.img").format()).isEqualTo(DiskConfig.Format.RAW);
        assertThat(DiskConfig.parse("a.QCOW2").format()).isEqualTo(DiskConfig.Format.QCOW2);
        assertThat(DiskConfig.parse("a.qcow2.bak").format()).isEqualTo(DiskConfig.Format.RAW);
        assertThat(DiskConfig.parse("a.img,format=qcow2").format())
                .isEqualTo(DiskConfig.Format.QCOW2);
        assertThat(DiskConfig.parse("a.qcow2,format=raw").format())
                .isEqualTo(DiskConfig.Format.RAW);
    }

    @Test
    void everyOptionOfADiskReachesItsPart() {
        assertThat(
                        DiskConfig.parse(
                                "d.img,ro,direct,serial=X1,queues=4,bps=1M,bps-burst=2M,iops=9,iops-burst=99"))
                .isEqualTo(
                        new DiskConfig(
                                Path.of("d.img"),
                                DiskConfig.Format.RAW,
                                true,
                                false,
                                "X1",
                                true,
                                4,
                                List.of(),
                                new RateConfig(1 << 20, 2 << 20, 9, 99)));
    }

    @Test
    void twoCommasAreOneInAFileName() {
        assertThat(DiskConfig.parse("a,,b=c.img,overlay").file()).isEqualTo(Path.of("a,b=c.img"));
    }

    @Test
    void anInterfaceIsReadAsItsOwnPackageReadsIt() {
        String text = "user,hostfwd=tcp:127.0.0.1:2222-:22,hostfwd=udp:[::1]:53-[fec0::15]:5353";
        assertThat(NetworkConfig.parse(text).spec()).isEqualTo(NetSpec.parse(text));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''                        | a disk: the file is missing",
                "a.img,readonly            | 'readonly' is not known: there are backing, bps, bps-burst",
                "a.img,format              | format needs a value: format=...",
                "a.img,format=vmdk         | the format is raw or qcow2, not 'vmdk'",
                "a.img,ro,overlay          | ro and overlay exclude each other",
                "a.img,ro=maybe            | ro is on or off, not 'maybe'",
                "a.img,serial=a,serial=b   | serial is given twice",
                "a.img,serial=123456789012345678901 | 20 ASCII characters or fewer",
                "a.img,backing=b.img       | backing files belong to qcow2 images",
                "a.img,queues=17           | queues is a number from 1 to 16, not '17'",
                "a.img,bps=fast            | bps: 'fast' is not a size",
                "a.img,iops-burst=5        | iops-burst is given without iops",
            })
    void aBadDiskIsRefusedWithTheReason(String text, String message) {
        assertThatThrownBy(() -> DiskConfig.parse(text))
                .isInstanceOf(MachineException.class)
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "bridge                       | 'bridge' is not a kind of network",
                "user,ifname=tap0             | network 'user' has no option ifname=",
                "user,hostfwd=tcp:2222-22     | write for instance tcp:127.0.0.1:2222-:22",
                "user,hostfwd=tcp::70000-:22  | a number from 1 to 65535",
                "user,mac=1:2:3               | '1:2:3' is not a MAC address",
                "user,mac=01:00:5e:00:00:01   | cannot be an interface's MAC address",
                "user,mtu=67                  | mtu=67: write a number from 68 to 65520",
                "tap,ifname=a-name-much-too-long | 1 to 15 characters",
                "passt,socket=s,hostfwd=tcp::1-:1 | its own options",
            })
    void aBadInterfaceIsRefusedWithTheReason(String text, String message) {
        assertThatThrownBy(() -> NetworkConfig.parse(text))
                .isInstanceOf(MachineException.class)
                .hasMessageContaining(message);
    }

    @Test
    void aVsockHasAContextIdOfItsOwn() {
        assertThat(DeviceConfig.Vsock.parse("v.sock"))
                .isEqualTo(new DeviceConfig.Vsock(Path.of("v.sock"), 3));
        assertThatThrownBy(() -> DeviceConfig.Vsock.parse("v.sock,cid=2"))
                .hasMessageContaining("cid is a number from 3");
        Path socket = Path.of("v.sock");
        assertThatThrownBy(() -> new DeviceConfig.Vsock(socket, 2))
                .hasMessageContaining("no guest's context ID");
    }

    @Test
    void aMachineHasAnEntropySourceUnlessItIsLeftOut() {
        assertThat(MachineConfig.builder().build().devices())
                .containsExactly(new DeviceConfig.Rng());
        assertThat(MachineConfig.builder().without(DeviceConfig.Rng.class).build().devices())
                .isEmpty();
    }

    @Test
    void thereIsASlotForEachDeviceOrAnError() {
        MachineConfig.Builder full =
                MachineConfig.builder()
                        .disks(
                                Stream.generate(() -> DiskConfig.of(Path.of("d.img")))
                                        .limit(28)
                                        .toList());
        assertThat(full.build().disks()).hasSize(28);
        full.network(NetworkConfig.user());
        assertThatThrownBy(full::build)
                .hasMessageContaining("30 virtio devices are too many: a machine has room for 29");
    }
}
