package org.jvisor.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The image that tests boot, pulled once: over the network or, where there is none, made of what
 * the host has. With {@code CI=true} its absence is a failure; elsewhere the tests are skipped and
 * say so.
 */
final class DebianImage {
    private static Jvisor.@Nullable Result pull;

    private DebianImage() {}

    static synchronized void require() throws IOException, InterruptedException {
        Jvisor.Result result = pull;
        if (result == null) {
            result = Jvisor.run("", Duration.ofMinutes(10), "image", "pull", "debian");
            pull = result;
        }
        String reason = "the Debian image cannot be had here: " + result.errors();
        if ("true".equals(System.getenv("CI"))) {
            assertThat(result.status()).as(reason).isZero();
        }
        if (result.status() != 0) {
            System.out.println("skipped: " + reason);
        }
        assumeTrue(result.status() == 0, reason);
    }
}
