package org.jvisor.launcher.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class ProgressTest {
    private final StringWriter screen = new StringWriter();

    @Test
    void offATerminalAStepIsALine() {
        try (Progress progress = new Progress(new PrintWriter(screen), false)) {
            progress.step("unpacking");
            progress.percent(50);
        }
        assertThat(screen.toString()).isEqualTo("jvisor: unpacking%n".formatted());
    }

    @Test
    void onATerminalTheLineIsWrittenOverAndGoneAtTheEnd() {
        try (Progress progress = new Progress(new PrintWriter(screen), true)) {
            progress.step("unpacking");
            progress.percent(50);
        }
        assertThat(screen.toString()).contains("unpacking... 50%").endsWith("\r\033[K");
    }

    @Test
    void aNoteStays() {
        try (Progress progress = new Progress(new PrintWriter(screen), true)) {
            progress.step("unpacking");
            progress.note("done");
        }
        assertThat(screen.toString()).contains("jvisor: done%n".formatted());
    }
}
