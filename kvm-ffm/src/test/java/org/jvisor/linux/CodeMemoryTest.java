package org.jvisor.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.HexFormat;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class CodeMemoryTest {
    private static final int SIZE = 64 << 10;

    private static final MethodHandle CALL =
            Linker.nativeLinker()
                    .downcallHandle(
                            FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.ADDRESS));

    /** mov rax, [rdi]; add rax, 1; ret. */
    private static final byte[] NEXT = HexFormat.of().parseHex("488b074883c001c3");

    /** mov rax, [rdi]; add rax, rax; ret. */
    private static final byte[] TWICE = HexFormat.of().parseHex("488b074801c0c3");

    /** Until [rdi] is not 0: pause; cmp qword [rdi], 0; jz; then mov rax, [rdi]; ret. */
    private static final byte[] WAIT = HexFormat.of().parseHex("f39048833f0074f8488b07c3");

    @BeforeAll
    static void needsAnX86() {
        String arch = System.getProperty("os.arch", "");
        if (!arch.equals("amd64")) {
            System.out.println("skipped, as the code is for x86-64 and this is " + arch);
        }
        assumeTrue(arch.equals("amd64"), "the code is for x86-64");
    }

    private static long call(CodeMemory code, long offset, MemorySegment context) {
        try {
            return (long)
                    CALL.invokeExact(MemorySegment.ofAddress(code.address() + offset), context);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    private static long call(CodeMemory code, long offset, long value) {
        try (Arena arena = Arena.ofConfined()) {
            return call(code, offset, arena.allocateFrom(ValueLayout.JAVA_LONG, value));
        }
    }

    @Test
    void codeThatWasPutIsExecuted() {
        CodeMemory code = CodeMemory.allocate(SIZE);
        code.put(0, NEXT);
        code.put(NEXT.length, TWICE);
        assertThat(call(code, 0, 41)).isEqualTo(42);
        assertThat(call(code, NEXT.length, 21)).isEqualTo(42);
    }

    @Test
    void codeIsReplacedByWhatIsPutThereLater() {
        CodeMemory code = CodeMemory.allocate(SIZE);
        for (int i = 0; i < 100; i++) {
            code.put(0x40, i % 2 == 0 ? NEXT : TWICE);
            assertThat(call(code, 0x40, 7)).isEqualTo(i % 2 == 0 ? 8 : 14);
        }
    }

    @Test
    void codeFitsUpToTheLastByte() {
        CodeMemory code = CodeMemory.allocate(SIZE);
        assertThat(code.size()).isEqualTo(SIZE);
        code.put(SIZE - NEXT.length, NEXT);
        assertThat(call(code, SIZE - NEXT.length, 1)).isEqualTo(2);
    }

    @Test
    void codeThatDoesNotFitIsRefused() {
        CodeMemory code = CodeMemory.allocate(4096);
        for (long offset : new long[] {-1, 4096 - NEXT.length + 1, 4096, Long.MAX_VALUE}) {
            assertThatThrownBy(() -> code.put(offset, NEXT))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @Test
    void twoSpacesAreApart() {
        CodeMemory one = CodeMemory.allocate(4096);
        CodeMemory other = CodeMemory.allocate(4096);
        one.put(0, NEXT);
        other.put(0, TWICE);
        assertThat(call(one, 0, 5)).isEqualTo(6);
        assertThat(call(other, 0, 5)).isEqualTo(10);
    }

    @Test
    @Timeout(30)
    void codeIsPutBesideCodeThatRuns() throws InterruptedException {
        CodeMemory code = CodeMemory.allocate(SIZE);
        code.put(0, WAIT);
        AtomicLong found = new AtomicLong();
        CountDownLatch started = new CountDownLatch(1);
        try (Arena arena = Arena.ofShared()) {
            MemorySegment flag = arena.allocate(ValueLayout.JAVA_LONG);
            Thread runs =
                    Thread.ofPlatform()
                            .daemon()
                            .start(
                                    () -> {
                                        started.countDown();
                                        found.set(call(code, 0, flag));
                                    });
            started.await();
            for (int at = 0x40; at + 0x40 <= SIZE; at += 0x40) { // in its page and all others
                code.put(at, at % 0x80 == 0 ? NEXT : TWICE);
                assertThat(call(code, at, 3)).isEqualTo(at % 0x80 == 0 ? 4 : 6);
            }
            assertThat(found.get()).isZero();
            flag.set(ValueLayout.JAVA_LONG, 0, 9);
            runs.join();
        }
        assertThat(found.get()).isEqualTo(9);
    }
}
