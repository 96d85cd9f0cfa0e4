package org.jvisor.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code jvisor run} says about files it cannot boot and memory it cannot have. */
class BadBootFilesTest {
    @TempDir Path folder;
    private final StringWriter err = new StringWriter();

    private void assertRefused(int status, String part, String... options) {
        String[] arguments = new String[options.length + 3];
        arguments[0] = "run";
        arguments[1] = "--accel=software";
        arguments[2] = "--serial=null";
        System.arraycopy(options, 0, arguments, 3, options.length);
        StringWriter out = new StringWriter();
        int found = Main.execute(new PrintWriter(out, true), new PrintWriter(err, true), arguments);
        assertThat(err.toString()).startsWith("jvisor: ").contains(part);
        assertThat(err.toString().lines()).hasSize(1);
        assertThat(out.toString()).isEmpty();
        assertThat(found).isEqualTo(status);
    }

    private String file(String name, byte[] content) throws IOException {
        return Files.write(folder.resolve(name), content).toString();
    }

    private static byte[] noise(int length) {
        byte[] noise = new byte[length];
        new Random(3).nextBytes(noise);
        noise[0] = 0; // never an ELF or MZ magic
        return noise;
    }

    @Test
    void aMissingKernel() {
        String kernel = folder.resolve("none").toString();
        assertRefused(ExitStatus.FILE, kernel, "--kernel", kernel);
    }

    @Test
    void aKernelThatIsADirectory() {
        assertRefused(ExitStatus.FILE, "directory", "--kernel", folder.toString());
    }

    @Test
    void anEmptyKernel() throws IOException {
        assertRefused(ExitStatus.FILE, "empty", "--kernel", file("k", new byte[0]));
    }

    @Test
    void aKernelThatIsNone() throws IOException {
        assertRefused(ExitStatus.FILE, "no kernel", "--kernel", file("k", noise(100_000)));
    }

    @Test
    void aTruncatedBzImage() throws IOException {
        ByteBuffer setup = ByteBuffer.allocate(1024).order(ByteOrder.LITTLE_ENDIAN);
        setup.put(0x1f1, (byte) 4); // setup_sects: more than the file has
        setup.putInt(0x1f4, 100_000); // syssize, in paragraphs
        setup.putShort(0x1fe, (short) 0xaa55);
        setup.put(0x200, (byte) 0xeb).put(0x201, (byte) 0x6a);
        setup.putInt(0x202, 0x53726448); // HdrS
        setup.putShort(0x206, (short) 0x20f);
        setup.put(0x211, (byte) 1); // loadflags: LOADED_HIGH
        setup.putShort(0x236, (short) 1); // xloadflags: XLF_KERNEL_64
        assertRefused(ExitStatus.FILE, "truncated", "--kernel", file("k", setup.array()));
    }

    @Test
    void a32BitElfWithoutMultiboot() throws IOException {
        ByteBuffer elf = ByteBuffer.allocate(8192).order(ByteOrder.LITTLE_ENDIAN);
        elf.putInt(0, 0x464c457f).put(4, (byte) 1).put(5, (byte) 1).put(6, (byte) 1);
        elf.putShort(16, (short) 2).putShort(18, (short) 3).putInt(20, 1);
        elf.putInt(24, 0x10_0000).putInt(28, 52);
        elf.putShort(40, (short) 52).putShort(42, (short) 32).putShort(44, (short) 1);
        elf.putInt(52, 1).putInt(60, 0x10_0000).putInt(64, 0x10_0000).putInt(68, 84).putInt(72, 84);
        assertRefused(ExitStatus.FILE, "32-bit", "--kernel", file("k", elf.array()));
    }

    @Test
    void moreMemoryThanTheHostHas() throws IOException {
        assertRefused(
                ExitStatus.HOST,
                "more than this host has",
                "--memory=1T",
                "--kernel",
                file("k", noise(512)),
                "--flat=0x1000");
    }

    @Test
    void aFlatBinaryLargerThanItsMemory() throws IOException {
        Path kernel = folder.resolve("huge");
        try (FileChannel file =
                FileChannel.open(kernel, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.allocate(1), (4L << 20) - 1); // sparse
        }
        assertRefused(
                ExitStatus.FILE,
                "memory",
                "--memory=2M",
                "--flat=0x1000",
                "--kernel",
                kernel.toString());
    }
}
