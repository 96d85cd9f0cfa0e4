package org.jvisor.machine.device;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.jvisor.vmm.api.CpuSignals;
import org.jvisor.vmm.api.LocalApic;

class LocalApicDeviceTest {
    private static final long TSC_HZ = 2_500_000_000L;
    private static final long TIMER_HZ = 1_000_000_000L;

    private static final int ICR = 0x830, SELF_IPI = 0x83f, EOI_MSR = 0x80b;

    private final Board board = new Board();
    private final RecordingSignals[] cpus = new RecordingSignals[20];
    private final SoftwareInterrupts interrupts;

    LocalApicDeviceTest() {
        for (int i = 0; i < cpus.length; i++) {
            cpus[i] = new RecordingSignals();
        }
        CpuSignals[] signals = cpus;
        interrupts =
                new SoftwareInterrupts(
                        signals, board.clock, TSC_HZ, TIMER_HZ, board.ports, board.mmio);
    }

    private LocalApic xapic(int cpu) {
        LocalApic apic = interrupts.apic(cpu);
        apic.writeMmio(0xf0, 4, 0x1ff);
        return apic;
    }

    private LocalApic x2apic(int cpu) {
        LocalApic apic = xapic(cpu);
        assertThat(apic.setBase(apic.base() | 0xc00)).isTrue();
        return apic;
    }

    @Test
    void powersOnAsTheManualSays() {
        LocalApic bsp = interrupts.apic(0);
        assertThat(bsp.base()).isEqualTo(0xfee0_0900L);
        assertThat(interrupts.apic(1).base()).isEqualTo(0xfee0_0800L);
        assertThat(bsp.readMmio(0xf0, 4)).isEqualTo(0xff);
        assertThat(bsp.readMmio(0x350, 4)).isEqualTo(0x10000);
        assertThat(bsp.readMmio(0xe0, 4)).isEqualTo(0xffff_ffffL);
        assertThat(interrupts.apic(3).readMmio(0x20, 4)).isEqualTo(0x0300_0000);
    }

    @Test
    void aSoftwareDisabledApicTakesNoFixedInterrupt() {
        interrupts.msi().send(0xfee0_0000L, 0x41);
        assertThat(interrupts.apic(0).interruptReady()).isFalse();
    }

    @Test
    void anMsiIsDeliveredToItsDestination() {
        LocalApic apic = xapic(1);
        interrupts.msi().send(0xfee0_1000L, 0x41);
        assertThat(cpus[1].interrupts).isPositive();
        assertThat(apic.interruptReady()).isTrue();
        assertThat(apic.acknowledge()).isEqualTo(0x41);
        assertThat(apic.interruptReady()).isFalse();
        assertThat(apic.acknowledge()).isEqualTo(-1);
        assertThat(apic.readMmio(0x120, 4)).as("in service").isEqualTo(2);
    }

    @Test
    void priorityClassesNest() {
        LocalApic apic = xapic(0);
        interrupts.msi().send(0xfee0_0000L, 0x51);
        assertThat(apic.acknowledge()).isEqualTo(0x51);
        interrupts.msi().send(0xfee0_0000L, 0x5f);
        assertThat(apic.interruptReady()).as("same class").isFalse();
        interrupts.msi().send(0xfee0_0000L, 0x61);
        assertThat(apic.acknowledge()).isEqualTo(0x61);
        assertThat(apic.readMmio(0xa0, 4)).as("PPR").isEqualTo(0x60);
        apic.writeMmio(0xb0, 4, 0);
        apic.writeMmio(0xb0, 4, 0);
        assertThat(apic.acknowledge()).isEqualTo(0x5f);
    }

    @Test
    void theTaskPriorityHoldsBackLowerClasses() {
        LocalApic apic = xapic(0);
        apic.setCr8(5);
        assertThat(apic.readMmio(0x80, 4)).isEqualTo(0x50);
        interrupts.msi().send(0xfee0_0000L, 0x51);
        assertThat(apic.interruptReady()).isFalse();
        apic.setCr8(4);
        assertThat(apic.interruptReady()).isTrue();
    }

