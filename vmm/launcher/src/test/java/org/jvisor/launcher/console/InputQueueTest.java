package org.jvisor.launcher.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class InputQueueTest {
    private final InputQueue queue = new InputQueue();

    @Test
    void bytesComeOutInOrder() throws InterruptedException {
        queue.put(new byte[] {1, 2, 3}, 3);
        queue.put(new byte[] {4}, 1);
        byte[] taken = new byte[10];
        assertThat(queue.take(taken)).isEqualTo(4);
        assertThat(taken).startsWith(1, 2, 3, 4);
    }

    @Test
    void theEndComesAfterTheLastByte() throws InterruptedException {
        queue.put(new byte[] {1}, 1);
        queue.end();
        byte[] taken = new byte[10];
        assertThat(queue.take(taken)).isEqualTo(1);
        assertThat(queue.take(taken)).isEqualTo(-1);
    }

    @Test
    void offerTakesOnlyWhatFits() {
        byte[] most = new byte[InputQueue.CAPACITY - 1];
        assertThat(queue.offer(most, most.length)).isEqualTo(most.length);
        assertThat(queue.offer(new byte[] {1, 2}, 2)).isEqualTo(1);
        assertThat(queue.offer(new byte[] {3}, 1)).isZero();
    }

    @Test
    void putWaitsForRoomAndLosesNothing() throws InterruptedException {
        byte[] sent = new byte[3 * InputQueue.CAPACITY + 17];
        for (int i = 0; i < sent.length; i++) {
            sent[i] = (byte) (i * 31 + (i >> 8));
        }
        Thread writer =
                Thread.ofVirtual()
                        .start(
                                () -> {
                                    try {
                                        queue.put(sent, sent.length);
                                    } catch (InterruptedException e) {
                                        Thread.currentThread().interrupt();
                                    }
                                    queue.end();
                                });
        byte[] received = new byte[sent.length];
        byte[] part = new byte[1000];
        int done = 0;
        int count;
        while ((count = queue.take(part)) >= 0) {
            System.arraycopy(part, 0, received, done, count);
            done += count;
        }
        writer.join();
        assertThat(done).isEqualTo(sent.length);
        assertThat(Arrays.equals(received, sent)).isTrue();
    }
}
