package org.jvisor.virtio.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.util.Arrays;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.jvisor.virtio.net.LoopBackend.Frame;
import org.jvisor.virtio.testing.GuestDriver;
import org.jvisor.virtio.testing.GuestDriver.Setup;
import org.jvisor.virtio.testing.GuestRam;

/** Pauses, resets and restores, and what a hostile driver does. */
class VirtioNetLifeTest extends NetGuest {
    @ParameterizedTest
    @EnumSource
    void aPausedInterfaceLeavesMemoryAloneAndGoesOn(Setup setup) {
        LoopBackend backend = new LoopBackend(1, 0, 0);
        try (GuestDriver driver = start(backend, "", setup, NetFeatures.MRG_RXBUF)) {
            long first = offer(driver, 500);
            byte[] frame = frame(MAC, 900);
            backend.deliver(0, Frame.plain(frame)); // takes the first buffer, waits for more
            driver.pause();
            byte[] before = ram.snapshot();
            backend.deliver(0, Frame.plain(frame));
            assertThat(ram.snapshot()).isEqualTo(before);
            long second = offer(driver, 500);
            driver.resume();
            assertThat(driver.await(RX).length()).isEqualTo(500);
            assertThat(driver.await(RX).length()).isEqualTo(frame.length + HEADER - 500);
            assertThat(ram.memory().read(first + HEADER, 488)).isEqualTo(Arrays.copyOf(frame, 488));
            assertThat(ram.memory().read(second, frame.length - 488))
                    .isEqualTo(Arrays.copyOfRange(frame, 488, frame.length));
        }
    }

    @ParameterizedTest
    @EnumSource
    void aResetInterfaceWorksAgain(Setup setup) {
        LoopBackend backend = new LoopBackend(1, 0, 0);
        try (GuestDriver driver = start(backend, "", setup, 0)) {
            for (int i = 0; i < 10; i++) {
                byte[] frame = frame(1, 60 + i);
                transmit(driver, frame);
                assertThat(backend.await(0).bytes()).isEqualTo(frame);
                offer(driver, 500);
                driver.start(setup.rings);
            }
        }
    }

    @Test
    void theStateSurvivesSavingAndRestoring() throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        LoopBackend backend = new LoopBackend(1, 0, 0);
        long features = NetFeatures.CTRL_VQ | NetFeatures.CTRL_RX | NetFeatures.CTRL_MAC_ADDR;
        VirtioNet saved = device(backend, "");
        try (GuestDriver driver = GuestDriver.start(saved, ram, Setup.PCI_SPLIT, features)) {
            assertThat(command(driver, 2, 0, 0, 0)).isZero();
            assertThat(command(driver, 2, 1, 1, 2, 0, 0, 0, 0, 9)).isZero();
            driver.pause();
            saved.save(new DataOutputStream(bytes));
        }
        LoopBackend other = new LoopBackend(1, 0, 0);
        VirtioNet restored = device(other, "");
        restored.restore(new DataInputStream(new ByteArrayInputStream(bytes.toByteArray())));
        assertThat(restored.readConfig(5, 1)).isEqualTo(9);
        ByteArrayOutputStream again = new ByteArrayOutputStream();
        restored.save(new DataOutputStream(again));
        assertThat(again.toByteArray()).isEqualTo(bytes.toByteArray());
        restored.close();
    }

    @Property(tries = 100)
    void aHostileDriverHarmsOnlyItself(@ForAll Setup setup, @ForAll long seed) {
        VirtioNetFuzzer.attack(new GuestRam(4 << 20), setup, new SplittableRandom(seed));
    }
}
