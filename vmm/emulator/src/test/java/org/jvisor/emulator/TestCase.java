package org.jvisor.emulator;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.SplittableRandom;

/**
 * One run of one generated instruction: the state it starts from and what is in memory. Made from
 * seeds alone, so that a difference can be repeated.
 */
final class TestCase {
    /** Bytes placed at the memory operand. */
    static final int OPERAND_SIZE = 528;

    /** Stands for the row of a program. */
    private static final Form PROGRAM =
            new Form(
                    "(program)",
                    List.of(),
                    Nop::new,
                    0,
                    0x90,
                    false,
                    Form.Prefix.ANY,
                    -1,
                    -1,
                    -1,
                    -1);

    final Encoding encoding;
    final DataArea area;
    final long branchTarget;
    final UserState in = new UserState();

    /** What is put at {@link #operandAddress}. */
    final byte[] operand = new byte[OPERAND_SIZE];

    /** Where {@link #operand} goes: the memory operand, or what RDI points to, or 0 for nowhere. */
    long operandAddress;

    /** The bytes at RSP, if the instruction uses the stack. */
    long stackTop;

    private int programUndefined;

    /** What the rest of the area is filled from. */
    private final long fillSeed;

    TestCase(Encoding encoding, DataArea area, long branchTarget, long seed) {
        this.encoding = encoding;
        this.area = area;
        this.branchTarget = branchTarget;
        SplittableRandom random = new SplittableRandom(seed);
        this.fillSeed = encoding.address(); // the same for all cases of an encoding: fill it once
        InputGenerator.fill(encoding, random, in, operand);
        stackTop = EdgeValues.any(random);
        MemoryOperand memory = encoding.memory();
        if (memory != null) {
            operandAddress = memory.target();
        }
        Constraints.apply(this, random);
    }

    /** A program with random registers. */
    TestCase(Program program, long address, DataArea area, long seed) {
        this.encoding =
                new Encoding(
                        PROGRAM,
                        program.code(),
                        Cpu.MODE64,
                        address,
                        8,
                        8,
                        0,
                        false,
                        0,
                        -1,
                        -1,
                        null,
                        0,
                        0);
        this.area = area;
        this.branchTarget = address;
        this.fillSeed = seed;
        this.programUndefined = program.undefined();
        SplittableRandom random = new SplittableRandom(seed);
        InputGenerator.fill(encoding, random, in, operand);
        in.gpr[Cpu.RSP] = area.stack(random) & -16;
        in.flags &= ~(long) Cpu.DF;
    }

    /** Flags that need not agree. */
    int undefinedFlags() {
        return encoding.form() == PROGRAM ? programUndefined : Undefined.flags(this);
    }

    /** What all cases of this encoding find in memory, before {@link #place}. */
    byte[] background() {
        byte[] bytes = new byte[area.size()];
        new SplittableRandom(fillSeed).nextBytes(bytes);
        return bytes;
    }

    /** Puts the operand and the top of the stack into a copy of the area. */
    void place(MemorySegment data) {
        if (encoding.form().is(Form.Attr.STACK)) {
            long at = in.gpr[Cpu.RSP] - area.base();
            if (area.contains(in.gpr[Cpu.RSP], 8)) {
                data.set(ValueLayout.JAVA_LONG_UNALIGNED, at, stackTop);
            }
        }
        if (area.contains(operandAddress, 1)) {
            long at = operandAddress - area.base();
            int length = (int) Math.min(operandLength(), area.size() - at);
            MemorySegment.copy(operand, 0, data, ValueLayout.JAVA_BYTE, at, length);
        }
    }

    private int operandLength() {
        return encoding.memSize() > 64 ? OPERAND_SIZE : 64;
    }

    long addressMask() {
        return encoding.addrSize() == 8 ? -1 : (1L << 8 * encoding.addrSize()) - 1;
    }

    // ---- operands before the instruction ----

    /** The low {@code size} bytes at the memory operand. */
    long operandValue(int size) {
        long value = 0;
        for (int i = 0; i < size; i++) {
            value |= (operand[i] & 0xffL) << 8 * i;
        }
        return value;
    }

    void setOperand(long value, int size) {
        InputGenerator.put(operand, 0, value, size);
    }

    /** A register of 1, 2, 4 or 8 bytes, zero-extended; AH to BH included. */
    long register(int number, int size) {
        if (size == 1) {
            int shift = encoding.container(number) == number ? 0 : 8;
            return in.gpr[encoding.container(number)] >>> shift & 0xff;
        }
        return size == 8 ? in.gpr[number] : in.gpr[number] & (1L << 8 * size) - 1;
    }

    void setRegister(int number, int size, long value) {
        int at = size == 1 ? encoding.container(number) : number;
        int shift = at == number ? 0 : 8;
        long mask = (size == 8 ? -1 : (1L << 8 * size) - 1) << shift;
        in.gpr[at] = in.gpr[at] & ~mask | value << shift & mask;
    }

    /** The E operand: register or memory. */
    long readE(int size) {
        return encoding.memory() != null ? operandValue(size) : register(encoding.rm(), size);
    }

    void writeE(long value, int size) {
        if (encoding.memory() != null) {
            setOperand(value, size);
        } else {
            setRegister(encoding.rm(), size, value);
        }
    }
}
