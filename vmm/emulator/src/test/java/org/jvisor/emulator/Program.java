package org.jvisor.emulator;

import java.util.Arrays;
import java.util.List;

/**
 * A generated user-mode program, to be run from its first byte until it faults; if nothing else
 * does, the HLT behind it will.
 *
 * @param code the bytes
 * @param starts where in {@code code} each instruction starts
 * @param undefined flags that need not agree where it ends
 */
record Program(byte[] code, List<Integer> starts, int undefined) {
    /** The same without the instruction number {@code i}: NOPs take its place. */
    Program without(int i) {
        byte[] less = code.clone();
        int end = i + 1 < starts.size() ? starts.get(i + 1) : code.length;
        Arrays.fill(less, starts.get(i), end, (byte) 0x90);
        return new Program(less, starts, undefined);
    }

    /** What is left of it, an instruction a line. */
    String listing(long address) {
        StringBuilder text = new StringBuilder();
        for (int at = 0; at < code.length; ) {
            Disassembler.Line line = Disassembler.disassemble(code, at, 64, address + at);
            if (code[at] != (byte) 0x90) {
                byte[] bytes = Arrays.copyOfRange(code, at, at + line.length());
                text.append(
                        "    %#x  %-36s %s%n"
                                .formatted(
                                        address + at,
                                        java.util.HexFormat.ofDelimiter(" ").formatHex(bytes),
                                        line.text()));
            }
            at += line.length();
        }
        return text.toString();
    }
}
