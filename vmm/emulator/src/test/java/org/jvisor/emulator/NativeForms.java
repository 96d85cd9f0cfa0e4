package org.jvisor.emulator;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which rows of the table can run natively in user mode, and why the others cannot. */
final class NativeForms {
    private static final String PRIVILEGED = "privileged, or shows the system";
    private static final String TRANSFER = "goes through descriptors or to the kernel";
    private static final String UNREPEATABLE = "gives something else each time";

    private static final Map<String, String> BY_MNEMONIC =
            Map.ofEntries(
                    Map.entry("CPUID", "differs by design"),
                    Map.entry("RDTSC", UNREPEATABLE),
                    Map.entry("RDTSCP", UNREPEATABLE),
                    Map.entry("RDRAND", UNREPEATABLE),
                    Map.entry("RDSEED", UNREPEATABLE),
                    Map.entry("RDPMC", PRIVILEGED),
                    Map.entry("XGETBV", PRIVILEGED),
                    Map.entry("SYSCALL", TRANSFER),
                    Map.entry("SYSRET", TRANSFER),
                    Map.entry("SYSENTER", TRANSFER),
                    Map.entry("SYSEXIT", TRANSFER),
                    Map.entry("INT", TRANSFER),
                    Map.entry("INT1", TRANSFER),
                    Map.entry("ICEBP", TRANSFER),
                    Map.entry("INT3", TRANSFER),
                    Map.entry("INTO", TRANSFER),
                    Map.entry("IRET", TRANSFER),
                    Map.entry("IRETD", TRANSFER),
                    Map.entry("IRETQ", TRANSFER),
                    Map.entry("RETF", TRANSFER),
                    Map.entry("RET far", TRANSFER),
                    Map.entry("JMPF", TRANSFER),
                    Map.entry("CALLF", TRANSFER),
                    Map.entry("LFS", TRANSFER),
                    Map.entry("LGS", TRANSFER),
                    Map.entry("LSS", TRANSFER),
                    Map.entry("IN", PRIVILEGED),
                    Map.entry("OUT", PRIVILEGED),
                    Map.entry("INS", PRIVILEGED),
                    Map.entry("OUTS", PRIVILEGED),
                    Map.entry("CLI", PRIVILEGED),
                    Map.entry("STI", PRIVILEGED),
                    Map.entry("SGDT", PRIVILEGED),
                    Map.entry("SIDT", PRIVILEGED),
                    Map.entry("SLDT", PRIVILEGED),
                    Map.entry("SMSW", PRIVILEGED),
                    Map.entry("STR", PRIVILEGED),
                    Map.entry("LAR", PRIVILEGED),
                    Map.entry("LSL", PRIVILEGED),
                    Map.entry("VERR", PRIVILEGED),
                    Map.entry("VERW", PRIVILEGED),
                    Map.entry("RDFSBASE", PRIVILEGED),
                    Map.entry("RDGSBASE", PRIVILEGED),
                    Map.entry("WRFSBASE", PRIVILEGED),
                    Map.entry("WRGSBASE", PRIVILEGED),
                    Map.entry("UD0", "always faults"),
                    Map.entry("UD1", "always faults"),
                    Map.entry("UD2", "always faults"));

    private NativeForms() {}

    /** The rows that can run natively. */
    static List<Form> all() {
        return InsnTable.TABLE.forms().stream().filter(f -> whyNot(f) == null).toList();
    }

    /** Why a form must not run natively, or null if it may. */
    static @Nullable String whyNot(Form form) {
        if (form.is(Form.Attr.NOT64)) {
            return "not in 64-bit mode";
        }
        if (form.is(Form.Attr.CPL0) || form.is(Form.Attr.SYSTEM) && !harmless(form)) {
            return PRIVILEGED;
        }
        for (int i = 0; i < form.operands.size(); i++) {
            Operand o = form.operands.get(i);
            boolean segment = isSegment(o);
            boolean written = i == 0 && form.access() != Form.Access.READ;
            if (segment && written) {
                return TRANSFER;
            }
            switch (o.kind()) {
                case A, C, D -> {
                    return TRANSFER;
                }
                default -> {}
            }
            if (o.size() == Operand.Size.P) {
                return TRANSFER;
            }
        }
        return BY_MNEMONIC.get(form.mnemonic);
    }

    /** System instructions that user mode may execute freely. */
    private static boolean harmless(Form form) {
        return switch (form.mnemonic) {
            case "PUSHF", "POPF", "MOV", "PUSH" -> true;
            default -> false;
        };
    }

    /** Whether it is a segment register. */
    static boolean isSegment(Operand o) {
        return o.kind() == Operand.Kind.S
                || o.kind() == Operand.Kind.FIXED
                        && o.text().length() == 2
                        && o.text().charAt(1) == 'S';
    }
}
