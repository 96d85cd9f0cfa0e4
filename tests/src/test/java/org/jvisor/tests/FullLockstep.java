package org.jvisor.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A whole boot and the whole guest suite with the interpreter compared after every region, by
 * request only (its name keeps it out of a build): {@code -Djvisor.lockstep.scale=X} is how much
 * work a program does, 0.05 if not given.
 */
class FullLockstep {
    private static final Duration LIMIT = Duration.ofHours(2);
    private static final String SCALE = System.getProperty("jvisor.lockstep.scale", "0.05");

    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void aKernelBootsAndPowersOff(int cpus) throws Exception {
        DebianImage.require();
        Jvisor.Result result =
                Jvisor.run(
                        """
                        dmesg | grep -E 'WARNING:|BUG:|Oops|Call Trace|stall' || echo no-kernel-warning
                        poweroff -f
                        """,
                        LIMIT,
                        "run",
                        "--lockstep",
                        "--cpus",
                        Integer.toString(cpus));
        System.out.println(result.errors());
        assertThat(result.text()).contains("\nno-kernel-warning");
        assertThat(result.errors())
                .containsPattern("[1-9][0-9,]* translated runs of [0-9,]+ instructions compared");
        assertThat(result.status()).as(result.errors() + result.output()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void everyProgramOfTheGuestSuiteComesToItsEnd(int cpus) throws Exception {
        Jvisor.Result result =
                Jvisor.run(
                        "",
                        LIMIT,
                        "bench",
                        "guest",
                        "--only",
                        "ours",
                        "--runs",
                        "1",
                        "--passes",
                        "1",
                        "--scale",
                        SCALE,
                        "--cpus",
                        Integer.toString(cpus),
                        "--option",
                        "--lockstep");
        System.out.println(result.output());
        assertThat(result.status()).as(result.errors() + result.output()).isZero();
    }
}