    @Test
    void illegalVectorsAreErrors() {
        LocalApic apic = xapic(0);
        apic.writeMmio(0x370, 4, 0xfe);
        interrupts.msi().send(0xfee0_0000L, 0x08);
        apic.writeMmio(0x280, 4, 0);
        assertThat(apic.readMmio(0x280, 4)).isEqualTo(0x40);
        assertThat(apic.acknowledge()).as("the error interrupt").isEqualTo(0xfe);
        apic.writeMmio(0x300, 4, 0x4_0005);
        apic.writeMmio(0x280, 4, 0);
        assertThat(apic.readMmio(0x280, 4)).isEqualTo(0x20);
        apic.writeMmio(0x280, 4, 0);
        assertThat(apic.readMmio(0x280, 4)).isZero();
    }

    @Test
    void anUnknownRegisterIsAnError() {
        LocalApic apic = xapic(0);
        apic.readMmio(0x2f0, 4);
        apic.writeMmio(0x280, 4, 0);
        assertThat(apic.readMmio(0x280, 4)).isEqualTo(0x80);
    }

    // ---- Interprocessor interrupts

    @Test
    void physicalIpisReachOneCpu() {
        xapic(0);
        LocalApic target = xapic(2);
        interrupts.apic(0).writeMmio(0x310, 4, 0x0200_0000);
        interrupts.apic(0).writeMmio(0x300, 4, 0x40f1);
        assertThat(target.acknowledge()).isEqualTo(0xf1);
        assertThat(interrupts.apic(0).readMmio(0x300, 4)).as("delivered").isEqualTo(0x40f1);
    }

    @Test
    void flatLogicalIpisReachTheSet() {
        for (int i = 0; i < 3; i++) {
            xapic(i).writeMmio(0xd0, 4, 0x0100_0000L << i);
        }
        interrupts.apic(0).writeMmio(0x310, 4, 0x0600_0000);
        interrupts.apic(0).writeMmio(0x300, 4, 0x48f1);
        assertThat(interrupts.apic(0).interruptReady()).isFalse();
        assertThat(interrupts.apic(1).interruptReady()).isTrue();
        assertThat(interrupts.apic(2).interruptReady()).isTrue();
    }

    @Test
    void clusterLogicalIpisReachTheirCluster() {
        for (int i = 0; i < 3; i++) {
            LocalApic apic = xapic(i);
            apic.writeMmio(0xe0, 4, 0x0fff_ffff);
            apic.writeMmio(0xd0, 4, i == 2 ? 0x2100_0000 : 0x1100_0000L << i);
        }
        interrupts.apic(0).writeMmio(0x310, 4, 0x1100_0000);
        interrupts.apic(0).writeMmio(0x300, 4, 0x48f1);
        assertThat(interrupts.apic(0).interruptReady()).isTrue();
        assertThat(interrupts.apic(2).interruptReady()).isFalse();
    }

    @Test
    void shorthandsMeanSelfAllAndOthers() {
        for (int i = 0; i < 3; i++) {
            xapic(i);
        }
        LocalApic sender = interrupts.apic(1);
        sender.writeMmio(0x300, 4, 0x4_00f1);
        assertThat(sender.acknowledge()).isEqualTo(0xf1);
        assertThat(interrupts.apic(0).interruptReady()).isFalse();
        sender.writeMmio(0xb0, 4, 0);
        sender.writeMmio(0x300, 4, 0xc_00f2);
        assertThat(sender.interruptReady()).isFalse();
        assertThat(interrupts.apic(0).acknowledge()).isEqualTo(0xf2);
        sender.writeMmio(0x300, 4, 0x8_00f3);
        assertThat(sender.acknowledge()).isEqualTo(0xf3);
        assertThat(interrupts.apic(2).acknowledge()).isEqualTo(0xf3);
    }

