package org.jvisor.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainingGuestTest {
    @TempDir Path folder;

    @Test
    void itSendsACharacterARoundAndEndsByTheDebugExitPort() throws IOException {
        Path guest = Files.write(folder.resolve("guest"), TrainingGuest.elf(5));
        Path serial = folder.resolve("serial.log");
        StringWriter err = new StringWriter();
        int status =
                Main.execute(
                        new PrintWriter(new StringWriter()),
                        new PrintWriter(err, true),
                        "run",
                        "--accel=software",
                        "--no-reboot",
                        "--memory=64M",
                        "--kernel=" + guest,
                        "--serial=file=" + serial);
        assertThat(err.toString()).isEmpty();
        assertThat(status).isEqualTo(1);
        assertThat(Files.readString(serial)).isEqualTo("AAAAA");
    }
}
