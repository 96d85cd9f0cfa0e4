package org.jvisor.emulator;

/**
 * Writes machine code in Intel's syntax, from the table the CPU executes by. For reports and
 * debuggers; it may be used from any thread.
 */
public final class Disassembler {
    /**
     * One instruction.
     *
     * @param length bytes, 1 to 15
     * @param text such as {@code mov rax, qword ptr [rbx+0x8]}; {@code (bad)} for what is no
     *     instruction
     */
    public record Line(int length, String text) {}

    private Disassembler() {}

    /**
     * Disassembles one instruction.
     *
     * @param code bytes, of which the instruction starts at {@code offset}; an instruction that its
     *     end cuts off gives {@code (truncated)} and the rest's length
     * @param bits the code size: 16, 32 or 64
     * @param rip the address of the first byte, for branch targets
     * @throws IllegalArgumentException if {@code bits} is something else
     * @throws IndexOutOfBoundsException if {@code offset} is not within {@code code}
     */
    public static Line disassemble(byte[] code, int offset, int bits, long rip) {
        java.util.Objects.checkIndex(offset, code.length);
        int mode =
                switch (bits) {
                    case 16 -> Cpu.MODE16;
                    case 32 -> Cpu.MODE32;
                    case 64 -> Cpu.MODE64;
                    default -> throw new IllegalArgumentException(bits + "-bit code");
                };
        Decoder decoder = new Decoder();
        Insn insn = decoder.decode(code, offset, code.length, -offset, mode);
        if (insn == null) {
            return new Line(code.length - offset, "(truncated)");
        }
        return new Line(insn.length(), new InsnText(decoder.last(), rip).toString());
    }
}
