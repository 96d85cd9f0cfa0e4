package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.jvisor.vmm.api.VcpuExit;

/** Whatever a guest puts into its tables, the worst that happens is that its CPU shuts down. */
class RandomTablesTest {
    private static final int STEPS = 40;

    /** Transfers and loads that follow descriptors, gates and TSSs. */
    private static final String[] INSTRUCTIONS = {
        "ff 28",
        "ff 18",
        "cb",
        "ca 10 00",
        "cf",
        "66 cf",
        "48 cf",
        "cd 40",
        "cc",
        "0f 0b",
        "8e d8",
        "8e d0",
        "8e e0",
        "1f",
        "17",
        "0f a1",
        "0f b2 18",
        "0f 00 d0",
        "0f 00 d8",
        "0f 02 d8",
        "0f 03 d8",
        "0f 00 e0",
        "0f 01 10",
        "0f 01 18",
        "0f 22 c0",
        "0f 22 e0",
        "0f 22 d8",
        "0f 30",
        "0f 05",
        "48 0f 07",
        "0f 34",
        "0f 35",
        "0f 23 f8",
        "9d",
        "6c",
        "e4 80",
    };

    private static SystemMachine machine(int mode) {
        return switch (mode) {
            case 0 -> SystemMachine.real();
            case 1 -> SystemMachine.protected32();
            case 2 -> SystemMachine.protected32().enterUser();
            case 3 -> SystemMachine.long64();
            case 4 -> SystemMachine.long64().enterUser();
            default -> {
                SystemMachine m = SystemMachine.protected32();
                m.c.setFlags(Cpu.VM | (mode == 5 ? 0 : Cpu.IOPL));
                m.c.setCpl(3);
                for (int seg = Cpu.ES; seg <= Cpu.GS; seg++) {
                    SegmentLoad.loadReal(m.c, seg, SystemMachine.CODE >> 4);
                }
                m.c.rip = 0;
                yield m;
            }
        };
    }

    /** Random bytes over a table, most of them present and of a plausible type. */
    private static void scramble(SystemMachine m, Random random, int table, int entries) {
        for (int i = 1; i < entries; i++) {
            if (random.nextInt(3) == 0) {
                long entry = random.nextLong();
                if (random.nextBoolean()) {
                    entry |= 1L << 47;
                }
                if (random.nextBoolean()) {
                    entry &= ~(0xff00_0000_00e0_0000L | 0xfff0L << 16);
                }
                m.memory.writeLong(table + 8 * i, entry);
            }
        }
    }

    @Property(tries = 1500)
    void randomTablesNeverBreakTheEmulator(@ForAll @IntRange(max = 6) int mode, @ForAll long seed) {
        Random random = new Random(seed);
        SystemMachine m = machine(mode);
        scramble(m, random, SystemMachine.GDT, 32);
        scramble(m, random, SystemMachine.IDT, 512);
        scramble(m, random, SystemMachine.TSS, 14);
        scramble(m, random, SystemMachine.OTHER_TSS, 14);
        for (int i = 0; i < 64; i++) {
            int value = random.nextInt(4) == 0 ? random.nextInt() : random.nextInt(0x100);
            m.memory.writeInt(SystemMachine.DATA + 4 * i, value);
            m.memory.writeInt(SystemMachine.STACK - 0x80 + 4 * i, value);
        }
        StringBuilder code = new StringBuilder();
        for (int i = 0; i < 8; i++) {
            code.append(INSTRUCTIONS[random.nextInt(INSTRUCTIONS.length)]).append(' ');
        }
        m.code(code.toString());
        m.c.r[Cpu.RAX] = random.nextBoolean() ? SystemMachine.DATA : random.nextInt(0x100);
        m.c.r[Cpu.RSP] -= random.nextInt(16) * 8;
        m.c.hostStep = true;
        m.c.updateSlow();
        for (int i = 0; i < STEPS; i++) {
            VcpuExit exit = m.vcpu.run();
            if (exit == VcpuExit.FAILED) {
                assertThat(m.vcpu.failure()).contains("there is no memory");
            }
            if (exit == VcpuExit.SHUTDOWN || exit == VcpuExit.FAILED) {
                break;
            }
        }
        assertThat(m.c.cpl).isBetween(0, 3);
    }
}
