package org.jvisor.emulator;

/** Which registers an instruction has to do with, from its row of the table. */
final class RegisterUse {
    /** As a mask: all general registers. */
    static final int ALL = 0xffff;

    private static final int RAX = 1, RCX = 2, RDX = 4, RBX = 8, RSP = 16, RBP = 32;
    private static final int RSI = 64, RDI = 128;

    private RegisterUse() {}

    /** The general registers it reads or writes. */
    static int all(Insn insn) {
        int mask = implied(insn);
        if (insn.isMemory()) {
            mask |= general(insn.base) | general(insn.index);
        }
        for (Operand o : insn.form.operands) {
            mask |= operand(insn, o);
        }
        return mask & ALL;
    }

    /** The general registers it may write. */
    static int written(Insn insn) {
        int mask = implied(insn);
        for (int i = 0; i < insn.form.operands.size(); i++) {
            boolean written =
                    i == 0
                            ? insn.form.access() != Form.Access.READ
                            : i == 1 && insn.form.writesSecond();
            if (written) {
                Operand operand = insn.form.operands.get(i);
                mask |= operand(insn, operand);
                if (operand.kind() == Operand.Kind.G) {
                    mask |= exchanged(insn);
                }
            }
        }
        return mask & ALL;
    }

    /** The register operand that may be the destination: the decoder exchanges some. */
    private static int exchanged(Insn insn) {
        return insn.mod == 3
                        && insn.form.operands.size() > 1
                        && insn.form.operands.get(1).kind() == Operand.Kind.E
                ? general(insn.rm)
                : 0;
    }

    /** The XMM registers it reads or writes. */
    static int xmm(Insn insn) {
        int mask = 0;
        for (Operand o : insn.form.operands) {
            switch (o.kind()) {
                case V -> mask |= 1 << (insn.reg & 15);
                case W, U -> mask |= insn.mod == 3 ? 1 << (insn.rm & 15) : 0;
                default -> {}
            }
        }
        return switch (insn.form.mnemonic) {
            case "FXRSTOR", "FXSAVE" -> 0xffff;
            default -> mask | (insn.form.mnemonic.contains("BLENDV") || implicitXmm(insn) ? 1 : 0);
        };
    }

    private static boolean implicitXmm(Insn insn) {
        return insn.form.mnemonic.startsWith("PCMP") && insn.form.map == 3;
    }

    private static int operand(Insn insn, Operand o) {
        return switch (o.kind()) {
            case E -> insn.mod == 3 ? general(insn.rm) : 0;
            case R, Z -> general(insn.rm);
            case G -> general(insn.reg);
            case FIXED ->
                    switch (o.text()) {
                        case "AL", "AX", "eAX", "rAX" -> RAX;
                        case "CL" -> RCX;
                        case "DX" -> RDX;
                        default -> 0;
                    };
            default -> 0;
        };
    }

    private static int general(int n) {
        return n < 16 ? 1 << n : n >= 32 ? 1 << n - 32 : 0;
    }

    /** Registers that are no operands in the table. */
    private static int implied(Insn insn) {
        Form f = insn.form;
        String name = f.mnemonic;
        if (f.is(Form.Attr.REP)) {
            return RCX | RSI | RDI | RAX;
        }
        switch (name) {
            case "MUL", "DIV", "IDIV", "CWD", "RDMSR", "RDPMC", "WRMSR" -> {
                return RAX | RDX | RCX;
            }
            case "IMUL" -> {
                return f.operands.size() == 1 ? RAX | RDX : 0;
            }
            case "CMPXCHG", "CBW", "XLAT", "SAHF", "LAHF" -> {
                return RAX | RBX;
            }
            case "PUSH", "POP", "PUSHF", "POPF", "CALL", "RET" -> {
                return RSP;
            }
            case "LEAVE", "ENTER" -> {
                return RSP | RBP;
            }
            case "RDTSC", "RDTSCP", "XGETBV", "CMPXCHG8B", "CPUID" -> {
                return RAX | RBX | RCX | RDX;
            }
            case "LOOP", "LOOPE", "LOOPNE", "JCXZ" -> {
                return RCX;
            }
            default -> {}
        }
        if (name.startsWith("PCMP") && f.map == 3) {
            return RAX | RCX | RDX;
        }
        boolean legacy = name.equals("PUSHA") || name.equals("POPA") || isDecimal(name);
        return legacy ? ALL : 0;
    }

    private static boolean isDecimal(String name) {
        return name.length() == 3 && (name.startsWith("AA") || name.startsWith("DA"));
    }
}
