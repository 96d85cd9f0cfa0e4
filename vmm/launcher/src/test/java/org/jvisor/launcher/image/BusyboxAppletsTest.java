package org.jvisor.launcher.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class BusyboxAppletsTest {
    private static byte[] binary(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    @Test
    void theTableIsReadToItsEnd() {
        byte[] binary =
                binary("\u007fELF\0junk\0[\0[[\0ash\0cat\0sha256sum\0zcat\0\0/var/log/wtmp\0");
        assertThat(BusyboxApplets.names(binary))
                .containsExactly("[", "[[", "ash", "cat", "sha256sum", "zcat");
    }

    @Test
    void aBinaryWithoutATableHasNoApplets() {
        assertThat(BusyboxApplets.names(binary("\u007fELF\0sh\0cat\0"))).isEmpty();
    }

    @Test
    void aTableCutOffByTheEndOfTheFileEndsBeforeTheLastName() {
        assertThat(BusyboxApplets.names(binary("\0[\0[[\0ash\0ca")))
                .containsExactly("[", "[[", "ash");
    }

    @Test
    void whatCannotBeAnAppletEndsTheTable() {
        assertThat(BusyboxApplets.names(binary("\0[\0[[\0ash\0b/../../etc\0cat\0\0")))
                .containsExactly("[", "[[", "ash");
    }
}
