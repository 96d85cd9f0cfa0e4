package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.jvisor.emulator.RegionQueue.Request;

@Timeout(20)
class RegionQueueTest {
    private final RegionQueue queue = new RegionQueue();
    private final CodePage page = new CodePage(0x1000, Cpu.MODE64, 0);
    private final Cpu cpu = SystemMachine.real().c;

    private Block add(int offset, int heat) {
        Block block = new Block(page, offset, new Insn[0], offset + 1, null);
        block.heat = heat;
        queue.add(new Request(cpu, block, null));
        return block;
    }

    private Request taken() throws InterruptedException {
        Request request = queue.take();
        if (request == null) {
            throw new AssertionError("the queue is closed");
        }
        return request;
    }

    @Test
    void givesTheHottestFirst() throws InterruptedException {
        add(0, 1000);
        Block hottest = add(1, 3000);
        add(2, 2000);
        assertThat(taken().root()).isSameAs(hottest);
        assertThat(queue.size()).isEqualTo(2);
    }

    @Test
    void keepsNothingWhoseCodeIsGone() throws InterruptedException {
        for (int i = 0; i < 1000; i++) {
            add(i, 1000 + i).stop();
        }
        Block alive = add(1000, 1000);
        assertThat(taken().root()).isSameAs(alive);
        assertThat(queue.size()).isZero();
    }

    @Test
    void keepsNothingOfADeadPage() throws InterruptedException {
        add(0, 2000);
        page.dead = true;
        CodePage other = new CodePage(0x2000, Cpu.MODE64, 0);
        Block alive = new Block(other, 0, new Insn[0], 1, null);
        queue.add(new Request(cpu, alive, null));
        assertThat(taken().root()).isSameAs(alive);
    }

    @Test
    void givesNothingOnceItIsClosed() throws InterruptedException {
        add(0, 2000);
        queue.close();
        assertThat(queue.take()).isNull();
        assertThat(queue.add(new Request(cpu, add(1, 1), null))).isFalse();
        assertThat(queue.size()).isZero();
    }
}
