package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.jvisor.emulator.HostAssembler.MAP0;
import static org.jvisor.emulator.HostAssembler.MAP_0F;
import static org.jvisor.emulator.HostAssembler.NONE;
import static org.jvisor.emulator.HostAssembler.RAX;
import static org.jvisor.emulator.HostAssembler.RBP;
import static org.jvisor.emulator.HostAssembler.RCX;
import static org.jvisor.emulator.HostAssembler.RDI;
import static org.jvisor.emulator.HostAssembler.RDX;
import static org.jvisor.emulator.HostAssembler.RSP;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.jvisor.linux.NativeCode;

/** What is assembled, decoded by the CPU's own decoder, or executed by the host. */
class HostAssemblerTest {
    private static final int[] SIZES = {1, 2, 4, 8};
    private static final int[] DISPLACEMENTS = {
        0, 1, -1, 127, -128, 128, -129, 0x7fff_ffff, -0x8000_0000
    };

    private final HostAssembler a = new HostAssembler();
    private final Decoder decoder = new Decoder();

    /** What the only instruction assembled since the last time is. */
    private Decoded decoded() {
        byte[] code = a.finish();
        a.clear();
        Insn insn = decoder.decode(code, 0, code.length, 0, Cpu.MODE64);
        assertThat(insn).isNotNull();
        assertThat(decoder.last().end).as("length").isEqualTo(code.length);
        return decoder.last();
    }

    private static int orZero(int register) {
        return register == NONE ? Cpu.ZERO : register;
    }

    // ---- operands ----

    @Test
    void everyRegisterIsItselfInEverySize() {
        for (int size : SIZES) {
            for (int reg = 0; reg < 16; reg++) {
                for (int rm = 0; rm < 16; rm++) {
                    a.registers(HostAssembler.prefix(size), size, MAP0, size == 1 ? 0 : 1, reg, rm);
                    Decoded d = decoded();
                    assertThat(d.theForm().mnemonic).isEqualTo("ADD");
                    assertThat(List.of(d.reg, d.rm, d.mod, d.size(0)))
                            .containsExactly(reg, rm, 3, size);
                }
            }
        }
    }

