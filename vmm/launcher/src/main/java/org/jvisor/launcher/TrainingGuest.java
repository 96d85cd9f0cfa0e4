package org.jvisor.launcher;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;

/**
 * A kernel for the training run: an ELF file of 64-bit code that does what kernels do most, so that
 * the JVM's profiles of the software CPU are those of a boot. The same at every build. It writes to
 * the first serial line and ends by the debug-exit port.
 */
final class TrainingGuest {
    /** Where it is loaded and entered, and its data and stack, guest-physical. */
    private static final int CODE = 0x20_0000, DATA = 0x100_0000, STACK = 0xff_f000;

    /** Linux is linked to run this far above where it is loaded. */
    private static final long LINKED = 0xffff_ffff_8000_0000L;

    private static final int BLOCKS = 500, BLOCK_LENGTH = 7;
    private static final int RAX = 0, RDX = 2, RBX = 3, RSI = 6, RDI = 7;

    /** Registers that the blocks work on; RBX points to the data, RBP counts rounds. */
    private static final int[] FREE = {RAX, RDX, RSI, RDI, 8, 9, 10, 11, 12, 13, 14, 15};

    /** Opcodes, 0x0f first where it applies, whose ModRM byte names a register and memory. */
    private static final int[] BINARY = {
        0x01, 0x03, 0x03, 0x09, 0x0b, 0x11, 0x13, 0x1b, 0x21, 0x23, 0x29, 0x2b, 0x31, 0x33, 0x39,
        0x3b, 0x3b, 0x85, 0x85, 0x89, 0x89, 0x89, 0x8b, 0x8b, 0x8b, 0x8b, 0x63, 0x0faf, 0x0fb6,
        0x0fb6, 0x0fb7, 0x0fbe, 0x0f44, 0x0f42, 0x0f4c, 0x0fbc
    };

    /** The same for bytes. */
    private static final int[] BYTES = {0x00, 0x08, 0x22, 0x38, 0x3a, 0x84, 0x88, 0x8a, 0x8a};

    private final Random random = new Random(1);
    private final ByteArrayOutputStream code = new ByteArrayOutputStream();

    private TrainingGuest() {}

    /**
     * Makes the file.
     *
     * @param rounds how often its 4,000 instructions are executed
     */
    static byte[] elf(int rounds) {
        TrainingGuest guest = new TrainingGuest();
        guest.program(rounds);
        byte[] text = guest.code.toByteArray();
        int headers = 0x78;
        ByteBuffer file = ByteBuffer.allocate(headers + text.length).order(ByteOrder.LITTLE_ENDIAN);
        file.putInt(0x464c_457f).putInt(0x0001_0102).putLong(0); // ELF64, little-endian
        file.putShort((short) 2).putShort((short) 62).putInt(1); // executable, x86-64
        file.putLong(LINKED + CODE).putLong(0x40).putLong(0).putInt(0); // entry, program headers
        file.putShort((short) 0x40).putShort((short) 0x38).putShort((short) 1);
        file.putShort((short) 0x40).putShort((short) 0).putShort((short) 0);
        file.putInt(1).putInt(7).putLong(headers).putLong(LINKED + CODE).putLong(CODE); // PT_LOAD
        file.putLong(text.length).putLong(text.length).putLong(0x1000);
        return file.put(text).array();
    }

    private void program(int rounds) {
        emit(0xbc).int32(STACK); // mov esp, STACK
        emit(0xbb).int32(DATA); // mov ebx, DATA
        emit(0xbd).int32(rounds); // mov ebp, rounds
        emit(0x0f, 0x20, 0xe0, 0x0d).int32(0x600); // mov rax, cr4; or eax, OSFXSR | OSXMMEXCPT
        emit(0x0f, 0x22, 0xe0); // mov cr4, rax
        int top = code.size();
        emit(0x0f, 0x20, 0xd8, 0x0f, 0x22, 0xd8); // mov rax, cr3; mov cr3, rax
        strings();
        serial();
        for (int i = 0; i < BLOCKS; i++) {
            for (int j = 0; j < BLOCK_LENGTH; j++) {
                instruction();
            }
            branch();
        }
        emit(0xff, 0xcd, 0x0f, 0x85).int32(top - code.size() - 4); // dec ebp; jnz top
        emit(0xb0, 0x00, 0xe6, 0xf4, 0xf4); // mov al, 0; out 0xf4, al; hlt
    }

    /** Clears one page and copies it to the next. */
    private void strings() {
        emit(0x31, 0xc0, 0x48, 0x8d, 0xbb).int32(0x1_0000); // xor eax, eax; lea rdi, [rbx+10000h]
        emit(0xb9).int32(512); // mov ecx, 512
        emit(0xf3, 0x48, 0xab); // rep stosq
        emit(0x48, 0x8d, 0xb3).int32(0x1_0000); // lea rsi, [rbx+10000h]
        emit(0xb9).int32(512);
        emit(0xf3, 0x48, 0xa5); // rep movsq
    }

