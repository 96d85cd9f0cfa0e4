package org.jvisor.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kernels of a few bytes given to the launcher: how they are entered, and how their end is told.
 */
class SmallKernelsTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final int LOAD = 0x10_0000;

    @TempDir Path directory;
    private Path kernel = Path.of("");

    @BeforeEach
    void name() {
        kernel = directory.resolve("kernel");
    }

    private Jvisor.Result run(String... arguments) throws IOException, InterruptedException {
        String[] all = new String[arguments.length + 5];
        System.arraycopy(
                new String[] {"run", "--accel", "software", "--kernel", kernel.toString()},
                0,
                all,
                0,
                5);
        System.arraycopy(arguments, 0, all, 5, arguments.length);
        return Jvisor.run("", LIMIT, all);
    }

    /** An ELF32 file of one segment at 1 MiB: a Multiboot header, then code. */
    private static byte[] multiboot(String code) {
        byte[] text = HexFormat.of().parseHex(code.replace(" ", ""));
        int headers = 52 + 32;
        int size = headers + 12 + text.length;
        ByteBuffer elf = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        elf.put(new byte[] {0x7f, 'E', 'L', 'F', 1, 1, 1}).position(16);
        elf.putShort((short) 2).putShort((short) 3).putInt(1); // executable, i386
        elf.putInt(LOAD + headers + 12).putInt(52).putInt(0).putInt(0);
        elf.putShort((short) 52).putShort((short) 32).putShort((short) 1);
        elf.position(52);
        elf.putInt(1).putInt(0).putInt(LOAD).putInt(LOAD).putInt(size).putInt(size);
        elf.putInt(7).putInt(0x1000);
        int magic = 0x1bad_b002;
        elf.putInt(magic).putInt(0).putInt(-magic).put(text);
        return elf.array();
    }

    @Test
    void aMultibootKernelFindsItsMagicItsModuleAndItsCommandLine() throws Exception {
        // Sends the first byte of the module and of the command line to COM1, then exits with 0x10.
        Files.write(
                kernel,
                multiboot(
                        "3d 02 b0 ad 2b" // cmp eax, 0x2badb002
                                + "75 22" // jne fail
                                + "66 ba f8 03" // mov dx, 0x3f8
                                + "8b 73 18" // mov esi, [ebx + 24]: mods_addr
                                + "8b 36" // mov esi, [esi]: mod_start
                                + "8a 06 ee" // mov al, [esi]; out dx, al
                                + "8b 73 10" // mov esi, [ebx + 16]: cmdline
                                + "8a 06 ee" // mov al, [esi]; out dx, al
                                + "b0 0a ee" // mov al, 10; out dx, al
                                + "b0 10 e6 f4" // mov al, 0x10; out 0xf4, al
                                + "eb fe 90 90" // jmp .
                                + "b0 7f e6 f4" // fail: mov al, 0x7f; out 0xf4, al
                                + "eb fe"));
        Path module = Files.writeString(directory.resolve("module"), "Module");
        Jvisor.Result result = run("--initrd", module.toString(), "--cmdline", "Words");
        assertThat(result.output()).contains("MW");
        assertThat(result.status()).isEqualTo(0x21);
    }

    @Test
    void aFlatBinaryStartsInRealModeAtItsAddress() throws Exception {
        Files.write(
                kernel,
                HexFormat.ofDelimiter(" ")
                        .parseHex(
                                "e8 00 00" // call next
                                        + " 5b" // pop bx
                                        + " 81 eb 03 7c" // sub bx, 0x7c03
                                        + " 88 d8" // mov al, bl
                                        + " e6 f4" // out 0xf4, al
                                        + " eb fe"));
        assertThat(run("--flat", "0x7c00").status()).isEqualTo(1);
    }

    @Test
    void aLoopDoesInLockstepWhatItDoesInterpreted() throws Exception {
        Files.write(
                kernel,
                multiboot(
                        "b9 00 2d 31 01" // mov ecx, 20000000
                                + "31 c0" // xor eax, eax
                                + "bb 00 00 20 00" // mov ebx, 0x200000
                                + "01 c8" // loop: add eax, ecx
                                + "c1 c0 03" // rol eax, 3
                                + "11 03" // adc [ebx], eax
                                + "49" // dec ecx
                                + "75 f6" // jnz loop
                                + "b0 10 e6 f4" // mov al, 0x10; out 0xf4, al
                                + "eb fe"));
        Jvisor.Result result = run("--lockstep");
        assertThat(result.errors())
                .containsPattern("[1-9][0-9,]* translated runs of [0-9,]+ instructions compared")
                .doesNotContain("differs");
        assertThat(result.status()).isEqualTo(0x21);
    }

    @Test
    void aTripleFaultEndsWithAReadableReport() throws Exception {
        Files.write(
                kernel,
                multiboot(
                        "bc 00 80 00 00" // mov esp, 0x8000
                                + "6a 00 6a 00" // push 0; push 0
                                + "0f 01 1c 24" // lidt [esp]
                                + "0f 0b")); // ud2
        Jvisor.Result result = run();
        assertThat(result.errors())
                .contains("triple fault", "RIP", "ud2")
                .doesNotContain("Exception", "\tat ");
        assertThat(result.status()).isEqualTo(82);
    }

    @Test
    void whatIsNoKernelIsRefusedInOneSentence() throws Exception {
        Files.writeString(kernel, "not a kernel at all\n".repeat(1000));
        Jvisor.Result result = run();
        assertThat(result.errors().lines()).hasSize(1);
        assertThat(result.errors()).contains("kernel").doesNotContain("Exception");
        assertThat(result.status()).isEqualTo(66);
    }
}
