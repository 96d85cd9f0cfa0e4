package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Test;

/**
 * Repeats the case named by {@code -Djvisor.diff.case=}, as a report of the other runs gives it.
 */
class DifferentialRepeat {
    @Test
    void theNamedCaseGivesWhatTheHostsCpuGives() {
        String text = System.getProperty("jvisor.diff.case", "");
        assumeTrue(!text.isEmpty(), "skipped: name a case with -Djvisor.diff.case=");
        try (DifferentialRun run = new DifferentialRun(0, 1)) {
            String report = run.repeat(CaseId.parse(text));
            System.out.println(report);
            assertThat(report).contains("no difference");
        }
    }
}