    /** Sends one character when LSR says that there is room. */
    private void serial() {
        emit(0x66, 0xba, 0xfd, 0x03, 0xec, 0xa8, 0x20, 0x74, 0xfb); // in al, 3fdh; test; jz
        emit(0xb0, 0x41, 0x66, 0xba, 0xf8, 0x03, 0xee); // mov al, 'A'; out 3f8h, al
    }

    /** A jump, taken or not; a call; an indirect jump. */
    private void branch() {
        switch (random.nextInt(4)) {
            case 0, 1 -> emit(0x70 | random.nextInt(16), 0x03, 0x48, 0xff, 0xc0); // jcc; inc rax
            case 2 -> emit(0xe8, 2, 0, 0, 0, 0xeb, 0x01, 0xc3); // call +2; jmp +1; ret
            default -> {
                emit(0x48, 0x8d, 0x05).int32(3); // lea rax, [rip + 3]
                emit(0xff, 0xe0, 0x90); // jmp rax; nop
            }
        }
    }

    private void instruction() {
        int a = free();
        int b = free();
        boolean memory = random.nextBoolean();
        boolean wide = random.nextInt(3) != 0;
        switch (random.nextInt(16)) {
            case 0 -> modrm(0x40, BYTES[random.nextInt(BYTES.length)], a, b, memory);
            case 1 -> { // an immediate operand
                modrm(wide ? 0x48 : 0x40, 0x83, random.nextInt(8), b, memory);
                emit(random.nextInt(128));
            }
            case 2 -> { // shl, shr, sar by a constant
                modrm(wide ? 0x48 : 0x40, 0xc1, 4 + random.nextInt(2), b, false);
                emit(1 + random.nextInt(20));
            }
            case 3 -> emit(a < 8 ? 0x40 : 0x41, 0x50 | a & 7, b < 8 ? 0x40 : 0x41, 0x58 | b & 7);
            case 4 -> modrm(0x48, 0x8d, a, 0, true); // lea
            case 5 -> multiply(b);
            case 6 -> modrm(0x40, 0x0f90 | random.nextInt(16), 0, b, memory); // setcc
            case 7 -> locked(a, b);
            case 8 -> vectors();
            default ->
                    modrm(wide ? 0x48 : 0x40, BINARY[random.nextInt(BINARY.length)], a, b, memory);
        }
    }

    /** As multi-precision arithmetic does: mul, add, adc. */
    private void multiply(int by) {
        modrm(0x48, 0xf7, 4, by, random.nextBoolean());
        modrm(0x48, 0x01, RAX, 8, false);
        modrm(0x48, 0x11, RDX, 9, false);
    }

    private void locked(int a, int b) {
        if (random.nextBoolean()) {
            emit(0xf0);
            modrm(0x48, 0x0fc1, a, b, true); // lock xadd
        } else {
            emit(0xf0);
            modrm(0x48, 0x0fb1, a, b, true); // lock cmpxchg
        }
    }

    private void vectors() {
        int register = random.nextInt(8);
        emit(0xf3, 0x0f, 0x6f, 0x83 | register << 3).offset(); // movdqu xmm, [rbx + offset]
        emit(0x66, 0x0f, 0xef, 0xc0 | register); // pxor xmm0, xmm
        emit(0x66, 0x0f, 0xd4, 0xc8 | register); // paddq xmm1, xmm
        emit(0xf3, 0x0f, 0x7f, 0x83 | register << 3).offset();
    }

    private int free() {
        return FREE[random.nextInt(FREE.length)];
    }

    /** An instruction with a ModRM byte: a register or {@code [rbx + offset]}. */
    private void modrm(int rex, int opcode, int reg, int rm, boolean memory) {
        emit(rex | (reg & 8) >> 1 | (memory ? 0 : (rm & 8) >> 3));
        if (opcode > 0xff) {
            emit(0x0f);
        }
        emit(opcode & 0xff);
        if (memory) {
            emit(0x80 | (reg & 7) << 3 | RBX).offset();
        } else {
            emit(0xc0 | (reg & 7) << 3 | rm & 7);
        }
    }

    /** A displacement into the data, in one of 16 pages. */
    private void offset() {
        int32(random.nextInt(0x1_0000) & ~15);
    }

    private TrainingGuest emit(int... bytes) {
        for (int b : bytes) {
            code.write(b);
        }
        return this;
    }

    private void int32(int value) {
        emit(value & 0xff, value >> 8 & 0xff, value >> 16 & 0xff, value >>> 24);
    }
}