    @Test
    void lowestPriorityTakesTurnsAmongEquals() {
        for (int i = 0; i < 2; i++) {
            xapic(i).writeMmio(0xd0, 4, 0x0100_0000L << i);
        }
        interrupts.msi().send(0xfee0_300cL, 0x141);
        interrupts.msi().send(0xfee0_300cL, 0x141);
        assertThat(interrupts.apic(0).interruptReady()).isTrue();
        assertThat(interrupts.apic(1).interruptReady()).isTrue();
    }

    @Test
    void lowestPriorityAvoidsTheBusyCpu() {
        for (int i = 0; i < 2; i++) {
            xapic(i).writeMmio(0xd0, 4, 0x0100_0000L << i);
        }
        interrupts.apic(0).setCr8(2);
        interrupts.msi().send(0xfee0_300cL, 0x141);
        assertThat(interrupts.apic(0).interruptReady()).isFalse();
        assertThat(interrupts.apic(1).interruptReady()).isTrue();
    }

    /** How Linux starts a processor: INIT, its de-assertion, two STARTUPs. */
    @Test
    void initAndStartupReachAnotherCpu() {
        LocalApic bsp = xapic(0);
        bsp.writeMmio(0x310, 4, 0x0100_0000);
        bsp.writeMmio(0x300, 4, 0xc500);
        bsp.writeMmio(0x310, 4, 0x0100_0000);
        bsp.writeMmio(0x300, 4, 0x8500);
        assertThat(cpus[1].inits).isOne();
        bsp.writeMmio(0x310, 4, 0x0100_0000);
        bsp.writeMmio(0x300, 4, 0x0699);
        assertThat(cpus[1].startupVector).isEqualTo(0x99);
        assertThat(cpus[0].inits).isZero();
    }

    @Test
    void initResetsTheTargetsApic() {
        LocalApic target = xapic(1);
        target.setCr8(7);
        xapic(0).writeMmio(0x310, 4, 0x0100_0000);
        interrupts.apic(0).writeMmio(0x300, 4, 0xc500);
        assertThat(target.cr8()).isZero();
        assertThat(target.readMmio(0xf0, 4)).isEqualTo(0xff);
    }

    @Test
    void nmiIpisReachTheCpuDirectly() {
        xapic(0).writeMmio(0x310, 4, 0x0100_0000);
        interrupts.apic(0).writeMmio(0x300, 4, 0x0400);
        assertThat(cpus[1].nmis).isOne();
    }

    @Test
    void smisAreIgnored() {
        xapic(0).writeMmio(0x300, 4, 0x4_0200);
        assertThat(interrupts.apic(0).interruptReady()).isFalse();
    }

    // ---- x2APIC

    @Test
    void x2apicIdsAreWide() {
        LocalApic apic = x2apic(19);
        assertThat(apic.readX2apic(0x802)).isEqualTo(19);
        assertThat(apic.readX2apic(0x80d)).isEqualTo(0x1_0008);
    }

    @Test
    void x2apicIpisUseOne64BitRegister() {
        LocalApic sender = x2apic(0);
        LocalApic target = x2apic(19);
        assertThat(sender.writeX2apic(ICR, 19L << 32 | 0xf1)).isTrue();
        assertThat(target.acknowledge()).isEqualTo(0xf1);
        assertThat(sender.writeX2apic(ICR, 0x1_0008L << 32 | 0x8f2)).isTrue();
        target.writeX2apic(EOI_MSR, 0);
        assertThat(target.acknowledge()).as("logical").isEqualTo(0xf2);
        assertThat(sender.writeX2apic(ICR, 0xffff_ffffL << 32 | 0xf3)).isTrue();
        target.writeX2apic(EOI_MSR, 0);
        assertThat(target.acknowledge()).as("broadcast").isEqualTo(0xf3);
    }

