package org.jvisor.emulator;

import java.math.BigInteger;

/**
 * Decides whether a case may run natively: it must neither fault nor leave the data area. Decided
 * from the encoding and the operands alone, never by asking the software CPU.
 */
final class NativeSafety {
    private final TestCase test;
    private final Encoding e;
    private final UserState s;
    private final DataArea area;

    private NativeSafety(TestCase test) {
        this.test = test;
        this.e = test.encoding;
        this.s = test.in;
        this.area = test.area;
    }

    /** Whether {@code test} is safe; its form must be one of {@link NativeForms}. */
    static boolean allows(TestCase test) {
        NativeSafety check = new NativeSafety(test);
        return check.memory() && check.stack() && check.strings() && check.operands();
    }

    private boolean memory() {
        MemoryOperand memory = e.memory();
        if (memory == null) {
            return true;
        }
        if (e.is("LEA", "NOP") || e.form().mnemonic.startsWith("PREFETCH")) {
            return true;
        }
        long at = memory.effective(s.gpr);
        if (!area.containsWell(at, Math.max(1, e.memSize()))) {
            return false;
        }
        if ((at & Alignment.of(e.form(), e.memSize(), e.lock()) - 1) != 0) {
            return false;
        }
        if (e.is("BT", "BTS", "BTR", "BTC") && e.reg() >= 0) {
            int unused = 64 - 8 * e.opSize();
            long offset = s.gpr[e.reg()] << unused >> unused >> 3 & -e.opSize();
            return area.containsWell(at + offset, e.opSize())
                    && (!e.lock() || (at + offset & e.opSize() - 1) == 0);
        }
        return true;
    }

    private boolean stack() {
        if (!e.form().is(Form.Attr.STACK)) {
            return true;
        }
        long sp = s.gpr[Cpu.RSP];
        boolean enough =
                e.is("ENTER")
                        ? area.containsWell(sp - 0x600, 0x600)
                        : area.containsWell(sp - 32, 64);
        if (e.is("ENTER", "LEAVE")) {
            long bp = s.gpr[Cpu.RBP];
            return enough && area.containsWell(bp - 0x200, 0x200 + 16);
        }
        return enough;
    }

    private boolean strings() {
        boolean source = e.form().operands.stream().anyMatch(o -> o.kind() == Operand.Kind.X);
        boolean target = e.form().operands.stream().anyMatch(o -> o.kind() == Operand.Kind.Y);
        long mask = test.addressMask();
        long count = e.rep() == 0 ? 1 : s.gpr[Cpu.RCX] & mask;
        if ((source || target) && Long.compareUnsigned(count, 64) > 0) {
            return false;
        }
        long reach = 8 * (count + 1);
        return (!source || area.containsWell((s.gpr[Cpu.RSI] & mask) - reach, 2 * reach))
                && (!target || area.containsWell((s.gpr[Cpu.RDI] & mask) - reach, 2 * reach));
    }

    private boolean operands() {
        return switch (e.form().mnemonic) {
            case "DIV", "IDIV" -> quotientFits();
            case "XLAT", "XLATB" ->
                    area.containsWell(
                            s.gpr[Cpu.RBX] + (s.gpr[Cpu.RAX] & 0xff) & test.addressMask(), 1);
            case "MASKMOVQ", "MASKMOVDQU" ->
                    area.containsWell(s.gpr[Cpu.RDI] & test.addressMask(), 16);
            case "LDMXCSR" -> (test.operandValue(4) & ~0xffffL) == 0;
            case "FXRSTOR", "FXRSTOR64" -> test.operand[26] == 0 && test.operand[27] == 0;
            case "POPF", "POPFQ", "POPFD" -> (test.stackTop & Cpu.TF) == 0;
            case "RET" -> test.stackTop == test.branchTarget;
            case "JMP", "CALL" -> branches();
            default -> true;
        };
    }

    private boolean branches() {
        Operand o = e.form().operands.getFirst();
        return switch (o.kind()) {
            case J -> true;
            case E -> test.readE(8) == test.branchTarget && (e.memory() != null || e.rm() != 4);
            default -> false;
        };
    }

    private boolean quotientFits() {
        int size = e.form().operands.getFirst().bytes(e.opSize(), (e.rex() & 8) != 0, true);
        // the operand is read after the registers were solved for an address
        BigInteger divisor = value(test.readE(size), size);
        if (divisor.signum() == 0) {
            return false;
        }
        boolean signed = e.is("IDIV");
        long low = size == 1 ? s.gpr[Cpu.RAX] & 0xff : test.register(Cpu.RAX, size);
        long high = size == 1 ? s.gpr[Cpu.RAX] >>> 8 & 0xff : test.register(Cpu.RDX, size);
        int bits = 8 * size;
        BigInteger dividend = value(high, size).shiftLeft(bits).or(value(low, size));
        if (!signed) {
            return dividend.divide(divisor).bitLength() <= bits;
        }
        return signed(dividend, 2 * bits).divide(signed(divisor, bits)).bitLength() < bits;
    }

    private static BigInteger value(long v, int size) {
        BigInteger mask = BigInteger.ONE.shiftLeft(8 * size).subtract(BigInteger.ONE);
        return BigInteger.valueOf(v).and(mask);
    }

    private static BigInteger signed(BigInteger v, int bits) {
        return v.testBit(bits - 1) ? v.subtract(BigInteger.ONE.shiftLeft(bits)) : v;
    }
}
