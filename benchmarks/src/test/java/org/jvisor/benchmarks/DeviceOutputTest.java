package org.jvisor.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class DeviceOutputTest {
    private static DeviceOutput parse(String... lines) {
        return DeviceOutput.parse(List.of(lines));
    }

    @Test
    void sequentialWorkIsInBytesAndRandomWorkInRequests() {
        DeviceOutput output =
                parse(
                        "@@ disk seq-read;1000000;976;0;0\r",
                        "@@ disk rand-write-32;0;0;4000;1000",
                        "@@ net host-to-guest;80000",
                        "@@ finished");
        assertThat(output.values())
                .containsEntry("disk seq-read, MB/s", 1024.0)
                .containsEntry("disk rand-write-32, 1/s", 1000.0)
                .containsEntry("net host-to-guest, MB/s", 10.0)
                .hasSize(3);
        assertThat(output.errors()).isEmpty();
        assertThat(output.finished()).isTrue();
    }

    @Test
    void aLineThatIsCutOrHasNoThroughputIsAnError() {
        DeviceOutput output =
                parse("@@ disk seq-read", "@@ disk seq-read;0;0;0;0", "@@ error Oops");
        assertThat(output.values()).isEmpty();
        assertThat(output.errors())
                .containsExactly(
                        "not understood: @@ disk seq-read",
                        "not understood: @@ disk seq-read;0;0;0;0",
                        "Oops");
        assertThat(output.finished()).isFalse();
    }
}
