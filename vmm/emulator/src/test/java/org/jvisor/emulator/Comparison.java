package org.jvisor.emulator;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** Compares what two CPUs made of the same case, and says in words what differs. */
final class Comparison {
    private static final String[] GPRS = {
        "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
        "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"
    };

    private static final String[] SEGMENTS = {"es", "ds", "fs", "gs"};

    /** RFLAGS that both must agree on. */
    private static final int COMPARED_FLAGS =
            Cpu.ARITH | Cpu.DF | Cpu.TF | Cpu.NT | Cpu.AC | Cpu.ID;

    private final AllowedDeviations allowed;
    private final TestCase test;
    private final UserState expected;
    private final UserState actual;
    private final List<String> lines = new ArrayList<>();

    private Comparison(
            AllowedDeviations allowed, TestCase test, UserState expected, UserState actual) {
        this.allowed = allowed;
        this.test = test;
        this.expected = expected;
        this.actual = actual;
    }

    /**
     * Compares.
     *
     * @param expected what the processor made of it
     * @return a line for each difference; empty if there is none
     */
    static List<String> of(
            AllowedDeviations allowed,
            TestCase test,
            UserState expected,
            MemorySegment expectedData,
            UserState actual,
            MemorySegment actualData) {
        Comparison c = new Comparison(allowed, test, expected, actual);
        c.registers();
        c.flags();
        c.floatingPoint();
        c.memory(expectedData, actualData);
        return c.lines;
    }

    /** As {@link #of} for user-mode programs that ended in an exception. */
    static List<String> ofPrograms(
            AllowedDeviations allowed,
            TestCase test,
            UserOutcome expected,
            MemorySegment expectedData,
            UserOutcome actual,
            MemorySegment actualData) {
        Comparison c = new Comparison(allowed, test, expected.user, actual.user);
        if (expected.vector != actual.vector || expected.error != actual.error) {
            c.differ("exception", expected.exception(), actual.exception());
        }
        c.compare("cr2", expected.cr2, actual.cr2);
        c.compare("cs", expected.cs, actual.cs);
        c.compare("ss", expected.ss, actual.ss);
        for (int i = 0; i < 4; i++) {
            c.compare(SEGMENTS[i], expected.selectors[i], actual.selectors[i]);
        }
        c.registers();
        c.frameFlags();
        c.floatingPoint();
        c.memory(expectedData, actualData);
        return c.lines;
    }

    private void differ(String what, String right, String wrong) {
        lines.add("%-6s is %s, should be %s".formatted(what, wrong, right));
    }

    private void compare(String what, long right, long wrong) {
        if (right != wrong) {
            differ(what, "%#x".formatted(right), "%#x".formatted(wrong));
        }
    }

    private void registers() {
        compare("rip", expected.rip, actual.rip);
        for (int i = 0; i < 16; i++) {
            compare(GPRS[i], expected.gpr[i], actual.gpr[i]);
        }
    }

    private void flags() {
        long mask = COMPARED_FLAGS & ~test.undefinedFlags();
        if (((expected.flags ^ actual.flags) & mask) != 0) {
            differ("flags", flagNames(expected.flags & mask), flagNames(actual.flags & mask));
        }
        // the table's own claim, which the translator will rely on
        Form form = test.encoding.form();
        long changed = (expected.flags ^ test.in.flags) & Cpu.ARITH;
        long undeclared = changed & ~(form.flagsWritten() | form.flagsUndefined());
        if (undeclared != 0) {
            lines.add("the table does not say that it writes " + flagNames(undeclared));
        }
    }

    /** Flags as an exception pushed them, RF included. */
    private void frameFlags() {
        long mask = (COMPARED_FLAGS | Cpu.RF) & ~test.undefinedFlags();
        if (((expected.flags ^ actual.flags) & mask) != 0) {
            differ("flags", flagNames(expected.flags & mask), flagNames(actual.flags & mask));
        }
    }

    static String flagNames(long flags) {
        StringBuilder text = new StringBuilder("[");
        String[] names = {
            "CF", "", "PF", "", "AF", "", "ZF", "SF", "TF", "IF", "DF", "OF", "", "", "NT", "",
            "RF", "VM", "AC", "VIF", "VIP", "ID"
        };
        for (int i = 0; i < names.length; i++) {
            if ((flags >> i & 1) != 0 && !names[i].isEmpty()) {
                text.append(text.length() > 1 ? " " : "").append(names[i]);
            }
        }
        return text.append("]").toString();
    }

    private void floatingPoint() {
        Form form = test.encoding.form();
        compare("fcw", expected.getShort(UserState.FCW), actual.getShort(UserState.FCW));
        int fsw = expected.getShort(UserState.FSW);
        if (!allowed.explainsStatus(form, fsw, actual.getShort(UserState.FSW))) {
            compare("fsw", fsw, actual.getShort(UserState.FSW));
        }
        compare("ftw", expected.fx[UserState.FTW] & 0xff, actual.fx[UserState.FTW] & 0xff);
        // FOP and FDP are not compared: newer CPUs set them for unmasked exceptions only
        compare("fip", expected.getLong(UserState.FIP), actual.getLong(UserState.FIP));
        compare("mxcsr", expected.getInt(UserState.MXCSR), actual.getInt(UserState.MXCSR));
        for (int i = 0; i < 8; i++) {
            int at = UserState.st(i);
            if (differs(at, 10) && !allowed.explainsExtended(form, expected, actual, at)) {
                differ("st" + i, extended(expected, at), extended(actual, at));
            }
        }
        for (int i = 0; i < 16; i++) {
            int at = UserState.xmm(i);
            if (differs(at, 16) && !allowed.explainsVector(form, expected, actual, at)) {
                differ("xmm" + i, vector(expected, at), vector(actual, at));
            }
        }
    }

    private boolean differs(int at, int length) {
        for (int i = at; i < at + length; i++) {
            if (expected.fx[i] != actual.fx[i]) {
                return true;
            }
        }
        return false;
    }

    static String extended(UserState s, int at) {
        return "%04x_%016x".formatted(s.getShort(at + 8), s.getLong(at));
    }

    static String vector(UserState s, int at) {
        return "%016x_%016x".formatted(s.getLong(at + 8), s.getLong(at));
    }

    private void memory(MemorySegment expectedData, MemorySegment actualData) {
        long at = expectedData.mismatch(actualData);
        if (at < 0) {
            return;
        }
        long end = Math.min(at + 16, expectedData.byteSize());
        differ(
                "[%#x]".formatted(test.area.base() + at),
                hex(expectedData, at, end),
                hex(actualData, at, end));
    }

    static String hex(MemorySegment s, long from, long to) {
        byte[] bytes = s.asSlice(from, to - from).toArray(ValueLayout.JAVA_BYTE);
        return java.util.HexFormat.ofDelimiter(" ").formatHex(bytes);
    }

    static String gprName(int i) {
        return GPRS[i];
    }
}
