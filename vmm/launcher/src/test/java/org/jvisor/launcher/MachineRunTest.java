package org.jvisor.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.jvisor.machine.CrashReport;
import org.jvisor.machine.MachineExit;

class MachineRunTest {
    private final StringWriter err = new StringWriter();

    private int report(MachineExit exit) {
        return MachineRun.report(exit, new PrintWriter(err, true));
    }

    @Test
    void powerOffIsStatus0AndSilent() {
        assertThat(report(new MachineExit.PowerOff())).isZero();
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void theGuestsOwnStatusIsPassedOn() {
        assertThat(report(new MachineExit.DebugExit(0x21))).isEqualTo(0x21);
    }

    @Test
    void aResetIsStatus80() {
        assertThat(report(new MachineExit.Reset())).isEqualTo(80);
    }

    @Test
    void aCrashIsStatus82WithItsReport() {
        CrashReport crash =
                new CrashReport(
                        "triple fault", 1, List.of("rax 0"), List.of("0f 0b  ud2"), List.of());
        assertThat(report(new MachineExit.Crashed(crash))).isEqualTo(82);
        assertThat(err.toString()).contains("the guest crashed", "CPU 1", "triple fault", "ud2");
    }

    @Test
    void aStoppedMachineIsStatus84() {
        assertThat(report(new MachineExit.Stopped())).isEqualTo(84);
    }

    @Test
    void aMachineThatHaltedForGoodIsStatus86() {
        assertThat(report(new MachineExit.Halted())).isEqualTo(86);
    }
}
