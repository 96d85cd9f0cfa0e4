package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Test;
import org.jvisor.linux.LinuxException;

/** When regions are machine code of the host. */
class HostSupportTest {
    private static final int EACCES = 13;

    private boolean tried;

    @Test
    void aHostThatExecutesWhatIsMadeHereIsUsed() {
        assertThat(HostSupport.isPresent("amd64", () -> tried = true)).isTrue();
        assertThat(tried).isTrue();
    }

    @Test
    void aHostThatForbidsExecutableMemoryIsNot() {
        Runnable refused =
                () -> {
                    throw new LinuxException("mprotect of code pages", EACCES);
                };
        assertThat(HostSupport.isPresent("amd64", refused)).isFalse();
    }

    @Test
    void aHostOfAnotherArchitectureIsNotEvenTried() {
        assertThat(HostSupport.isPresent("aarch64", () -> tried = true)).isFalse();
        assertThat(tried).isFalse();
    }

    @Test
    void aMistakeIsNotTakenForARefusal() {
        Runnable mistaken =
                () -> {
                    throw new IndexOutOfBoundsException("a mistake");
                };
        assertThatThrownBy(() -> HostSupport.isPresent("amd64", mistaken))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void bytecodeIsMadeInsteadWhereThatIsAskedFor() {
        assumeTrue(HostSupport.PRESENT, "the host does not execute what is made here");
        assertThat(HostCompiler.AVAILABLE)
                .isNotEqualTo(Boolean.getBoolean("org.jvisor.emulator.bytecode"));
    }
}
