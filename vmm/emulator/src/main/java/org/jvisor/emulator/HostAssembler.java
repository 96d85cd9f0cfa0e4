package org.jvisor.emulator;

import java.util.Arrays;

/**
 * Writes x86-64 machine code for the host: instructions by their opcode, registers by number,
 * labels within the code (SDM 2A §2). A memory operand is a base register, an index register or
 * {@link #NONE}, the logarithm of its scale, and a displacement.
 */
final class HostAssembler {
    /** Registers by their encoding. */
    static final int RAX = 0, RCX = 1, RDX = 2, RBX = 3, RSP = 4, RBP = 5, RSI = 6, RDI = 7;

    /** No index register. */
    static final int NONE = -1;

    /** Opcode maps: one byte, 0F, 0F 38, 0F 3A. */
    static final int MAP0 = 0, MAP_0F = 1;

    /** Condition codes (SDM 1 appendix B). */
    static final int BELOW = 2, ABOVE_EQUAL = 3, EQUAL = 4, NOT_EQUAL = 5, BELOW_EQUAL = 6;

    /** More of them. */
    static final int ABOVE = 7;

    /** More of them. */
    static final int LESS_EQUAL = 14;

    private byte[] code = new byte[4096];
    private int length;
    private int[] labels = new int[64];
    private int labelCount;
    private int[] fixes = new int[128];
    private int fixCount;

    /** Bytes so far. */
    int length() {
        return length;
    }

    /** Begins anew. */
    void clear() {
        length = 0;
        labelCount = 0;
        fixCount = 0;
    }

    /** The code with all branches resolved. */
    byte[] finish() {
        for (int i = 0; i < fixCount; i += 2) {
            int at = fixes[i];
            putInt(at, labels[fixes[i + 1]] - (at + 4));
        }
        return Arrays.copyOf(code, length);
    }

    // ---- labels ----

    /** A label that is not bound yet. */
    int label() {
        if (labelCount == labels.length) {
            labels = Arrays.copyOf(labels, 2 * labelCount);
        }
        labels[labelCount] = -1;
        return labelCount++;
    }

    /** Binds a label to the place of the next instruction. */
    void bind(int label) {
        labels[label] = length;
    }

    /** Where a bound label is. */
    int position(int label) {
        return labels[label];
    }

    private void target(int label) {
        if (fixCount == fixes.length) {
            fixes = Arrays.copyOf(fixes, 2 * fixCount);
        }
        fixes[fixCount++] = length;
        fixes[fixCount++] = label;
        int32(0);
    }

    /** JMP rel32. */
    void jump(int label) {
        int8(0xe9);
        target(label);
    }

    /** Jcc rel32. */
    void jump(int condition, int label) {
        int8(0x0f);
        int8(0x80 | condition);
        target(label);
    }

    /** LEA of a label's address. */
    void address(int register, int label) {
        rex(true, register, 0, 0, false);
        int8(0x8d);
        int8((register & 7) << 3 | 5);
        target(label);
    }

    // ---- bytes ----

    void int8(int value) {
        if (length + 8 > code.length) {
            code = Arrays.copyOf(code, 2 * code.length);
        }
        code[length++] = (byte) value;
    }

    void int16(int value) {
        int8(value);
        int8(value >> 8);
    }

    void int32(int value) {
        int16(value);
        int16(value >> 16);
    }

    void int64(long value) {
        int32((int) value);
        int32((int) (value >> 32));
    }

    /** An immediate of 1, 2 or 4 bytes, which is what 8-byte operands take too. */
    void immediate(int size, long value) {
        switch (size) {
            case 1 -> int8((int) value);
            case 2 -> int16((int) value);
            default -> int32((int) value);
        }
    }

    /** Replaces 4 bytes. */
    void putInt(int at, int value) {
        for (int i = 0; i < 4; i++) {
            code[at + i] = (byte) (value >> 8 * i);
        }
    }

    // ---- instructions ----

    private void rex(boolean wide, int reg, int index, int base, boolean always) {
        int bits = (wide ? 8 : 0) | (reg >> 3) << 2 | (index >> 3) << 1 | base >> 3;
        if (bits != 0 || always) {
            int8(0x40 | bits);
        }
    }

    private void opcode(int map, int opcode) {
        if (map > 0) {
            int8(0x0f);
        }
        if (map > 1) {
            int8(map == 2 ? 0x38 : 0x3a);
        }
        int8(opcode);
    }

