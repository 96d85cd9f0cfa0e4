package org.jvisor.benchmarks.jmh;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.jvisor.virtio.queue.Chain;
import org.jvisor.virtio.queue.Virtqueue;

class DriversTest {
    private static final int SIZE = 16, ROUNDS = 100_000;

    @ParameterizedTest
    @EnumSource
    void chainsGoRoundForAsLongAsOneLikes(RingFormat format) {
        RingDriver.Shape shape =
                new RingDriver.Shape(new int[] {16, 32, 64}, 1, BenchHost.DATA, 128);
        try (BenchHost host = new BenchHost(format.features(), SIZE, shape);
                Chain chain = new Chain()) {
            RingDriver driver = host.driver(0);
            Virtqueue queue = host.queue(0);
            for (int i = 0; i < ROUNDS; i++) {
                assertThat(driver.collect()).isFalse();
                driver.submit();
                assertThat(queue.take(chain)).isTrue();
                assertThat(chain.readable().length()).isEqualTo(16);
                assertThat(chain.writable().length()).isEqualTo(96);
                assertThat(chain.guestAddress(0))
                        .isEqualTo(BenchHost.DATA + i % driver.chains * 128L);
                queue.put(chain, 1);
                assertThat(driver.collect()).isTrue();
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aDiskAnswersABurst(RingFormat format) throws IOException {
        DevicePaths.BlockDevice disk = new DevicePaths.BlockDevice();
        disk.format = format;
        disk.burst = 16;
        disk.open();
        for (int i = 0; i < 50; i++) {
            new DevicePaths().blockRead(disk);
        }
        disk.close();
    }

    @ParameterizedTest
    @EnumSource
    void framesComeBack(RingFormat format) {
        DevicePaths.Interface net = new DevicePaths.Interface();
        net.format = format;
        net.burst = 16;
        net.open();
        for (int i = 0; i < 50; i++) {
            net.offer();
            new DevicePaths().netEcho(net);
        }
        net.close();
    }
}
