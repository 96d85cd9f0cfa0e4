package org.jvisor.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Guests that change their own code, that patch it through another mapping from another CPU, and
 * that keep processes and threads busy, each checked against what it has to compute. A bounded run;
 * {@link FullStress} is the long one. Skipped, with the reason, without a C compiler or the image.
 */
class TortureTest {
    private static final Duration LIMIT = Duration.ofMinutes(10);

    @BeforeAll
    static void compileTheGuest() throws Exception {
        Jvisor.Result host = torture("--only", "native", "--rounds", "2");
        boolean missing = host.errors().contains("C compiler") || host.status() == 68;
        if (missing) {
            System.out.println("skipped: " + host.errors());
        }
        assumeTrue(!missing, host.errors());
        assertThat(host.status()).as(host.errors() + host.output()).isZero();
    }

    private static Jvisor.Result torture(String... arguments) throws Exception {
        String[] all = new String[arguments.length + 4];
        all[0] = "bench";
        all[1] = "torture";
        all[2] = "--runs";
        all[3] = "1";
        System.arraycopy(arguments, 0, all, 4, arguments.length);
        return Jvisor.run("", LIMIT, all);
    }

    private static void assertPassed(Jvisor.Result result, String... programs) {
        assertThat(result.status()).as(result.errors() + result.output()).isZero();
        for (String program : programs) {
            assertThat(result.text()).contains("@@ end " + program);
        }
    }

    @Test
    void codeThatChangesItselfComputesWhatItsModelSays() throws Exception {
        assertPassed(
                torture("--programs", "selfmod,generated", "--rounds", "100"),
                "selfmod",
                "generated");
    }

    @Test
    void codePatchedThroughAnAliasIsSeenByCpusInTurn() throws Exception {
        assertPassed(torture("--programs", "alias", "--rounds", "500", "--cpus", "2"), "alias");
    }

    @Test
    void codePatchedThroughAnAliasIsSeenByCpusAtOnce() throws Exception {
        assertPassed(
                torture(
                        "--programs",
                        "alias,selfmod,threads",
                        "--rounds",
                        "20",
                        "--cpus",
                        "2",
                        "--option",
                        "--smp-mode",
                        "--option",
                        "parallel"),
                "alias",
                "selfmod",
                "threads");
    }

    @Test
    void processesMappingsAndSignalsKeepTheirOrder() throws Exception {
        assertPassed(torture("--programs", "processes", "--rounds", "5"), "processes");
    }
}
