package org.jvisor.benchmarks.jmh;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jvisor.virtio.block.Disk;
import org.jvisor.virtio.block.DiskFormat;
import org.jvisor.virtio.block.DiskOptions;
import org.jvisor.virtio.block.VirtioBlock;
import org.jvisor.virtio.net.NetHeader;
import org.jvisor.virtio.net.NetOptions;
import org.jvisor.virtio.net.VirtioNet;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Requests through whole devices: from the notification over the device's thread and its back end
 * to the used ring, which the driver polls.
 */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class DevicePaths {
    private static final int SIZE = 256;
    private static final int BLOCK = 4096, SECTOR = 512, BLOCK_HEADER = 16;
    private static final int FRAME = 1514;

    /** A disk whose file is in the host's page cache. */
    @State(Scope.Thread)
    @SuppressWarnings("NullAway.Init")
    public static class BlockDevice {
        /** The ring's format. */
        @Param({"SPLIT", "PACKED"})
        public RingFormat format;

        /** Requests made available at once. */
        @Param({"1", "16"})
        public int burst;

        private Path file;
        private BenchHost host;
        private VirtioBlock device;

        /** Makes the disk and its driver's requests: each a read of 4 KiB. */
        @Setup
        public void open() throws IOException {
            file = Files.createTempFile("jvisor-bench", ".img");
            Files.write(file, new byte[SIZE * BLOCK]);
            device =
                    new VirtioBlock(
                            "disk0",
                            Disk.open(DiskOptions.of(file, DiskFormat.RAW)),
                            VirtioBlock.Settings.of("bench", 1));
            int stride = BLOCK_HEADER + BLOCK + SECTOR;
            host =
                    new BenchHost(
                            format.features() | device.features(),
                            SIZE,
                            new RingDriver.Shape(
                                    new int[] {BLOCK_HEADER, BLOCK, 1}, 1, BenchHost.DATA, stride));
            for (int i = 0; i < SIZE / 3; i++) {
                // A header of zeros is a read (virtio 1.2 §5.2.6): the sector remains.
                long sector = (long) i * BLOCK / SECTOR;
                host.bytes()
                        .set(ValueLayout.JAVA_LONG, BenchHost.DATA + (long) i * stride + 8, sector);
            }
            device.activate(host);
        }

        /** Removes it. */
        @TearDown
        public void close() throws IOException {
            device.close();
            host.close();
            Files.deleteIfExists(file);
        }
    }

    /** An interface whose frames come back. */
    @State(Scope.Thread)
    @SuppressWarnings("NullAway.Init")
    public static class Interface {
        /** The ring's format. */
        @Param({"SPLIT", "PACKED"})
        public RingFormat format;

        /** Frames sent at once. */
        @Param({"1", "16"})
        public int burst;

        private static final int RECEIVE = 0, TRANSMIT = 1;

        private BenchHost host;
        private VirtioNet device;

        /** Makes it, and its frames: of full size, to everybody. */
        @Setup
        public void open() {
            device =
                    VirtioNet.open("net0", new LoopBackend(), NetOptions.DEFAULT, System::nanoTime);
            int length = NetHeader.BYTES + FRAME;
            int stride = 2048;
            RingDriver.Shape in =
                    new RingDriver.Shape(new int[] {length}, 0, BenchHost.DATA, stride);
            long frames = BenchHost.DATA + (long) SIZE * stride;
            RingDriver.Shape out = new RingDriver.Shape(new int[] {length}, 1, frames, stride);
            host = new BenchHost(format.features(), SIZE, in, out, out);
            for (int i = 0; i < SIZE; i++) {
                long at = frames + (long) i * stride + NetHeader.BYTES;
                host.bytes().asSlice(at, 6).fill((byte) 0xff);
            }
            device.activate(host);
        }

        /** Offers buffers for what will come back. */
        @Setup(Level.Invocation)
        public void offer() {
            for (int i = 0; i < burst; i++) {
                host.driver(RECEIVE).submit();
            }
        }

        /** Removes it. */
        @TearDown
        public void close() {
            device.close();
            host.close();
        }
    }

    /** Reads of 4 KiB by virtio-blk. */
    @Benchmark
    public void blockRead(BlockDevice disk) {
        disk.host.burst(disk.device, 0, disk.burst);
    }

    /** Frames by virtio-net to the back end and back. */
    @Benchmark
    public void netEcho(Interface net) {
        net.host.burst(net.device, Interface.TRANSMIT, net.burst);
        for (int i = 0; i < net.burst; i++) {
            net.host.await(Interface.RECEIVE);
        }
    }
}
