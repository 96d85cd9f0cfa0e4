package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The images of FXSAVE, FNSAVE and FNSTENV. */
class FpStateTest {
    private static final int DATA = SystemMachine.DATA;

    private static void fill(Cpu c) {
        Random random = new Random(1);
        for (int i = 0; i < 32; i++) {
            c.sse.xmm[i] = random.nextLong();
        }
        for (int i = 0; i < 8; i++) {
            c.fpu.sig[i] = random.nextLong();
            c.fpu.se[i] = random.nextInt(0x1_0000);
        }
        c.fpu.setControl(0x27f);
        c.fpu.setStatus(0x3921); // TOP 7, C0, PE, IE
        c.fpu.full = 0x8f;
        c.fpu.lastIp = 0x1234_5678_9abcL;
        c.fpu.lastDp = 0x2345_6789_abcdL;
        c.fpu.lastCs = 0x33;
        c.fpu.lastDs = 0x2b;
        c.fpu.lastOpcode = 0x5aa;
        c.sse.setMxcsr(0x1fa1);
    }

    private static SystemMachine filled(SystemMachine m) {
        m.c.cr0 &= ~(ControlBits.CR0_EM | ControlBits.CR0_TS);
        m.c.cr4 |= ControlBits.CR4_OSFXSR;
        fill(m.c);
        m.c.r[Cpu.RAX] = DATA;
        m.c.r[Cpu.RBX] = DATA;
        return m;
    }

    @Test
    void aStateImageComesBackWhole() {
        Cpu from = filled(SystemMachine.long64()).c;
        byte[] image = new byte[512];
        FpState.save(from, image);
        Cpu to = SystemMachine.long64().c;
        FpState.restore(to, image);
        byte[] again = new byte[512];
        FpState.save(to, again);
        assertThat(again).isEqualTo(image);
        assertThat(to.sse.xmm).isEqualTo(from.sse.xmm);
        assertThat(to.fpu.sig).isEqualTo(from.fpu.sig);
        assertThat(to.fpu.top).isEqualTo(7);
    }

    @ParameterizedTest
    @ValueSource(strings = {"48 0f ae", "0f ae"})
    void fxrstorTakesBackWhatFxsaveWrote(String opcode) {
        SystemMachine m = filled(SystemMachine.long64());
        byte[] before = new byte[512];
        FpState.save(m.c, before);
        // FXSAVE [rax]; FNINIT; XORPS xmm9, xmm9; FXRSTOR [rax]
        m.execute(opcode + " 00 db e3 45 0f 57 c9 " + opcode + " 08");
        assertThat(m.outcome()).isEqualTo("none");
        byte[] after = new byte[512];
        FpState.save(m.c, after);
        boolean wide = opcode.startsWith("48");
        // With 32-bit pointers only their low halves survive.
        for (int i = 0; i < 416; i++) {
            boolean upper = i >= 12 && i < 16 || i >= 20 && i < 24;
            if (wide || !upper) {
                assertThat(after[i]).as("byte %d", i).isEqualTo(before[i]);
            }
        }
    }

    @Test
    void fxsaveLeavesTheRestOfItsAreaAlone() {
        SystemMachine m = filled(SystemMachine.long64());
        for (int i = 0; i < 512; i++) {
            m.memory.writeByte(DATA + i, 0x77);
        }
        m.execute("48 0f ae 00");
        assertThat(m.memory.readByte(DATA + 416)).isEqualTo(0x77);
    }

    @Test
    void fxsaveKeepsTheUpperRegistersOutside64BitMode() {
        SystemMachine m = filled(SystemMachine.protected32());
        m.memory.writeLong(DATA + 160 + 8 * 16, 42);
        m.execute("0f ae 00");
        assertThat(m.memory.readLong(DATA + 160 + 7 * 16)).isEqualTo(m.c.sse.xmm[14]);
        assertThat(m.memory.readLong(DATA + 160 + 8 * 16)).isEqualTo(42);
    }

