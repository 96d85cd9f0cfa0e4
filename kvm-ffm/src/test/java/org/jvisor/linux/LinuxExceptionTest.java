package org.jvisor.linux;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LinuxExceptionTest {
    @Test
    void theMessageHasOperationSymbolAndText() {
        assertThat(new LinuxException("mmap of 5 bytes", 12))
                .hasMessage("mmap of 5 bytes failed: ENOMEM (Cannot allocate memory)");
    }

    @Test
    void theMessageHasTheAdvice() {
        assertThat(new LinuxException("open of x", 2, "Make it first."))
                .hasMessageEndingWith(". Make it first.");
    }

    @Test
    void theSymbolsStandAtTheirNumbers() {
        assertThat(Errno.name(1)).isEqualTo("EPERM");
        assertThat(Errno.name(11)).isEqualTo("EAGAIN");
        assertThat(Errno.name(38)).isEqualTo("ENOSYS");
        assertThat(Errno.name(42)).isEqualTo("ENOMSG");
        assertThat(Errno.name(59)).isEqualTo("EBFONT");
        assertThat(Errno.name(95)).isEqualTo("EOPNOTSUPP");
        assertThat(Errno.name(110)).isEqualTo("ETIMEDOUT");
        assertThat(Errno.name(133)).isEqualTo("EHWPOISON");
    }

    @Test
    void aNumberWithoutSymbolIsShownAsItIs() {
        assertThat(Errno.name(41)).isEqualTo("errno 41");
        assertThat(Errno.name(4711)).isEqualTo("errno 4711");
    }
}
