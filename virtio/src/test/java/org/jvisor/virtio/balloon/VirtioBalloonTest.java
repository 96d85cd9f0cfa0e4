package org.jvisor.virtio.balloon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.jvisor.virtio.testing.Buffer;
import org.jvisor.virtio.testing.GuestDriver;
import org.jvisor.virtio.testing.GuestDriver.Setup;
import org.jvisor.virtio.testing.GuestQueue;
import org.jvisor.virtio.testing.GuestRam;

class VirtioBalloonTest {
    static final int INFLATE = 0, DEFLATE = 1, STATS = 2, REPORTING = 4;
    private static final long ALL = VirtioBalloon.STATS_VQ | VirtioBalloon.PAGE_REPORTING;

    private final GuestRam ram = new GuestRam(4 << 20);

    /** Ranges given back: guest-physical page numbers from the start of RAM, and pages. */
    private final List<String> released = new ArrayList<>();

    private VirtioBalloon device() {
        return new VirtioBalloon("balloon0", true, this::release);
    }

    private synchronized void release(MemorySegment range) {
        for (var region : ram.memory().regions()) {
            long offset = range.address() - region.segment().address();
            if (offset >= 0 && offset < region.segment().byteSize()) {
                long address = region.base() + offset - GuestRam.BASE;
                released.add(address / 4096 + "+" + range.byteSize() / 4096);
            }
        }
    }

    private synchronized List<String> released() {
        return List.copyOf(released);
    }

    private Buffer frames(long... frames) {
        long at = ram.allocate(frames.length * 4, 4);
        for (int i = 0; i < frames.length; i++) {
            ram.writeInt(at + i * 4L, (int) frames[i]);
        }
        return Buffer.out(at, frames.length * 4);
    }

    private static long frame(int page) {
        return GuestRam.BASE / 4096 + page;
    }

    @ParameterizedTest
    @EnumSource
    void pagesInTheBalloonAreGivenBackNeighboursTogether(Setup setup) {
        try (GuestDriver driver = GuestDriver.start(device(), ram, setup, ALL)) {
            driver.request(INFLATE, frames(frame(600), frame(601), frame(602), frame(700)));
            assertThat(released()).containsExactly("600+3", "700+1");
            driver.request(DEFLATE, frames(frame(600)));
            assertThat(released()).hasSize(2);
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatIsNotRamIsPassedOver(Setup setup) {
        try (GuestDriver driver = GuestDriver.start(device(), ram, setup, ALL)) {
            long rom = ram.end() / 4096;
            driver.request(INFLATE, frames(0, 0xffff_ffffL, frame(-1), frame(1023), rom, rom + 1));
            assertThat(released()).containsExactly("1023+1");
        }
    }

    @ParameterizedTest
    @EnumSource
    void thePagesReadAsZeros(Setup setup) {
        try (VirtioBalloon device = new VirtioBalloon("balloon0", false);
                GuestDriver driver = GuestDriver.start(device, ram, setup, ALL)) {
            long page = ram.allocate(3 * 4096, 4096) + 4096;
            ram.writeLong(page + 8, -1);
            ram.writeLong(page - 8, -1);
            ram.forgetWrites();
            driver.request(INFLATE, frames(page / 4096));
            assertThat(ram.memory().readLong(page + 8)).isZero();
            assertThat(ram.memory().readLong(page - 8)).isEqualTo(-1);
            assertThat(ram.reported(page, 4096)).isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource
    void freePagesThatAreReportedAreGivenBackWhole(Setup setup) {
        try (GuestDriver driver = GuestDriver.start(device(), ram, setup, ALL)) {
            driver.request(
                    REPORTING,
                    Buffer.in(GuestRam.BASE + 800 * 4096, 8192),
                    Buffer.in(GuestRam.BASE + 900 * 4096 + 1, 8191));
            assertThat(released()).containsExactly("800+2", "901+1");
        }
    }

    @ParameterizedTest
    @EnumSource
    void reportingIsInTheNextQueueForADriverThatLeavesNoGaps(Setup setup) {
        try (GuestDriver driver = new GuestDriver(device(), ram, setup.transport)) {
            driver.negotiate(ALL | setup.rings);
            for (int i = 0; i < 4; i++) {
                driver.setUp(i, 16);
            }
            driver.driverOk();
            driver.request(3, Buffer.in(GuestRam.BASE + 800 * 4096, 4096));
            assertThat(released()).containsExactly("800+1");
        }
    }

    @ParameterizedTest
    @EnumSource
    void theTargetAndTheActualSizeGoThroughConfiguration(Setup setup) {
        VirtioBalloon device = device();
        try (GuestDriver driver = GuestDriver.start(device, ram, setup, ALL)) {
            device.setTarget(1 << 20);
            driver.awaitConfigChange();
            assertThat(driver.readConfig(0, 4)).isEqualTo(256);
            driver.writeConfig(4, 4, 200);
            driver.writeConfig(0, 4, 7);
            assertThat(device.actual()).isEqualTo(200 * 4096);
            assertThat(device.target()).isEqualTo(1 << 20);
        }
    }

    private long statistics(long total) {
        long at = ram.allocate(30, 1);
        ram.writeShort(at, 5);
        ram.writeLong(at + 2, total);
        ram.writeShort(at + 10, 0xffff);
        ram.writeLong(at + 12, 1);
        ram.writeShort(at + 20, 0);
        ram.writeLong(at + 22, 3);
        return at;
    }

    @ParameterizedTest
    @EnumSource
    void theBufferOfStatisticsComesBackWhenNewOnesAreWanted(Setup setup) throws IOException {
        VirtioBalloon device = device();
        GuestDriver driver = GuestDriver.start(device, ram, setup, ALL);
        driver.send(STATS, Buffer.out(statistics(1000), 30));
        driver.request(DEFLATE, frames(0));
        device.requestStatistics();
        driver.await(STATS);
        assertThat(device.statistics())
                .isEqualTo(
                        Map.of(BalloonStatistic.TOTAL_MEMORY, 1000L, BalloonStatistic.SWAP_IN, 3L));
        int id = driver.send(STATS, Buffer.out(statistics(2000), 30));
        driver.request(DEFLATE, frames(0));
        driver.pause();
        VirtioBalloon other = device();
        try (GuestDriver moved = driver.migrate(other)) {
            moved.resume();
            other.requestStatistics();
            assertThat(moved.await(STATS)).isEqualTo(new GuestQueue.Used(id, 0));
            assertThat(other.statistics()).containsEntry(BalloonStatistic.TOTAL_MEMORY, 2000L);
        }
    }

    @Property(tries = 200)
    void aHostileDriverHarmsOnlyItself(@ForAll Setup setup, @ForAll long seed) {
        VirtioBalloonFuzzer.attack(new GuestRam(4 << 20), setup, new SplittableRandom(seed));
    }
}
