package org.jvisor.machine;

import java.util.List;

/**
 * What is known of a guest that cannot go on.
 *
 * @param reason what happened, in a sentence
 * @param cpu the index of the CPU it happened on
 * @param registers its registers, a line of text each
 * @param code the bytes at its instruction pointer, disassembled, a line each; the first is the
 *     faulting instruction
 * @param lastAccesses the latest port and MMIO accesses, oldest first, a line each
 */
public record CrashReport(
        String reason,
        int cpu,
        List<String> registers,
        List<String> code,
        List<String> lastAccesses) {
    /** Copies the lists. */
    public CrashReport {
        registers = List.copyOf(registers);
        code = List.copyOf(code);
        lastAccesses = List.copyOf(lastAccesses);
    }

    /** The report as text, several lines. */
    public String toText() {
        StringBuilder text = new StringBuilder();
        text.append("CPU ").append(cpu).append(": ").append(reason).append('\n');
        section(text, "registers", registers);
        section(text, "code", code);
        section(text, "last port and MMIO accesses", lastAccesses);
        return text.toString();
    }

    private static void section(StringBuilder text, String title, List<String> lines) {
        if (!lines.isEmpty()) {
            text.append(title).append(":\n");
            for (String line : lines) {
                text.append("  ").append(line).append('\n');
            }
        }
    }
}
