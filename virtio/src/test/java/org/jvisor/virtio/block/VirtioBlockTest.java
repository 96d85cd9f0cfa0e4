package org.jvisor.virtio.block;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.jvisor.virtio.Features;

@Timeout(60)
class VirtioBlockTest {
    private static final int SIZE = 1 << 20;
    private MemoryDisk disk = new MemoryDisk(SIZE, false);
    private VirtioBlock device =
            new VirtioBlock("disk0", disk, VirtioBlock.Settings.of("serial-1", 2));

    @AfterEach
    void close() {
        device.close();
        assertThat(disk.closed).isTrue();
    }

    private BlockGuest guest() {
        return new BlockGuest(device, Features.RING_INDIRECT_DESC | Features.RING_EVENT_IDX);
    }

    private static byte[] pattern(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (i * 7 + 1);
        }
        return bytes;
    }

    @Test
    void whatIsWrittenIsOnTheDiskAndIsRead() {
        BlockGuest guest = guest();
        assertThat(guest.write(3, pattern(1024))).isEqualTo(BlockRequests.VIRTIO_BLK_S_OK);
        assertThat(Arrays.copyOfRange(disk.content(), 1536, 2560)).isEqualTo(pattern(1024));
        assertThat(guest.read(3, 1024)).isEqualTo(pattern(1024));
    }

    @Test
    void packedRingsWorkToo() {
        BlockGuest guest =
                new BlockGuest(device, Features.RING_PACKED | Features.RING_INDIRECT_DESC);
        assertThat(guest.write(0, pattern(512))).isZero();
        assertThat(guest.read(0, 512)).isEqualTo(pattern(512));
    }

    @Test
    void aFlushReachesTheDisk() {
        assertThat(guest().run(BlockRequests.VIRTIO_BLK_T_FLUSH, 0, 0, false)).isZero();
        assertThat(disk.flushes).isOne();
    }

    @Test
    void withoutWriteBackEveryWriteIsFlushed() {
        BlockGuest guest = guest();
        assertThat(device.readConfig(32, 1)).isOne();
        device.writeConfig(32, 1, 0);
        guest.write(0, pattern(512));
        assertThat(disk.flushes).isOne();
    }

    @Test
    void theSerialNumberIsTheIdentity() {
        BlockGuest guest = guest();
        BlockGuest.Request request = guest.add(0, BlockRequests.VIRTIO_BLK_T_GET_ID, 0, 20, true);
        guest.kick(0);
        guest.await(0);
        assertThat(guest.ram.memory().read(request.data(), 20))
                .isEqualTo(Arrays.copyOf("serial-1".getBytes(US_ASCII), 20));
    }

    @Test
    void zeroesAreWrittenBySegments() {
        BlockGuest guest = guest();
        guest.write(0, pattern(4096));
        BlockGuest.Request request =
                guest.add(0, BlockRequests.VIRTIO_BLK_T_WRITE_ZEROES, 0, 32, false);
        guest.ram.writeLong(request.data(), 1);
        guest.ram.writeInt(request.data() + 8, 2);
        guest.ram.writeInt(request.data() + 12, 1);
        guest.ram.writeLong(request.data() + 16, 5);
        guest.ram.writeInt(request.data() + 24, 1);
        guest.ram.writeInt(request.data() + 28, 0);
        guest.kick(0);
        guest.await(0);
        assertThat(guest.status(request)).isZero();
        byte[] expected = pattern(4096);
        Arrays.fill(expected, 512, 1536, (byte) 0);
        Arrays.fill(expected, 2560, 3072, (byte) 0);
        assertThat(Arrays.copyOf(disk.content(), 4096)).isEqualTo(expected);
    }

    @Test
    void aDiscardWithFlagsIsUnsupported() {
        BlockGuest guest = guest();
        BlockGuest.Request request = guest.add(0, BlockRequests.VIRTIO_BLK_T_DISCARD, 0, 16, false);
        guest.ram.writeInt(request.data() + 8, 1);
        guest.ram.writeInt(request.data() + 12, 1);
        guest.kick(0);
        guest.await(0);
        assertThat(guest.status(request)).isEqualTo(BlockRequests.VIRTIO_BLK_S_UNSUPP);
        assertThat(disk.discards).isZero();
    }

    @Test
    void rangesOutsideTheDiskFailWithoutTouchingIt() {
        BlockGuest guest = guest();
        long sectors = SIZE / 512;
        for (long sector : new long[] {sectors, sectors - 1, -1, Long.MIN_VALUE, 1L << 55}) {
            assertThat(guest.run(BlockRequests.VIRTIO_BLK_T_OUT, sector, 1024, false)).isOne();
            assertThat(guest.run(BlockRequests.VIRTIO_BLK_T_IN, sector, 1024, true)).isOne();
        }
        assertThat(guest.run(BlockRequests.VIRTIO_BLK_T_IN, 0, 513, true)).isOne();
        assertThat(disk.content()).containsOnly(0);
        assertThat(guest.broken).isEmpty();
    }

    @Test
    void anUnknownRequestIsUnsupported() {
        assertThat(guest().run(77, 0, 0, false)).isEqualTo(BlockRequests.VIRTIO_BLK_S_UNSUPP);
    }

    @Test
    void aFailingDiskIsAnErrorOfTheRequest() {
        BlockGuest guest = guest();
        disk.failing = true;
        assertThat(guest.run(BlockRequests.VIRTIO_BLK_T_IN, 0, 512, true)).isOne();
        disk.failing = false;
        assertThat(guest.run(BlockRequests.VIRTIO_BLK_T_IN, 0, 512, true)).isZero();
    }

    @Test
    void aReadOnlyDiskSaysSoAndRefusesWrites() {
        device.close();
        disk = new MemoryDisk(SIZE, true);
        device = new VirtioBlock("disk0", disk, VirtioBlock.Settings.of("", 1));
        assertThat(device.features() & BlockConfig.VIRTIO_BLK_F_RO).isNotZero();
        assertThat(guest().run(BlockRequests.VIRTIO_BLK_T_OUT, 0, 512, false)).isOne();
    }

    @Test
    void aHangingFlushHoldsUpNeitherItsQueueNorAnother() throws Exception {
        BlockGuest guest = guest();
        CountDownLatch latch = disk.holdFlushes();
        BlockGuest.Request flush = guest.add(0, BlockRequests.VIRTIO_BLK_T_FLUSH, 0, 0, false);
        guest.kick(0);
        assertThat(disk.reached.await(30, TimeUnit.SECONDS)).isTrue();
        BlockGuest.Request same = guest.add(0, BlockRequests.VIRTIO_BLK_T_IN, 0, 512, true);
        guest.kick(0);
        assertThat(guest.await(0).id()).isEqualTo(same.id());
        BlockGuest.Request other = guest.add(1, BlockRequests.VIRTIO_BLK_T_IN, 0, 512, true);
        guest.kick(1);
        assertThat(guest.await(1).id()).isEqualTo(other.id());
        latch.countDown();
        assertThat(guest.await(0).id()).isEqualTo(flush.id());
        assertThat(guest.status(flush)).isZero();
    }

    @Test
    void aPausedDeviceBeginsNothingAndGoesOnWhenResumed() {
        BlockGuest guest = guest();
        guest.read(0, 512);
        device.pause();
        BlockGuest.Request request = guest.add(0, BlockRequests.VIRTIO_BLK_T_IN, 0, 512, true);
        guest.kick(0);
        assertThat(guest.status(request)).isEqualTo(0xee);
        assertThat(guest.poll(0)).isNull();
        device.resume();
        assertThat(guest.await(0).id()).isEqualTo(request.id());
        assertThat(guest.status(request)).isZero();
    }

    @Test
    void manyRequestsInManyChainsAllEnd() {
        BlockGuest guest = guest();
        int[] status = new int[2];
        for (int round = 0; round < 50; round++) {
            for (int queue = 0; queue < 2; queue++) {
                for (int i = 0; i < 16; i++) {
                    guest.add(queue, BlockRequests.VIRTIO_BLK_T_IN, i, 512, true);
                }
                guest.kick(queue);
            }
            for (int queue = 0; queue < 2; queue++) {
                for (int i = 0; i < 16; i++) {
                    guest.await(queue);
                    status[queue]++;
                }
            }
        }
        assertThat(status).containsExactly(800, 800);
    }

    @Test
    void resizingTellsTheDriver() throws Exception {
        BlockGuest guest = guest();
        device.resize(2 * SIZE);
        assertThat(device.readConfig(0, 8)).isEqualTo(2 * SIZE / 512);
        assertThat(guest.configChanges).isOne();
        assertThat(guest.write(SIZE / 512, pattern(512))).isZero();
    }

    @Test
    void onlyTheWriteBackByteOfTheConfigurationIsWritable() {
        for (int offset = 0; offset < 64; offset++) {
            if (offset != 32) {
                long before = device.readConfig(offset, 1);
                device.writeConfig(offset, 1, before ^ 0xff);
                assertThat(device.readConfig(offset, 1)).isEqualTo(before);
            }
        }
    }

    @Test
    void readDataAreReportedAsWritten() {
        BlockGuest guest = guest();
        guest.ram.forgetWrites();
        BlockGuest.Request request = guest.add(0, BlockRequests.VIRTIO_BLK_T_IN, 0, 512, true);
        guest.ram.memory().slice(request.data(), 512).copyFrom(MemorySegment.ofArray(pattern(512)));
        guest.kick(0);
        guest.await(0);
        assertThat(guest.ram.reported(request.data(), 512)).isTrue();
        assertThat(guest.ram.reported(request.status(), 1)).isTrue();
    }
}
