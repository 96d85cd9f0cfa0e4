package org.jvisor.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * An unmodified Debian kernel boots in software to a busybox shell and does real work there. Needs
 * the {@link DebianImage}.
 */
class LinuxBootTest {
    private static final Duration LIMIT = Duration.ofMinutes(6);

    @BeforeAll
    static void pullTheImage() throws IOException, InterruptedException {
        DebianImage.require();
    }

    private static Jvisor.Result boot(String script, String... arguments)
            throws IOException, InterruptedException {
        String[] all = new String[arguments.length + 3];
        all[0] = "run";
        all[1] = "--accel";
        all[2] = "software";
        System.arraycopy(arguments, 0, all, 3, arguments.length);
        return Jvisor.run(script + "\npoweroff -f\n", LIMIT, all);
    }

    @Test
    void theDebianKernelBootsToAShellAndPowersOff() throws Exception {
        Jvisor.Result result = boot("uname -a; cat /proc/cpuinfo | head -5");
        assertThat(result.text())
                .contains("Linux version 6.")
                .containsPattern("Linux .* x86_64 GNU/Linux")
                .containsPattern("vendor_id\\s*: ");
        assertThat(result.status()).isZero();
    }

    @Test
    void fourCpusComeUp() throws Exception {
        Jvisor.Result result =
                boot("echo cpus=$(nproc)", "--cpus", "4", "--smp-mode", "deterministic");
        assertThat(result.text()).contains("cpus=4");
        assertThat(result.status()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 4})
    void cpusOnThreadsOfTheirOwnShareTheWork(int cpus) throws Exception {
        Jvisor.Result result =
                boot(
                        """
                        cat > /job <<'END'
                        head -c 200000 /dev/urandom > /tmp/$1; gzip -c /tmp/$1 | gunzip -c | cmp - /tmp/$1 && echo gzip-ok=$1
                        i=0; while [ $i -lt 100 ]; do /bin/true; echo $i | cat > /dev/null; i=$((i+1)); done; echo forks-ok=$1
                        END
                        for n in 1 2 3 4; do sh /job $n & done; wait; echo cpus=$(nproc)
                        dmesg | grep -E 'WARNING:|BUG:|Oops|Call Trace|stall' || echo no-kernel-warning
                        """,
                        "--cpus",
                        Integer.toString(cpus),
                        "--smp-mode",
                        "parallel");
        for (int job = 1; job <= 4; job++) {
            assertThat(result.text()).contains("gzip-ok=" + job, "forks-ok=" + job);
        }
        assertThat(result.text()).contains("cpus=" + cpus, "\nno-kernel-warning");
        assertThat(result.status()).isZero();
    }

    @Test
    void theCommandLineIsTheUsers() throws Exception {
        Jvisor.Result result =
                boot("cat /proc/cmdline", "--cmdline", "console=ttyS0 quiet jvisor.word=xyzzy");
        assertThat(result.text()).containsPattern("(?m)^console=ttyS0 quiet jvisor.word=xyzzy");
        assertThat(result.status()).isZero();
    }

    @Test
    void theUserlandComputesWhatItShould() throws Exception {
        Jvisor.Result result =
                boot(
                        """
                        awk 'BEGIN { s = 0; for (i = 1; i <= 1000; i++) s += 1 / (i * i); printf "sum=%.9f\\n", s }'
                        head -c 1000000 /dev/zero | sha256sum
                        printf abc | sha256sum
                        head -c 500000 /dev/urandom > /tmp/r; gzip -c /tmp/r | gunzip -c | cmp - /tmp/r && echo gzip-ok
                        i=0; while [ $i -lt 1000 ]; do /bin/true; i=$((i+1)); done; echo forks=$i
                        dmesg | grep -E 'WARNING:|BUG:|Oops|Call Trace' || echo no-kernel-warning
                        """);
        assertThat(result.text())
                .contains("sum=1.643934567")
                .contains("d29751f2649b32ff572b5e0a9f541ea660a50f94ff0beedfb0b692b924cc8025")
                .contains("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
                .contains("gzip-ok")
                .contains("forks=1000")
                .contains("no-kernel-warning");
        assertThat(result.status()).isZero();
    }

    @Test
    void aResetEndsTheMachineWhenAskedTo() throws Exception {
        Jvisor.Result result =
                Jvisor.run("reboot -f\n", LIMIT, "run", "--accel", "software", "--no-reboot");
        assertThat(result.errors()).contains("reset");
        assertThat(result.status()).isNotZero();
    }
}