    @Test
    void selfIpiInterruptsItself() {
        LocalApic apic = x2apic(0);
        assertThat(apic.writeX2apic(SELF_IPI, 0x77)).isTrue();
        assertThat(apic.acknowledge()).isEqualTo(0x77);
    }

    @Test
    void x2apicRefusesReservedBitsAndRegisters() {
        LocalApic apic = x2apic(0);
        assertThat(apic.writeX2apic(EOI_MSR, 1)).isFalse();
        assertThat(apic.writeX2apic(0x808, 0x100)).isFalse();
        assertThat(apic.writeX2apic(0x802, 0)).as("ID").isFalse();
        assertThat(apic.writeX2apic(0x80e, 0)).as("DFR").isFalse();
        assertThat(apic.writeX2apic(0x831, 0)).as("ICR high").isFalse();
        assertThat(apic.writeX2apic(0x838, 1L << 32)).isFalse();
        assertThat(apic.writeX2apic(0x832, 0x1_0000_0000L)).isFalse();
        assertThat(apic.x2apicReadable(0x80b)).as("EOI").isFalse();
        assertThat(apic.x2apicReadable(0x83f)).as("self IPI").isFalse();
        assertThat(apic.x2apicReadable(0x8ff)).isFalse();
        assertThat(apic.x2apicReadable(0x827)).as("IRR 7").isTrue();
    }

    @Test
    void x2apicRegistersAreClosedInXapicMode() {
        LocalApic apic = xapic(0);
        assertThat(apic.x2apicReadable(0x802)).isFalse();
        assertThat(apic.writeX2apic(0x808, 0)).isFalse();
    }

    @Test
    void theModeStateMachineHasNoShortcuts() {
        LocalApic apic = xapic(1);
        assertThat(apic.setBase(0xfee0_0400L)).as("x2APIC without enable").isFalse();
        assertThat(apic.setBase(0xfee0_0000L)).as("disable").isTrue();
        assertThat(apic.setBase(0xfee0_0c00L)).as("disabled to x2APIC").isFalse();
        assertThat(apic.setBase(0xfee0_0800L)).isTrue();
        assertThat(apic.setBase(0xfee0_0c00L)).isTrue();
        assertThat(apic.setBase(0xfee0_0800L)).as("x2APIC to xAPIC").isFalse();
        assertThat(apic.setBase(0xfee0_0c01L)).as("reserved bit").isFalse();
        assertThat(apic.setBase(0xfee0_0000L)).isTrue();
    }

    @Test
    void disablingForgetsEverything() {
        LocalApic apic = xapic(1);
        apic.setCr8(3);
        apic.setBase(0xfee0_0000L);
        apic.setBase(0xfee0_0800L);
        assertThat(apic.readMmio(0xf0, 4)).isEqualTo(0xff);
        assertThat(apic.cr8()).isZero();
    }

    @Test
    void disablingSoftwareMasksTheLocalVectors() {
        LocalApic apic = xapic(0);
        apic.writeMmio(0x350, 4, 0x700);
        apic.writeMmio(0xf0, 4, 0xff);
        assertThat(apic.readMmio(0x350, 4)).isEqualTo(0x1_0700);
        apic.writeMmio(0x350, 4, 0x700);
        assertThat(apic.readMmio(0x350, 4)).as("stays masked").isEqualTo(0x1_0700);
    }

    // ---- The board's wires

    @Test
    void nmiGoesThroughLint1() {
        interrupts.nmi();
        assertThat(cpus[0].nmis).as("masked at power-on").isZero();
        interrupts.enableVirtualWire();
        interrupts.nmi();
        assertThat(cpus[0].nmis).isOne();
        assertThat(cpus[1].nmis).isZero();
    }

    @Test
    void narrowReadsReturnTheirPart() {
        LocalApic apic = interrupts.apic(5);
        assertThat(apic.readMmio(0x23, 1)).isEqualTo(5);
        assertThat(apic.readMmio(0x24, 4)).isZero();
    }
}
