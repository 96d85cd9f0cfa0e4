package org.jvisor.launcher.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostSourceTest {
    private static final int PT_LOAD = 1, PT_INTERP = 3;

    @TempDir Path host;
    private final Progress progress = new Progress(new PrintWriter(Writer.nullWriter()), false);

    private static byte[] elf(int... segments) {
        ByteBuffer elf =
                ByteBuffer.allocate(64 + 56 * segments.length).order(ByteOrder.LITTLE_ENDIAN);
        elf.putInt(0, 0x464c457f).put(4, (byte) 2).put(5, (byte) 1);
        elf.putShort(18, (short) 62);
        elf.putLong(32, 64).putShort(54, (short) 56).putShort(56, (short) segments.length);
        for (int i = 0; i < segments.length; i++) {
            elf.putInt(64 + 56 * i, segments[i]);
        }
        return elf.array();
    }

    private void file(String path, byte[] content) throws IOException {
        Path file = host.resolve(path);
        Files.createDirectories(file.getParent());
        Files.write(file, content);
    }

    private PackageSource.Ingredients fetch() throws Exception {
        return new HostSource(host).fetch(Flavor.CLOUD, host, progress);
    }

    @Test
    void theNewestKernelIsTaken() throws Exception {
        file("boot/vmlinuz-6.1", new byte[] {1});
        file("boot/vmlinuz-6.9", new byte[] {9});
        Files.setLastModifiedTime(host.resolve("boot/vmlinuz-6.1"), FileTime.fromMillis(1_000));
        Files.setLastModifiedTime(host.resolve("boot/vmlinuz-6.9"), FileTime.fromMillis(9_000));
        file("bin/busybox", elf(PT_LOAD));
        PackageSource.Ingredients found = fetch();
        assertThat(found.kernel()).containsExactly(9);
        assertThat(found.version()).isEqualTo("6.9");
    }

    @Test
    void aDynamicBusyboxIsNotTaken() throws Exception {
        file("boot/vmlinuz-6.1", new byte[] {1});
        file("bin/busybox", elf(PT_INTERP, PT_LOAD));
        assertThatThrownBy(this::fetch)
                .isInstanceOf(PackageSource.Unavailable.class)
                .hasMessageContaining("static x86-64 busybox");
    }

    @Test
    void aHostWithoutAKernelSaysSo() throws Exception {
        Files.createDirectories(host.resolve("boot"));
        assertThatThrownBy(this::fetch)
                .isInstanceOf(PackageSource.Unavailable.class)
                .hasMessageContaining("vmlinuz-*");
    }

    @Test
    void aHostWithoutBootSaysSo() {
        assertThatThrownBy(this::fetch)
                .isInstanceOf(PackageSource.Unavailable.class)
                .hasMessageContaining("boot");
    }

    @Test
    void damagedProgramHeadersAreNotStatic() {
        byte[] elf = elf(PT_LOAD);
        ByteBuffer.wrap(elf).order(ByteOrder.LITTLE_ENDIAN).putLong(32, Long.MAX_VALUE);
        assertThat(HostSource.isStaticX8664(elf)).isFalse();
    }
}
