package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jvisor.emulator.Cpu.RAX;
import static org.jvisor.emulator.TestGuest.CODE;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.jvisor.vmm.api.LocalApic;
import org.jvisor.vmm.api.VcpuExit;
import org.jvisor.vmm.api.VcpuState;

class InterpreterTest {
    private TestGuest g = new TestGuest(1, 1000).long64().withHandlers();

    @AfterEach
    void close() {
        g.close();
    }

    /** An APIC with one vector to deliver. */
    private static final class OneShot implements LocalApic {
        int vector = -1;

        @Override
        public int acknowledge() {
            int v = vector;
            vector = -1;
            return v;
        }

        @Override
        public boolean interruptReady() {
            return vector >= 0;
        }

        @Override
        public long base() {
            return 0xfee0_0900L;
        }

        @Override
        public boolean setBase(long value) {
            return true;
        }

        @Override
        public int cr8() {
            return 0;
        }

        @Override
        public void setCr8(int priority) {}

        @Override
        public long readMmio(int offset, int size) {
            return 0x1000 + offset;
        }

        @Override
        public void writeMmio(int offset, int size, long value) {
            vector = (int) value;
        }

        @Override
        public boolean x2apicReadable(int msr) {
            return false;
        }

        @Override
        public long readX2apic(int msr) {
            return 0;
        }

        @Override
        public boolean writeX2apic(int msr, long value) {
            return false;
        }

        @Override
        public long tscDeadline() {
            return 0;
        }

        @Override
        public void setTscDeadline(long tsc) {}
    }

    private OneShot apic() {
        OneShot apic = new OneShot();
        g.vcpu.attach(apic);
        return apic;
    }

    private void interrupt(OneShot apic, int vector) {
        apic.vector = vector;
        g.vcpu.interrupt();
    }

    @Test
    void anEndlessLoopReturnsWhenItsSliceIsUsedUp() {
        g.code("ebfe");
        assertThat(g.run()).isEqualTo(VcpuExit.SLICE);
        assertThat(g.vcpu.instructions()).isEqualTo(1000);
    }

    @Test
    void aKickBeforeARunEndsItAtOnce() {
        g.code("ebfe").vcpu.kick();
        assertThat(g.run()).isEqualTo(VcpuExit.KICKED);
        assertThat(g.vcpu.instructions()).isZero();
        assertThat(g.run()).isEqualTo(VcpuExit.SLICE);
    }

    @Test
    void haltWithoutAnythingToDeliverIsIdle() {
        g.code("f4");
        assertThat(g.run()).isEqualTo(VcpuExit.HALTED);
        assertThat(g.vcpu.idle()).isTrue();
        assertThat(g.run()).isEqualTo(VcpuExit.HALTED);
    }

    @Test
    void anInterruptEndsHaltWhenInterruptsAreEnabled() {
        OneShot apic = apic();
        g.code("fb f4 90 f4").run();
        interrupt(apic, 0x40);
        assertThat(g.vcpu.idle()).isFalse();
        g.run();
        assertThat(g.vector()).isEqualTo(0x40);
        assertThat(g.faultRip()).isEqualTo(CODE + 2);
    }

    @Test
    void aMaskedInterruptDoesNotEndHaltButIsDeliveredAfterSti() {
        OneShot apic = apic();
        g.code("f4 fb 90 90 f4").run();
        interrupt(apic, 0x40);
        assertThat(g.run()).isEqualTo(VcpuExit.HALTED);
        g.at(CODE + 1).run();
        assertThat(g.vector()).isEqualTo(0x40);
        assertThat(g.faultRip()).as("one instruction after STI").isEqualTo(CODE + 3);
    }

    @Test
    void stiThenHaltIsNotInterruptedInBetween() {
        OneShot apic = apic();
        interrupt(apic, 0x40);
        g.code("fb f4 90 f4").run();
        assertThat(g.vector()).isEqualTo(0x40);
        assertThat(g.faultRip()).as("after HLT").isEqualTo(CODE + 2);
    }

    @Test
    void anNmiIsTakenWithInterruptsDisabledAndBlocksTheNext() {
        g.code("f4").vcpu.nmi();
        g.run();
        assertThat(g.vector()).isEqualTo(Cpu.NMI);
        g.vcpu.nmi();
        assertThat(g.run()).isEqualTo(VcpuExit.HALTED);
        assertThat(g.c.nmiBlocked).isTrue();
    }

