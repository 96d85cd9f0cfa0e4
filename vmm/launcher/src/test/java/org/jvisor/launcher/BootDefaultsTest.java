package org.jvisor.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.jvisor.machine.MachineConfig;

class BootDefaultsTest {
    @TempDir Path folder;

    private Path kernel(int magicAt, int length) throws IOException {
        ByteBuffer kernel = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        if (magicAt >= 0) {
            kernel.putInt(magicAt, 0x1badb002);
        }
        return Files.write(folder.resolve("kernel"), kernel.array());
    }

    private static String commandLine(MachineConfig.Builder config) {
        return BootDefaults.commandLine(config.build());
    }

    @Test
    void aKernelTalksToTheSerialLine() throws IOException {
        assertThat(commandLine(MachineConfig.builder().kernel(kernel(-1, 10_000))))
                .isEqualTo("console=ttyS0,115200");
    }

    @Test
    void aMultibootKernelGetsNoCommandLine() throws IOException {
        assertThat(commandLine(MachineConfig.builder().kernel(kernel(4096, 10_000)))).isEmpty();
    }

    @Test
    void theMultibootHeaderMayBeTheLastInItsRange() throws IOException {
        assertThat(commandLine(MachineConfig.builder().kernel(kernel(8188, 8192)))).isEmpty();
    }

    @Test
    void aMultibootMagicPastTheFirst8KiBIsNone() throws IOException {
        assertThat(commandLine(MachineConfig.builder().kernel(kernel(8192, 10_000)))).isNotEmpty();
    }

    @Test
    void aFlatBinaryGetsNoCommandLine() throws IOException {
        assertThat(commandLine(MachineConfig.builder().kernel(kernel(-1, 100)).flatAddress(0x7c00)))
                .isEmpty();
    }

    @Test
    void aFileThatIsMissingIsLeftToTheMachineToReport() {
        assertThat(commandLine(MachineConfig.builder().kernel(folder.resolve("none"))))
                .isEqualTo("console=ttyS0,115200");
    }
}
