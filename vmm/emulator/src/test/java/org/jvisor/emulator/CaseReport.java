package org.jvisor.emulator;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Describes a case that differs: the instruction, what is wrong, only those inputs that matter, and
 * the command that repeats it. An input matters if the difference goes away without it.
 */
final class CaseReport {
    private final NativePair pair;
    private final TestCase test;
    private final CaseId id;
    private final byte[] background;
    private List<String> lines;

    CaseReport(NativePair pair, TestCase test, CaseId id, byte[] background, List<String> lines) {
        this.pair = pair;
        this.test = test;
        this.id = id;
        this.background = background;
        this.lines = lines;
    }

    /** The report; simplifies the case on the way, between the pair's begin and end. */
    String text() {
        if (!lines.isEmpty()) {
            simplify();
        }
        StringBuilder text = new StringBuilder();
        text.append(title(test)).append('\n');
        if (lines.isEmpty()) {
            text.append("    no difference\n");
        }
        lines.forEach(line -> text.append("    ").append(line).append('\n'));
        text.append("  from ").append(String.join(", ", inputs(test))).append('\n');
        text.append("  repeat: ./mvnw -pl vmm/emulator -am test -Dtest=DifferentialRepeat")
                .append(" -Dsurefire.failIfNoSpecifiedTests=false -Djvisor.diff.case=")
                .append(id)
                .append('\n');
        return text.toString();
    }

    private void simplify() {
        UserState s = test.in;
        for (int i = 0; i < 16; i++) {
            long old = s.gpr[i];
            if (old != 0) {
                s.gpr[i] = 0;
                if (!still()) {
                    s.gpr[i] = old;
                }
            }
        }
        for (int bit = 0; bit < 12; bit++) {
            long old = s.flags;
            if ((old & Cpu.ARITH & 1L << bit) != 0) {
                s.flags &= ~(1L << bit);
                if (!still()) {
                    s.flags = old;
                }
            }
        }
        UserState plain = new UserState();
        simplify(plain.fx, UserState.MXCSR, 4);
        simplify(plain.fx, UserState.FCW, 2);
        for (int at = UserState.ST; at < UserState.FX_END; at += 16) {
            simplify(plain.fx, at, 16);
        }
        still();
    }

    private void simplify(byte[] plain, int at, int length) {
        byte[] fx = test.in.fx;
        byte[] old = Arrays.copyOfRange(fx, at, at + length);
        System.arraycopy(plain, at, fx, at, length);
        if (!still()) {
            System.arraycopy(old, 0, fx, at, length);
        }
    }

    /** Whether the case as it is now still differs; keeps what differs. */
    private boolean still() {
        if (!NativeSafety.allows(test) || Undefined.result(test)) {
            return false;
        }
        List<String> now = pair.differences(test, id.slot(), background);
        if (now.isEmpty()) {
            return false;
        }
        lines = now;
        return true;
    }

    /** The row of the table, the bytes and what they say. */
    static String title(TestCase test) {
        Encoding e = test.encoding;
        int bits = 16 << e.mode();
        return "%s   %s   %s"
                .formatted(
                        e.form(),
                        e.hex(),
                        Disassembler.disassemble(e.bytes(), 0, bits, e.address()).text());
    }

    /** What a case starts from, without what is zero. */
    static List<String> inputs(TestCase test) {
        UserState s = test.in;
        List<String> text = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            if (s.gpr[i] != 0) {
                text.add("%s=%#x".formatted(Comparison.gprName(i), s.gpr[i]));
            }
        }
        if ((s.flags & ~Cpu.IF & ~2) != 0) {
            text.add("flags=" + Comparison.flagNames(s.flags & ~Cpu.IF));
        }
        if (test.operandAddress != 0) {
            int length = Math.clamp(test.encoding.memSize(), 8, 16);
            text.add(
                    "[%#x]=%s"
                            .formatted(
                                    test.operandAddress,
                                    java.util.HexFormat.ofDelimiter(" ")
                                            .formatHex(test.operand, 0, length)));
        }
        if (test.encoding.form().is(Form.Attr.STACK)) {
            text.add("stack top=%#x".formatted(test.stackTop));
        }
        for (int i = 0; i < 8; i++) {
            if (s.getLong(UserState.st(i)) != 0 || s.getShort(UserState.st(i) + 8) != 0) {
                text.add("st%d=%s".formatted(i, Comparison.extended(s, UserState.st(i))));
            }
        }
        for (int i = 0; i < 16; i++) {
            int at = UserState.xmm(i);
            if (s.getLong(at) != 0 || s.getLong(at + 8) != 0) {
                text.add("xmm%d=%s".formatted(i, Comparison.vector(s, at)));
            }
        }
        text.add("fcw=%#x fsw=%#x".formatted(s.getShort(UserState.FCW), s.getShort(UserState.FSW)));
        text.add("ftw=%#x".formatted(s.fx[UserState.FTW] & 0xff));
        text.add("mxcsr=%#x".formatted(s.getInt(UserState.MXCSR)));
        return text;
    }
}