    @Test
    void everyAddressIsItself() {
        for (int base = 0; base < 16; base++) {
            for (int index = NONE; index < 16; index++) {
                if (index == RSP) {
                    continue; // has no encoding
                }
                for (int disp : DISPLACEMENTS) {
                    int scale = index == NONE ? 0 : base + index & 3;
                    int reg = base + 5 * index & 15;
                    int size = SIZES[disp >>> 1 & 3];
                    a.memory(
                            HostAssembler.prefix(size),
                            size,
                            MAP0,
                            size == 1 ? 0x88 : 0x89,
                            reg,
                            base,
                            index,
                            scale,
                            disp);
                    Decoded d = decoded();
                    assertThat(d.theForm().mnemonic).isEqualTo("MOV");
                    assertThat(List.of(d.reg, d.base, d.index, d.scale, d.size(0), d.memSize))
                            .containsExactly(reg, base, orZero(index), scale, size, size);
                    assertThat(d.disp).isEqualTo(disp);
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0, 1, 58, ADDPS", "66, 1, 58, ADDPD", "f3, 1, 58, ADDSS", "f2, 1, 58, ADDSD",
        "66, 2, 00, PSHUFB", "0, 1, 10, MOVUPS", "66, 1, 7f, MOVDQA", "f3, 1, 6f, MOVDQU"
    })
    void prefixesComeBeforeRex(String prefix, int map, String opcode, String mnemonic) {
        for (int reg = 0; reg < 16; reg++) {
            int rm = reg * 7 + 3 & 15;
            int p = Integer.parseInt(prefix, 16);
            a.registers(p, 4, map, Integer.parseInt(opcode, 16), reg, rm);
            Decoded d = decoded();
            assertThat(d.theForm().mnemonic).isEqualTo(mnemonic);
            assertThat(List.of(d.reg, d.rm, d.mod)).containsExactly(reg, rm, 3);
            a.memory(p, 4, map, Integer.parseInt(opcode, 16), reg, rm, 0x40);
            d = decoded();
            assertThat(d.theForm().mnemonic).isEqualTo(mnemonic);
            assertThat(List.of(d.reg, d.base, (int) d.disp)).containsExactly(reg, rm, 0x40);
        }
    }

    @Test
    void wideGeneralRegistersGoWithPrefixes() {
        a.registers(0xf2, 8, MAP_0F, 0x2d, 9, 12);
        Decoded d = decoded();
        assertThat(d.theForm().mnemonic).isEqualTo("CVTSD2SI");
        assertThat(List.of(d.reg, d.rm, d.size(0))).containsExactly(9, 12, 8);
        a.registers(0x66, 4, 3, 0x0f, 4, 13); // PALIGNR
        a.int8(5);
        d = decoded();
        assertThat(d.theForm().mnemonic).isEqualTo("PALIGNR");
        assertThat(d.imm).isEqualTo(5);
    }

    // ---- instructions ----

    @ParameterizedTest
    @ValueSource(
            longs = {
                0,
                1,
                0x7fff_ffffL,
                0x8000_0000L,
                0xffff_ffffL,
                0x1_0000_0000L,
                -1,
                -0x8000_0000L,
                -0x8000_0001L,
                Long.MIN_VALUE,
                Long.MAX_VALUE,
                0x1234_5678_9abc_def0L
            })
    void aConstantIsItself(long value) {
        for (int to = 0; to < 16; to++) {
            a.constant(to, value);
            int length = a.length();
            Decoded d = decoded();
            assertThat(d.theForm().mnemonic).isEqualTo("MOV");
            assertThat(d.rm).isEqualTo(to);
            assertThat(d.opSize == 4 ? d.imm & 0xffff_ffffL : d.imm).isEqualTo(value);
            boolean fits = value == (int) value || value == (value & 0xffff_ffffL);
            assertThat(length).isLessThanOrEqualTo(fits ? 7 : 10);
        }
    }

    @Test
    void group1HasItsOperationAndItsConstant() {
        List<String> names = List.of("ADD", "OR", "ADC", "SBB", "AND", "SUB", "XOR", "CMP");
        for (int operation = 0; operation < 8; operation++) {
            for (int size : new int[] {2, 4, 8}) {
                for (int value : new int[] {0, 1, -1, 127, -128, 128, 0x1234, -4096}) {
                    int register = operation * 3 + size & 15;
                    a.group1(operation, size, register, value);
                    Decoded d = decoded();
                    assertThat(d.theForm().mnemonic).isEqualTo(names.get(operation));
                    assertThat(List.of(d.rm, d.size(0), (int) d.imm))
                            .containsExactly(register, size, value);
                }
            }
        }
    }

    @Test
    void movesAndTheStackNameTheirRegisters() {
        for (int register = 0; register < 16; register++) {
            int other = register ^ 9;
            a.move(register, other);
            assertThat(decoded().theForm().mnemonic).isEqualTo("MOV");
            a.move(register, register);
            assertThat(a.length()).isZero();
            a.push(register);
            check("PUSH", register);
            a.pop(register);
            check("POP", register);
            a.jumpTo(register);
            check("JMP", register);
        }
    }

    private void check(String mnemonic, int rm) {
        Decoded d = decoded();
        assertThat(d.theForm().mnemonic).isEqualTo(mnemonic);
        assertThat(d.rm).isEqualTo(rm);
        assertThat(d.mod).isEqualTo(3);
    }

    @Test
    void aLabelsAddressCountsFromTheNextInstruction() {
        for (int register = 0; register < 16; register++) {
            int label = a.label();
            a.bind(label);
            a.address(register, label);
            int length = a.length();
            Decoded d = decoded();
            assertThat(d.theForm().mnemonic).isEqualTo("LEA");
            assertThat(List.of(d.reg, d.base, (int) d.disp, d.size(0)))
                    .containsExactly(register, Cpu.PAGE_RIP, -length, 8);
        }
    }

    // ---- executed ----

    private static long call(HostAssembler a, long value) {
        try (Arena arena = Arena.ofConfined();
                NativeCode code = NativeCode.of(a.finish())) {
            MemorySegment context = arena.allocateFrom(ValueLayout.JAVA_LONG, value);
            code.call(context);
            return context.get(ValueLayout.JAVA_LONG, 0);
        }
    }

    @Test
    void aRotationNamesItsRegistersAndLeavesTheFlagsAlone() {
        assumeTrue(HostFeatures.BMI2, "the host's CPU has no RORX");
        long value = 0x1122_3344_5566_7788L;
        for (int pair = 0; pair < 256; pair++) {
            int to = pair & 15;
            int from = pair >> 4;
            if (to == RSP || from == RSP || to == RDI || from == RDI) {
                continue;
            }
            a.clear();
            a.push(to);
            a.push(from);
            a.load(from, RDI, 0);
            a.int8(0xf9); // STC
            a.rotate(to, from, 8);
            a.memory(0, 8, MAP0, 0x83, 2, RDI, 0); // ADC of -8: the carry is added there
            a.int8(-8);
            a.memory(0, 8, MAP0, 0x31, to, RDI, 0); // XOR
            a.pop(from);
            a.pop(to);
            a.int8(0xc3);
            assertThat(call(a, value)).isEqualTo(Long.rotateRight(value, 8) ^ value - 7);
        }
    }

    @Test
    void jumpsGoToTheirLabelsInAnyOrder() {
        Random random = new Random(1);
        int[] order = IntStream.range(0, 300).toArray();
        for (int i = order.length; i > 1; i--) {
            int other = random.nextInt(i);
            int last = order[i - 1];
            order[i - 1] = order[other];
            order[other] = last;
        }
        int[] labels = new int[order.length + 1];
        java.util.Arrays.setAll(labels, i -> a.label());
        a.constant(RAX, 0);
        a.jump(labels[0]);
        for (int i : order) {
            a.bind(labels[i]);
            a.registers(0, 8, MAP0, 0x6b, RAX, RAX); // IMUL
            a.int8(31);
            a.group1(0, 8, RAX, i);
            a.constant(RCX, i);
            a.group1(7, 8, RCX, i % 3 == 0 ? i : i + 1);
            if (i % 3 == 2) {
                a.address(RDX, labels[i + 1]);
                a.jumpTo(RDX);
            } else {
                a.jump(i % 3 == 0 ? HostAssembler.EQUAL : HostAssembler.BELOW, labels[i + 1]);
            }
            a.int8(0x0f); // UD2
            a.int8(0x0b);
        }
        a.bind(labels[order.length]);
        a.store(RAX, RDI, 0);
        a.int8(0xc3);
        long expected = 0;
        for (int i = 0; i < order.length; i++) {
            expected = expected * 31 + i;
        }
        assertThat(a.length()).isGreaterThan(4096); // grew on the way
        assertThat(call(a, 0)).isEqualTo(expected);
    }

    @Test
    void basesWithEncodingsOfTheirOwnReachTheirMemory() {
        for (int base : new int[] {RSP, RBP, 12, 13}) {
            a.clear();
            a.push(base);
            a.move(base == RSP ? RDX : base, base == RSP ? RSP : RDI);
            a.load(RAX, base, 0);
            if (base != RSP) {
                a.memory(0, 8, MAP0, 0x03, RAX, base, NONE, 0, 0);
                a.store(RAX, RDI, 0);
            } else {
                a.memory(0, 8, MAP0, 0x01, RAX, RDI, 0); // ADD of what was pushed: RSP
                a.memory(0, 8, MAP0, 0x29, RDX, RDI, 0); // SUB of where it is, 8 below
            }
            a.pop(base == RSP ? RCX : base);
            a.int8(0xc3);
            assertThat(call(a, 20)).isEqualTo(base == RSP ? 28 : 40);
        }
    }
}
