package org.jvisor.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MachineConfigFileTest {
    @TempDir Path directory;

    private Path write(String json) throws IOException {
        return Files.writeString(directory.resolve("vm.json"), json);
    }

    @Test
    void everyKeyReachesItsPartOfTheConfiguration() throws IOException {
        MachineConfig config =
                MachineConfigFile.read(
                                write(
                                        """
                                        {"name": "web", "memory": "1G", "cpus": 2, "accel": "software",
                                         "smpMode": "deterministic", "clock": "instructions",
                                         "kernel": "vmlinuz", "initrd": "/boot/initrd", "cmdline": "quiet",
                                         "flatAddress": "0x10000", "noReboot": true,
                                         "transport": "mmio",
                                         "disks": ["a.img,ro", {"file": "/b.qcow2", "overlay": true,
                                                   "serial": "b", "bps": "10M", "iops": 100}],
                                         "networks": [{"kind": "user", "mac": "52:54:00:00:00:01",
                                                       "hostfwd": ["tcp::2222-:22", "udp:127.0.0.1:53-:53"]},
                                                      "tap,ifname=tap0,bridge=br0,mtu=9000"],
                                         "rng": false, "balloon": true,
                                         "vsock": {"socket": "v.sock", "cid": 7}}
                                        """))
                        .build();
        assertThat(config)
                .isEqualTo(
                        new MachineConfig(
                                "web",
                                1L << 30,
                                2,
                                AcceleratorKind.SOFTWARE,
                                SmpMode.DETERMINISTIC,
                                ClockKind.INSTRUCTIONS,
                                directory.resolve("vmlinuz").toAbsolutePath(),
                                Path.of("/boot/initrd"),
                                "quiet",
                                0x10000L,
                                true,
                                TransportKind.MMIO,
                                List.of(
                                        DiskConfig.of(directory.resolve("a.img").toAbsolutePath())
                                                .asReadOnly(),
                                        DiskConfig.of(Path.of("/b.qcow2"))
                                                .asOverlay()
                                                .withSerial("b")
                                                .withLimit(new RateConfig(10 << 20, 0, 100, 0))),
                                List.of(
                                        NetworkConfig.parse(
                                                        "user,hostfwd=tcp::2222-:22,hostfwd=udp:127.0.0.1:53-:53")
                                                .withMac("52:54:00:00:00:01"),
                                        NetworkConfig.parse("tap,ifname=tap0,bridge=br0,mtu=9000")),
                                List.of(
                                        new DeviceConfig.Balloon(),
                                        new DeviceConfig.Vsock(
                                                directory.resolve("v.sock").toAbsolutePath(), 7))));
    }

    @Test
    void anEmptyObjectGivesTheDefaults() throws IOException {
        assertThat(MachineConfigFile.read(write("{}")).build())
                .isEqualTo(MachineConfig.builder().build());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"cpus\": 1,\\n  \"memory\": }       | line 2, column",
                "{\"memry\": 1}                        | did you mean \"memory\"?",
                "{\"x\": 1}                            | the keys are name, memory",
                "{\"cpus\": \"two\"}                   | \"cpus\" takes a whole number",
                "{\"cpus\": 1, \"cpus\": 2}            | given twice",
                "{\"accel\": \"xen\"}                  | not \"xen\"",
                "{\"smpMode\": \"fast\"}              | not \"fast\"",
                "{\"clock\": \"sun\"}                 | not \"sun\"",
                "{\"memory\": \"lots\"}                | not a size",
                "{\"noReboot\": 1}                     | true or false",
                "[]                                    | one JSON object",
                "{} {}                                 | more after",
                "{\"name\": \"a\"                      | line 1, column",
            })
    void badFilesAreToldWithTheirPlaceAndReason(String json, String expected) throws IOException {
        Path file = write(json.replace("\\n", "\n"));
        assertThatThrownBy(() -> MachineConfigFile.read(file))
                .isInstanceOf(MachineException.class)
                .hasMessageContaining("vm.json")
                .hasMessageContaining("line ")
                .hasMessageContaining(expected);
    }

    @Test
    void aMissingFileIsNamed() {
        assertThatThrownBy(() -> MachineConfigFile.read(directory.resolve("none.json")))
                .isInstanceOf(MachineException.class)
                .hasMessageContaining("none.json does not exist");
    }

    @ParameterizedTest
    @CsvSource({"0, 1", "1000, 1", "1048577, 1", "1048576, 0", "1048576, 1000"})
    void impossibleSizesAreRefused(long memory, int cpus) {
        MachineConfig.Builder config = MachineConfig.builder().memory(memory).cpus(cpus);
        assertThatThrownBy(config::build).isInstanceOf(MachineException.class);
    }
}