    @Test
    void theApicsPageIsTheApics() {
        OneShot apic = apic();
        g.map(0x90000, 0xfee0_0003L);
        g.code("8b8380000000 8983b0000000 f4").reg(Cpu.RBX, 0x90000).run();
        assertThat(g.c.r[RAX]).isEqualTo(0x1080);
        assertThat(apic.vector).isEqualTo(0x1080);
    }

    @Test
    void aFaultLeavesTheInstructionsBeforeItDoneAndItselfUndone() {
        // inc eax; mov ecx,[0x7fff0000] (not mapped); inc eax
        g.code("ffc0 8b0c250000ff7f ffc0 f4").run();
        assertThat(g.vector()).isEqualTo(Cpu.PAGE_FAULT);
        assertThat(g.faultRip()).isEqualTo(CODE + 2);
        assertThat(g.c.r[RAX]).isEqualTo(1);
        assertThat(g.vcpu.instructions()).isEqualTo(2); // and the handler's HLT
    }

    @Test
    void hostSingleStepReturnsAfterEachInstruction() {
        g.code("ffc0 ffc0 f4").vcpu.singleStep(true);
        assertThat(g.run()).isEqualTo(VcpuExit.DEBUG);
        assertThat(g.c.rip).isEqualTo(CODE + 2);
        assertThat(g.run()).isEqualTo(VcpuExit.DEBUG);
        assertThat(g.c.r[RAX]).isEqualTo(2);
    }

    @Test
    void aTripleFaultShutsTheCpuDownAndSaysWhy() {
        g.c.idtLimit = 0;
        g.code("0f0b");
        assertThat(g.run()).isEqualTo(VcpuExit.SHUTDOWN);
        assertThat(g.vcpu.failure()).contains("triple fault");
        assertThat(g.run()).isEqualTo(VcpuExit.SHUTDOWN);
    }

    @Test
    void aBugOfTheEmulatorIsReportedAsAFailureWithItsReason() {
        g.ports.map(
                0x80,
                1,
                new org.jvisor.vmm.api.IoRegion() {
                    @Override
                    public long read(long offset, int size) {
                        throw new IllegalStateException("a device's bug");
                    }

                    @Override
                    public void write(long offset, int size, long value) {}
                });
        g.code("e480");
        assertThat(g.run()).isEqualTo(VcpuExit.FAILED);
        assertThat(g.vcpu.failure()).contains("a device's bug");
    }

    @Test
    void aStateSavedAndRestoredGoesOnTheSame() {
        g.code("ffc0 ebfc").run();
        VcpuState state = new VcpuState();
        g.vcpu.save(state);
        long before = g.c.r[RAX];
        g.run();
        long after = g.c.r[RAX];
        g.vcpu.restore(state);
        assertThat(g.c.r[RAX]).isEqualTo(before);
        g.run();
        assertThat(g.c.r[RAX]).isEqualTo(after);
    }

    @Test
    void anApplicationProcessorStartsWhereTheStartUpIpiSays() {
        close();
        g = new TestGuest(2, 1000);
        SoftwareVcpu other = g.accelerator.vcpus().get(1);
        assertThat(other.run()).isEqualTo(VcpuExit.HALTED);
        g.code(0x8000, "40 f4");
        other.startup(8);
        assertThat(other.run()).isEqualTo(VcpuExit.HALTED);
        assertThat(other.cpu().r[RAX]).isEqualTo(1);
        assertThat(other.cpu().segSel[Cpu.CS]).isEqualTo(0x800);
    }

    @Test
    void pauseYieldsToTheOtherCpus() {
        close();
        g = new TestGuest(2, 1000).long64();
        g.code("f390 ebfc");
        assertThat(g.run()).isEqualTo(VcpuExit.SLICE);
        assertThat(g.vcpu.instructions()).isEqualTo(1);
    }

    @Test
    void runningPastTheCodeSegmentsLimitIsAFaultAtTheFirstByteBeyond() {
        g.real().code(CODE + 0xfffe, "90 90 90");
        g.c.idtBase = 0;
        g.code(0x34, "00050000").code(0x500, "f4"); // vector 13 at 0:0x500
        g.at(0xfffe).run();
        assertThat(g.c.rip).isEqualTo(0x501);
        assertThat(g.memory.readShort(TestGuest.STACK - 0x10000 + 0xffea)).isZero();
    }
}
