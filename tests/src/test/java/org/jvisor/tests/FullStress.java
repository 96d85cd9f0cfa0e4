package org.jvisor.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/**
 * The long stress of a Debian guest, by request only (its name keeps it out of a build): forks,
 * mappings, signals, threads, changing code, a C compiler, shared objects, interpreters, for {@code
 * -Djvisor.stress.minutes=N}, 30 if not given, on two CPUs at once.
 */
class FullStress {
    private static final int MINUTES = Integer.getInteger("jvisor.stress.minutes", 30);

    @Test
    void aBusyDebianComputesRightAndLeavesNoKernelWarning() throws Exception {
        Jvisor.Result result =
                Jvisor.run(
                        "",
                        Duration.ofMinutes(MINUTES + 40L),
                        "bench",
                        "stress",
                        "--minutes",
                        Integer.toString(MINUTES),
                        "--cpus",
                        "2",
                        "--option",
                        "--smp-mode",
                        "--option",
                        "parallel");
        System.out.println(result.output());
        assertThat(result.status()).as(result.errors() + result.output()).isZero();
    }
}
