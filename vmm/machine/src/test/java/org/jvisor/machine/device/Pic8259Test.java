package org.jvisor.machine.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class Pic8259Test {
    private final Board board = new Board();
    private final RecordingLine intr = new RecordingLine();
    private final Pic8259 pic = new Pic8259(new Object(), intr);

    @BeforeEach
    void initialiseAsLinuxDoes() {
        pic.attach(board.ports);
        board.out(0x20, 0x11);
        board.out(0x21, 0x30);
        board.out(0x21, 0x04);
        board.out(0x21, 0x01);
        board.out(0xa0, 0x11);
        board.out(0xa1, 0x38);
        board.out(0xa1, 0x02);
        board.out(0xa1, 0x01);
    }

    private void pulse(int irq) {
        pic.setInput(irq, true);
        pic.setInput(irq, false);
    }

    @Test
    void anEdgeAssertsIntrAndDeliversItsVector() {
        pulse(4);
        assertThat(intr.asserted).isTrue();
        assertThat(pic.acknowledge()).isEqualTo(0x34);
        assertThat(intr.asserted).isFalse();
    }

    @Test
    void theSlavesVectorComesThroughTheCascade() {
        pulse(12);
        assertThat(pic.acknowledge()).isEqualTo(0x3c);
        board.out(0x20, 0x0b);
        assertThat(board.in(0x20)).as("master in service").isEqualTo(0x04);
        board.out(0xa0, 0x0b);
        assertThat(board.in(0xa0)).as("slave in service").isEqualTo(0x10);
    }

    @Test
    void aMaskedInputWaitsUntilItIsUnmasked() {
        board.out(0x21, 0xff);
        pulse(1);
        assertThat(intr.asserted).isFalse();
        board.out(0x21, 0xfd);
        assertThat(intr.asserted).isTrue();
    }

    @Test
    void aLowerPriorityWaitsForTheEndOfAHigherOne() {
        pulse(3);
        pic.acknowledge();
        pulse(5);
        assertThat(intr.asserted).isFalse();
        board.out(0x20, 0x20);
        assertThat(intr.asserted).isTrue();
        assertThat(pic.acknowledge()).isEqualTo(0x35);
    }

    @Test
    void aHigherPriorityInterruptsALowerOne() {
        pulse(5);
        pic.acknowledge();
        pulse(3);
        assertThat(intr.asserted).isTrue();
    }

    @Test
    void aSpecificEoiEndsTheInputItNames() {
        pulse(5);
        pic.acknowledge();
        pulse(3);
        pic.acknowledge();
        board.out(0x20, 0x60 | 5);
        board.out(0x20, 0x0b);
        assertThat(board.in(0x20)).isEqualTo(0x08);
    }

    @Test
    void rotationOnEoiMakesTheServedInputTheLowest() {
        pulse(3);
        pic.acknowledge();
        board.out(0x20, 0xa0);
        pulse(3);
        pulse(5);
        assertThat(pic.acknowledge()).isEqualTo(0x35);
    }

    @Test
    void automaticEoiLeavesNothingInService() {
        board.out(0x20, 0x11);
        board.out(0x21, 0x30);
        board.out(0x21, 0x04);
        board.out(0x21, 0x03);
        pulse(3);
        pic.acknowledge();
        board.out(0x20, 0x0b);
        assertThat(board.in(0x20)).isZero();
    }

    @Test
    void specialMaskModeLetsLowerInputsThroughAMaskedOneInService() {
        pulse(3);
        pic.acknowledge();
        board.out(0x21, 0x08);
        board.out(0x20, 0x68);
        pulse(5);
        assertThat(pic.acknowledge()).isEqualTo(0x35);
    }

    @Test
    void pollReturnsAndServesTheHighestInput() {
        pulse(6);
        board.out(0x20, 0x0c);
        assertThat(board.in(0x20)).isEqualTo(0x86);
        board.out(0x20, 0x0b);
        assertThat(board.in(0x20)).isEqualTo(0x40);
    }

    @Test
    void aRequestThatIsGoneGivesTheSpuriousVector() {
        assertThat(pic.acknowledge()).isEqualTo(0x37);
    }

    @Test
    void aLevelInputAsksAgainUntilItIsDeasserted() {
        board.out(0x4d1, 0x02); // IRQ 9
        pic.setInput(9, true);
        assertThat(pic.acknowledge()).isEqualTo(0x39);
        board.out(0xa0, 0x20);
        board.out(0x20, 0x20);
        assertThat(intr.asserted).isTrue();
        pic.setInput(9, false);
        assertThat(intr.asserted).isFalse();
    }

    @Test
    void theTimersAndTheCascadesTriggerCannotBeSetToLevel() {
        board.out(0x4d0, 0xff);
        board.out(0x4d1, 0xff);
        assertThat(board.in(0x4d0)).isEqualTo(0xf8);
        assertThat(board.in(0x4d1)).isEqualTo(0xde);
    }

    @Test
    void linuxsProbeReadsBackTheMask() {
        board.out(0xa1, 0xff);
        board.out(0x21, 0xfb);
        assertThat(board.in(0x21)).isEqualTo(0xfb);
    }

    @Test
    void aHeldEdgeInputNeedsANewEdgeAfterInitialisation() {
        pic.setInput(4, true);
        initialiseAgain();
        assertThat(intr.asserted).isFalse();
    }

    private void initialiseAgain() {
        board.out(0x20, 0x11);
        board.out(0x21, 0x30);
        board.out(0x21, 0x04);
        board.out(0x21, 0x01);
    }

    @Test
    void restoredStateAnswersAsTheSavedOne() throws IOException {
        pulse(5);
        pic.acknowledge();
        pulse(3);
        RecordingLine line = new RecordingLine();
        Pic8259 copy = new Pic8259(new Object(), line);
        Board.restore(copy, Board.save(pic));
        assertThat(line.asserted).isTrue();
        assertThat(copy.acknowledge()).isEqualTo(0x33);
        assertThat(Board.save(copy)).isNotEqualTo(Board.save(pic));
        pic.acknowledge();
        assertThat(Board.save(copy)).isEqualTo(Board.save(pic));
    }
}
