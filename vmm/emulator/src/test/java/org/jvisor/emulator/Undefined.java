package org.jvisor.emulator;

/**
 * What the architecture leaves undefined in a particular case, beyond what its row in the table
 * says: shifts and rotates depend on their count (SDM 2B, "Flags Affected").
 */
final class Undefined {
    private Undefined() {}

    /** The flags that need not agree. */
    static int flags(TestCase test) {
        Encoding e = test.encoding;
        return switch (e.form().mnemonic) {
            case "SHL", "SAL", "SHR", "SAR" -> shift(test);
            case "ROL", "ROR", "RCL", "RCR" -> count(test) > 1 ? Cpu.OF : 0;
            case "SHLD", "SHRD" ->
                    switch (count(test)) {
                        case 0 -> 0;
                        case 1 -> Cpu.AF;
                        default -> Cpu.AF | Cpu.OF;
                    };
            default -> e.form().flagsUndefined();
        };
    }

    private static int shift(TestCase test) {
        int count = count(test);
        if (count == 0) {
            return 0;
        }
        int undefined = Cpu.AF | (count > 1 ? Cpu.OF : 0);
        boolean allOut = count >= 8 * size(test) && !test.encoding.is("SAR");
        return undefined | (allOut ? Cpu.CF : 0);
    }

    /** Whether even the result is undefined. */
    static boolean result(TestCase test) {
        return test.encoding.is("SHLD", "SHRD") && count(test) > 8 * size(test);
    }

    private static int size(TestCase test) {
        Encoding e = test.encoding;
        return e.form()
                .operands
                .getFirst()
                .bytes(e.opSize(), (e.rex() & 8) != 0, e.mode() == Cpu.MODE64);
    }

    /** The count as the instruction masks it. */
    private static int count(TestCase test) {
        Encoding e = test.encoding;
        Operand last = e.form().operands.getLast();
        long count =
                switch (last.text()) {
                    case "1" -> 1;
                    case "CL" -> test.in.gpr[Cpu.RCX];
                    default -> e.imm();
                };
        return (int) count & (size(test) == 8 ? 63 : 31);
    }
}