    @Test
    void fxrstorChecksMxcsrBeforeItChangesAnything() {
        SystemMachine m = filled(SystemMachine.long64());
        m.memory.writeInt(DATA + 24, 0x8000_0000);
        assertThat(m.execute("0f ae 08").outcome()).isEqualTo("13(0x0)");
        assertThat(m.c.fpu.fcw).isEqualTo(0x27f);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "66 "})
    void frstorTakesBackWhatFnsaveWrote(String prefix) {
        SystemMachine m = filled(SystemMachine.protected32());
        int[] se = m.c.fpu.se.clone();
        long[] sig = m.c.fpu.sig.clone();
        int fsw = m.c.fpu.status();
        // FNSAVE [eax]; FRSTOR [eax]
        m.execute(prefix + "dd 30 " + prefix + "dd 20");
        assertThat(m.outcome()).isEqualTo("none");
        assertThat(m.c.fpu.se).isEqualTo(se);
        assertThat(m.c.fpu.sig).isEqualTo(sig);
        assertThat(m.c.fpu.status()).isEqualTo(fsw);
        assertThat(m.c.fpu.full).isEqualTo(0x8f);
    }

    @Test
    void fnsaveInitializesAfterwards() {
        SystemMachine m = filled(SystemMachine.protected32());
        m.execute("dd 30");
        assertThat(m.c.fpu.fcw).isEqualTo(0x37f);
        assertThat(m.c.fpu.full).isZero();
    }

    @Test
    void theProtectedModeEnvironmentHasSelectors() {
        SystemMachine m = filled(SystemMachine.protected32());
        m.execute("d9 30"); // FNSTENV [eax]
        assertThat(m.memory.readInt(DATA)).isEqualTo(0xffff_027f);
        assertThat(m.memory.readInt(DATA + 4)).isEqualTo(0xffff_3921);
        assertThat(m.memory.readInt(DATA + 12)).isEqualTo(0x5678_9abc);
        assertThat(m.memory.readInt(DATA + 16)).isEqualTo(0x05aa_0033);
        assertThat(m.memory.readInt(DATA + 20)).isEqualTo(0x6789_abcd);
        assertThat(m.memory.readInt(DATA + 24)).isEqualTo(0xffff_002b);
    }

    @Test
    void theSmallEnvironmentOfProtectedModeIsSevenWords() {
        SystemMachine m = filled(SystemMachine.protected32());
        m.memory.writeShort(DATA + 14, 0x7777);
        m.execute("66 d9 30");
        assertThat(m.memory.readShort(DATA + 6)).isEqualTo(0x9abc);
        assertThat(m.memory.readShort(DATA + 8)).isEqualTo(0x33);
        assertThat(m.memory.readShort(DATA + 14)).isEqualTo(0x7777);
    }

    @Test
    void theRealModeEnvironmentHasLinearAddresses() {
        SystemMachine m = filled(SystemMachine.real());
        m.c.fpu.lastCs = 0x1000;
        m.c.fpu.lastIp = 0x2345;
        m.c.r[Cpu.RBX] = 0x500;
        m.execute("d9 37"); // FNSTENV [bx]
        assertThat(m.outcome()).isEqualTo("none");
        assertThat(m.memory.readShort(0x506)).isEqualTo(0x2345);
        assertThat(m.memory.readShort(0x508)).isEqualTo(0x15aa);
    }

    @Test
    void fnstenvMasksAllExceptions() {
        SystemMachine m = filled(SystemMachine.protected32());
        m.c.fpu.setControl(0x340);
        m.execute("d9 30");
        assertThat(m.c.fpu.fcw & 0x3f).isEqualTo(0x3f);
    }

    @Test
    void tagsTellZerosAndSpecialNumbersFromOthers() {
        Fpu f = new Fpu();
        f.init();
        f.set(0, 0x3fff, Long.MIN_VALUE);
        f.set(1, 0, 0);
        f.set(2, 0x7fff, Long.MIN_VALUE);
        f.set(3, 0x3fff, 1);
        assertThat(f.tagWord()).isEqualTo(0xffa4);
    }
}
