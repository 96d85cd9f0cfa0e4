package org.jvisor.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.jvisor.machine.AcceleratorKind;
import org.jvisor.machine.DeviceConfig;
import org.jvisor.machine.DiskConfig;
import org.jvisor.machine.Machine;
import org.jvisor.machine.NetworkConfig;

class DeviceCommandsTest {
    @TempDir private Path folder = Path.of("");

    private Machine.Builder machine() {
        return Machine.builder()
                .memory(2 << 20)
                .accelerator(AcceleratorKind.SOFTWARE)
                .code(0x1000, new byte[] {(byte) 0xf4});
    }

    private static String execute(Machine vm, String command) {
        return DeviceCommands.execute(vm, List.of(command.split(" ")));
    }

    private static void refused(Machine vm, String command, String why) {
        assertThatThrownBy(() -> execute(vm, command))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(why);
    }

    @Test
    void aDiskGrowsAndNeverShrinks() throws IOException {
        Path file = folder.resolve("disk.raw");
        Files.write(file, new byte[1 << 20]);
        try (Machine vm = machine().disk(DiskConfig.of(file)).build()) {
            assertThat(execute(vm, "disk 0")).isEqualTo("disk 0 has 1M");
            assertThat(execute(vm, "disk 0 3m")).isEqualTo("disk 0 has 3M");
            assertThat(file).hasSize(3 << 20);
            refused(vm, "disk 0 2M", "--shrink");
            refused(vm, "disk 1 8M", "numbered from 0 to 0");
            refused(vm, "disk", "such as disk 0 8G");
            refused(vm, "disk 0 much", "'much' is not a size");
            assertThat(file).hasSize(3 << 20);
        }
    }

    @Test
    void aCableIsPulledOutAndPluggedIn() {
        try (Machine vm = machine().network(NetworkConfig.parse("none")).build()) {
            boolean before = vm.linkUp(0);
            assertThat(execute(vm, "link 0 down")).endsWith("is down");
            assertThat(vm.linkUp(0)).isFalse();
            execute(vm, "link 0 up");
            assertThat(vm.linkUp(0)).isEqualTo(before);
            refused(vm, "link 0 sideways", "up|down");
            refused(vm, "link 3", "no network interface 3");
        }
    }

    @Test
    void aBalloonIsAskedForMemory() {
        try (Machine vm = machine().device(new DeviceConfig.Balloon()).build()) {
            assertThat(execute(vm, "balloon 512K")).isEqualTo("the balloon has 0 bytes of 512K");
            assertThat(vm.balloonStatistics().target()).isEqualTo(512 << 10);
            refused(vm, "balloon 1 2", "such as balloon");
        }
    }

    @Test
    void devicesThatAreNotThereAreNamed() {
        try (Machine vm = machine().build()) {
            refused(vm, "disk 0", "no disk");
            refused(vm, "link 0", "no network interface");
            refused(vm, "balloon", "no balloon");
        }
    }
}
