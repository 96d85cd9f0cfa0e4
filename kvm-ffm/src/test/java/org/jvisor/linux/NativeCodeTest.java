package org.jvisor.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class NativeCodeTest {
    /** mov rax, [rdi]; add rax, 1; mov [rdi], rax; ret. */
    private static final byte[] INCREMENT = HexFormat.of().parseHex("488b074883c001488907c3");

    /** shl qword [rdi], 1; ret. */
    private static final byte[] DOUBLE = HexFormat.of().parseHex("48d127c3");

    @BeforeAll
    static void needsAnX86() {
        String arch = System.getProperty("os.arch", "");
        if (!arch.equals("amd64")) {
            System.out.println("skipped, as the code is for x86-64 and this is " + arch);
        }
        assumeTrue(arch.equals("amd64"), "the code is for x86-64");
    }

    private static long call(NativeCode code, long offset, long value) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment context = arena.allocateFrom(ValueLayout.JAVA_LONG, value);
            code.call(offset, context);
            return context.get(ValueLayout.JAVA_LONG, 0);
        }
    }

    @Test
    void codeChangesItsContext() {
        try (NativeCode code = NativeCode.of(INCREMENT)) {
            assertThat(call(code, 0, 41)).isEqualTo(42);
        }
    }

    @Test
    void codeCanBeReplaced() {
        try (NativeCode code = NativeCode.of(INCREMENT)) {
            code.replace(DOUBLE);
            assertThat(call(code, 0, 21)).isEqualTo(42);
        }
    }

    @Test
    void oneAreaHoldsSeveralFunctions() {
        try (NativeCode code = NativeCode.allocate(4096)) {
            byte[] both = new byte[64 + DOUBLE.length];
            System.arraycopy(INCREMENT, 0, both, 0, INCREMENT.length);
            System.arraycopy(DOUBLE, 0, both, 64, DOUBLE.length);
            code.replace(both);
            assertThat(call(code, 0, 10)).isEqualTo(11);
            assertThat(call(code, 64, 10)).isEqualTo(20);
        }
    }

    @Test
    void codeOutsideTheAreaIsNotCalled() {
        try (NativeCode code = NativeCode.of(INCREMENT)) {
            assertThatThrownBy(() -> code.call(4096, MemorySegment.NULL))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @Test
    void codeThatDoesNotFitIsRefused() {
        try (NativeCode code = NativeCode.allocate(10)) {
            assertThat(code.size()).isEqualTo(4096);
            assertThatThrownBy(() -> code.replace(new byte[5000]))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @Test
    void codeMayBeClosedTwice() {
        NativeCode code = NativeCode.of(INCREMENT);
        code.close();
        assertThatCode(code::close).doesNotThrowAnyException();
    }

    @Test
    void closedCodeIsNotCalled() {
        NativeCode code = NativeCode.of(INCREMENT);
        code.close();
        assertThatThrownBy(() -> code.call(MemorySegment.NULL))
                .isInstanceOf(IllegalStateException.class);
    }
}