    /**
     * An instruction with two registers.
     *
     * @param prefix 66, F2 or F3, or 0
     * @param size of its general registers in bytes: 1 needs other names, 8 REX.W
     * @param reg in ModRM.reg: a register or a part of the opcode
     */
    void registers(int prefix, int size, int map, int opcode, int reg, int rm) {
        if (prefix != 0) {
            int8(prefix);
        }
        rex(size == 8, reg, 0, rm, size == 1);
        opcode(map, opcode);
        int8(0xc0 | (reg & 7) << 3 | rm & 7);
    }

    /** An instruction with a register and memory; see {@link #registers}. */
    void memory(
            int prefix,
            int size,
            int map,
            int opcode,
            int reg,
            int base,
            int index,
            int scale,
            int disp) {
        if (prefix != 0) {
            int8(prefix);
        }
        rex(size == 8, reg, Math.max(index, 0), base, size == 1);
        opcode(map, opcode);
        int low = (reg & 7) << 3;
        boolean sib = index != NONE || (base & 7) == RSP;
        int mod = disp == 0 && (base & 7) != RBP ? 0 : disp == (byte) disp ? 0x40 : 0x80;
        int8(mod | low | (sib ? 4 : base & 7));
        if (sib) {
            int8(scale << 6 | (index == NONE ? 4 : index & 7) << 3 | base & 7);
        }
        if (mod == 0x40) {
            int8(disp);
        } else if (mod == 0x80) {
            int32(disp);
        }
    }

    /** As {@link #memory}, without an index. */
    void memory(int prefix, int size, int map, int opcode, int reg, int base, int disp) {
        memory(prefix, size, map, opcode, reg, base, NONE, 0, disp);
    }

    /** The prefix of an operand size. */
    static int prefix(int size) {
        return size == 2 ? 0x66 : 0;
    }

    /** MOV of 64 bits between registers; nothing if they are the same. */
    void move(int to, int from) {
        if (to != from) {
            registers(0, 8, MAP0, 0x8b, to, from);
        }
    }

    /** MOV of 64 bits from memory. */
    void load(int to, int base, int disp) {
        memory(0, 8, MAP0, 0x8b, to, base, disp);
    }

    /** MOV of 64 bits to memory. */
    void store(int from, int base, int disp) {
        memory(0, 8, MAP0, 0x89, from, base, disp);
    }

    /** LEA of 64 bits. */
    void lea(int to, int base, int index, int scale, int disp) {
        memory(0, 8, MAP0, 0x8d, to, base, index, scale, disp);
    }

    /** MOV of a constant to 64 bits, in the shortest way. */
    void constant(int to, long value) {
        if (value == (value & 0xffff_ffffL)) {
            rex(false, 0, 0, to, false);
            int8(0xb8 | to & 7);
            int32((int) value);
        } else if (value == (int) value) {
            registers(0, 8, MAP0, 0xc7, 0, to);
            int32((int) value);
        } else {
            rex(true, 0, 0, to, false);
            int8(0xb8 | to & 7);
            int64(value);
        }
    }

    /**
     * An operation of group 1 on a register and a constant.
     *
     * @param operation 0 to 7: ADD OR ADC SBB AND SUB XOR CMP
     */
    void group1(int operation, int size, int register, int value) {
        boolean small = value == (byte) value;
        registers(prefix(size), size, MAP0, small ? 0x83 : 0x81, operation, register);
        immediate(small ? 1 : size, value);
    }

    /** RORX of 64 bits: rotates right and leaves the flags alone. */
    void rotate(int to, int from, int count) {
        int8(0xc4);
        int8((to < 8 ? 0x80 : 0) | 0x40 | (from < 8 ? 0x20 : 0) | 3);
        int8(0xfb);
        int8(0xf0);
        int8(0xc0 | (to & 7) << 3 | from & 7);
        int8(count);
    }

    /** PUSH. */
    void push(int register) {
        rex(false, 0, 0, register, false);
        int8(0x50 | register & 7);
    }

    /** POP. */
    void pop(int register) {
        rex(false, 0, 0, register, false);
        int8(0x58 | register & 7);
    }

    /** JMP to the address in a register. */
    void jumpTo(int register) {
        registers(0, 4, MAP0, 0xff, 4, register);
    }
}
