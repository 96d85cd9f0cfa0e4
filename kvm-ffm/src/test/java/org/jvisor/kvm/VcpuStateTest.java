package org.jvisor.kvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class VcpuStateTest {
    private static final int MSR_APIC_BASE = 0x1b;
    private static final int MSR_SYSENTER_CS = 0x174;
    private static final int MSR_SYSENTER_ESP = 0x175;
    private static final int NO_SUCH_MSR = 0x1234_5678;

    private TestGuest guest;
    private KvmVcpu cpu;

    @BeforeEach
    void makeGuest() {
        guest = TestGuest.withIrqchip();
        cpu = guest.cpu();
    }

    @AfterEach
    void closeGuest() {
        if (guest != null) { // null where the test was skipped
            guest.close();
        }
    }

    @Test
    void generalRegistersSurviveARoundTrip() {
        KvmRegs regs = new KvmRegs();
        for (int i = 0; i < regs.gpr.length; i++) {
            regs.gpr[i] = 0x0101_0101_0101_0101L * i;
        }
        regs.rip = 0x1234;
        regs.rflags = 0x46;
        cpu.setRegs(regs);
        KvmRegs read = new KvmRegs();
        cpu.regs(read);
        assertThat(read).usingRecursiveComparison().isEqualTo(regs);
    }

    @Test
    void specialRegistersSurviveARoundTrip() {
        KvmSregs sregs = new KvmSregs();
        cpu.sregs(sregs);
        sregs.segments[KvmSregs.CS] = new KvmSegment(0x1230, 0x12300, 0xffff, 0x9b);
        sregs.segments[KvmSregs.GS] = new KvmSegment(0x4560, 0x45600, 0xffff, 0x93);
        sregs.gdtBase = 0x7000;
        sregs.gdtLimit = 0xfff8;
        sregs.idtBase = 0x6000;
        sregs.idtLimit = 0x3ff;
        sregs.cr2 = 0x1111;
        sregs.cr8 = 5;
        cpu.setSregs(sregs);
        KvmSregs read = new KvmSregs();
        cpu.sregs(read);
        assertThat(read).usingRecursiveComparison().isEqualTo(sregs);
    }

    @Test
    void aVcpuStartsAtTheResetVector() {
        KvmSregs sregs = new KvmSregs();
        cpu.sregs(sregs);
        assertThat(sregs.segments[KvmSregs.CS].selector()).isEqualTo(0xf000);
        assertThat(sregs.segments[KvmSregs.CS].base()).isEqualTo(0xffff_0000L);
        assertThat(guest.regs().rip).isEqualTo(0xfff0);
    }

    @Test
    void theFxsaveImageSurvivesARoundTrip() {
        byte[] image = cpu.fxsave();
        image[0] = 0x7f; // FCW
        image[1] = 0x03;
        image[32] = 0x11; // ST0
        image[160] = 0x22; // XMM0
        image[160 + 15 * 16 + 15] = 0x33; // XMM15
        cpu.setFxsave(image);
        assertThat(cpu.fxsave()).isEqualTo(image);
    }

    @Test
    void anFxsaveImageOfTheWrongSizeIsRefused() {
        assertThatThrownBy(() -> cpu.setFxsave(new byte[100]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("512");
    }

    @Test
    void theXsaveImageSurvivesARoundTrip() {
        byte[] image = cpu.xsave();
        image[160] = 0x22; // XMM0
        image[512] |= 3; // XSTATE_BV: x87 and SSE are in use
        cpu.setXsave(image);
        byte[] read = cpu.xsave();
        assertThat(read).hasSameSizeAs(image);
        assertThat(read[160]).isEqualTo((byte) 0x22);
    }

    @Test
    void xcr0CanBeSetToWhatEveryCpuHas() {
        cpu.setXcr0(1);
        assertThat(cpu.xcr0()).hasValue(1);
    }

    @Test
    void msrsAreReadInTheOrderAskedFor() {
        cpu.setMsrs(List.of(new KvmMsr(MSR_SYSENTER_ESP, 0x5678)));
        assertThat(cpu.msrs(MSR_SYSENTER_ESP, MSR_APIC_BASE))
                .extracting(KvmMsr::index)
                .containsExactly(MSR_SYSENTER_ESP, MSR_APIC_BASE);
        assertThat(cpu.msrs(MSR_SYSENTER_ESP).getFirst().data()).isEqualTo(0x5678);
    }

    @Test
    void msrsTheHostRefusesAreToldAndTheOthersSet() {
        List<Integer> refused =
                cpu.setMsrs(
                        List.of(
                                new KvmMsr(NO_SUCH_MSR, 1),
                                new KvmMsr(MSR_SYSENTER_CS, 0x10),
                                new KvmMsr(NO_SUCH_MSR + 1, 1),
                                new KvmMsr(MSR_SYSENTER_ESP, 0x20)));
        assertThat(refused).containsExactly(NO_SUCH_MSR, NO_SUCH_MSR + 1);
        assertThat(cpu.msrs(MSR_SYSENTER_CS, MSR_SYSENTER_ESP))
                .containsExactly(
                        new KvmMsr(MSR_SYSENTER_CS, 0x10), new KvmMsr(MSR_SYSENTER_ESP, 0x20));
    }

    @Test
    void msrsTheHostDoesNotHaveAreLeftOut() {
        assertThat(cpu.msrs(NO_SUCH_MSR, MSR_APIC_BASE, NO_SUCH_MSR + 1))
                .extracting(KvmMsr::index)
                .containsExactly(MSR_APIC_BASE);
    }

    @Test
    void theLocalApicSurvivesARoundTrip() {
        byte[] lapic = cpu.lapic();
        assertThat(lapic).hasSize(1024);
        lapic[0xf1] |= 1; // software enable
        cpu.setLapic(lapic);
        assertThat(cpu.lapic()[0xf1] & 1).isOne();
    }

    @Test
    void theActivityCanBeSet() {
        assertThat(cpu.mpState()).isEqualTo(KvmMpState.RUNNABLE);
        cpu.setMpState(KvmMpState.HALTED);
        assertThat(cpu.mpState()).isEqualTo(KvmMpState.HALTED);
    }

    @Test
    void aSecondVcpuWaitsForItsStart() {
        assertThat(guest.vm.createVcpu(1).mpState()).isEqualTo(KvmMpState.UNINITIALIZED);
    }

    @Test
    void pendingEventsSurviveARoundTrip() {
        KvmVcpuEvents events = new KvmVcpuEvents();
        cpu.vcpuEvents(events);
        events.exceptionInjected = true;
        events.exceptionVector = 13;
        events.exceptionHasErrorCode = true;
        events.exceptionErrorCode = 0x18;
        events.nmiMasked = true;
        events.flags = KvmVcpuEvents.VALID_SHADOW;
        cpu.setVcpuEvents(events);
        KvmVcpuEvents read = new KvmVcpuEvents();
        cpu.vcpuEvents(read);
        assertThat(read.exceptionVector).isEqualTo(13);
        assertThat(read.exceptionHasErrorCode).isTrue();
        assertThat(read.exceptionErrorCode).isEqualTo(0x18);
        assertThat(read.nmiMasked).isTrue();
    }

    @Test
    void debugRegistersSurviveARoundTrip() {
        KvmDebugRegs registers = new KvmDebugRegs();
        registers.db[0] = 0x1000;
        registers.db[3] = 0x4000;
        registers.dr7 = 0x401;
        cpu.setDebugRegs(registers);
        KvmDebugRegs read = new KvmDebugRegs();
        cpu.debugRegs(read);
        assertThat(read).usingRecursiveComparison().isEqualTo(registers);
    }

    @Test
    void steppingLeavesAfterEveryInstruction() {
        guest.realMode("90 90 f4");
        cpu.singleStep(true);
        for (int i = 1; i <= 2; i++) {
            assertThat(cpu.run()).isEqualTo(KvmExit.DEBUG);
            assertThat(cpu.exit().debugException()).isEqualTo(1);
            assertThat(guest.regs().rip).isEqualTo(TestGuest.CODE + i);
        }
    }

    @Test
    void steppingEnds() {
        guest.realMode("90 90 e680 f4"); // nop; nop; out 0x80, al
        cpu.singleStep(true);
        cpu.run();
        cpu.singleStep(false);
        assertThat(cpu.run()).isEqualTo(KvmExit.IO);
    }

    @Test
    void theGuestSeesTheCpuidItWasGiven() {
        // mov eax, 0x40000000; cpuid; out 0x80, al
        guest.realMode("66b800000040 0fa2 e680");
        cpu.setCpuid(
                List.of(
                        new KvmCpuidEntry(0, 0, 0, 0x4000_0000, 0, 0, 0),
                        new KvmCpuidEntry(0x4000_0000, 0, 0, 0x4000_0000, 0x4a56, 0x4953, 7)));
        assertThat(cpu.run()).isEqualTo(KvmExit.IO);
        KvmRegs regs = guest.regs();
        assertThat(regs.gpr[KvmRegs.RBX]).isEqualTo(0x4a56);
        assertThat(regs.gpr[KvmRegs.RCX]).isEqualTo(0x4953);
        assertThat(regs.gpr[KvmRegs.RDX]).isEqualTo(7);
    }

    @Test
    void theCpuidGivenCanBeReadBack() {
        KvmCpuidEntry vendor = new KvmCpuidEntry(0, 0, 0, 1, 0x7473_6574, 0x6574_7365, 7);
        KvmCpuidEntry indexed =
                new KvmCpuidEntry(4, 1, KvmCpuidEntry.SIGNIFICANT_INDEX, 0, 0, 0, 0);
        cpu.setCpuid(List.of(vendor, indexed));
        assertThat(cpu.cpuid()).contains(vendor, indexed);
    }

    @Test
    void theTscHasAFrequency() {
        assertThat(cpu.tscKhz()).isPositive();
    }

    @Test
    void theTscCanKeepItsFrequency() {
        int khz = cpu.tscKhz();
        cpu.setTscKhz(khz);
        assertThat(cpu.tscKhz()).isEqualTo(khz);
    }

    @Test
    void pausingAGuestWithoutKvmclockIsRefused() {
        assertThatThrownBy(cpu::kvmclockPaused)
                .isInstanceOf(KvmException.class)
                .hasMessageContaining("KVM_KVMCLOCK_CTRL failed: EINVAL");
    }

    @Test
    void linearAddressesAreTranslatedByTheGuestsTables() {
        guest.longMode("f4");
        assertThat(cpu.translate(0x12345)).isEqualTo(new KvmTranslation(0x12345, true));
        assertThat(cpu.translate(1L << 40).valid()).isFalse();
    }

    @Test
    void theTaskPriorityIsInTheRunArea() {
        guest.realMode("e680"); // out 0x80, al
        cpu.run();
        assertThat(cpu.exit().cr8()).isZero();
        assertThat(cpu.exit().apicBase() & 0xffff_f000L).isEqualTo(0xfee0_0000L);
    }
}
