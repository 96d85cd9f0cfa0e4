package org.jvisor.emulator;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Makes programs: a loop around random instructions that hand each other registers, flags and
 * memory, with branches that skip some of them. Keeps account of flags that are undefined, so that
 * no instruction depends on one.
 */
final class ProgramGenerator {
    /** Left out: what deviates by permission, or needs more set-up than registers. */
    private static final Set<String> LEFT_OUT =
            Set.of(
                    "RCPPS",
                    "RCPSS",
                    "RSQRTPS",
                    "RSQRTSS",
                    "F2XM1",
                    "FYL2X",
                    "FYL2XP1",
                    "FPATAN",
                    "FPTAN",
                    "FSIN",
                    "FCOS",
                    "FSINCOS",
                    "FNSTENV",
                    "FNSAVE",
                    "FXSAVE",
                    "FLDENV",
                    "FRSTOR",
                    "FXRSTOR",
                    "LDMXCSR",
                    "FLDCW",
                    "MASKMOVQ",
                    "MASKMOVDQU",
                    "XLAT",
                    "ENTER",
                    "LEAVE",
                    "POPF",
                    "RET",
                    "CALL",
                    "JMP",
                    "PUSHF");

    private static final int LONGEST = 60;

    private final List<Form> forms =
            NativeForms.all().stream()
                    .filter(f -> !LEFT_OUT.contains(f.mnemonic) && !branches(f) && !segments(f))
                    .toList();

    private final SplittableRandom random;
    private final DataArea area;
    private final CodeBytes code;
    private final List<Integer> starts = new ArrayList<>();

    /** Flags that are undefined at this point. */
    private int undefined;

    /** Flags that were at some point: a fault may end the program there. */
    private int everUndefined;

    private ProgramGenerator(SplittableRandom random, long origin, DataArea area) {
        this.random = random;
        this.area = area;
        this.code = new CodeBytes(origin);
    }

    /**
     * Makes one.
     *
     * @param origin where it will lie
     * @param area where it may access memory; the last 8 bytes are the loop's counter
     */
    static Program generate(SplittableRandom random, long origin, DataArea area) {
        return new ProgramGenerator(random, origin, area).program();
    }

    private static boolean branches(Form form) {
        return form.operands.stream().anyMatch(o -> o.kind() == Operand.Kind.J);
    }

    private static boolean segments(Form form) {
        return form.operands.stream().anyMatch(NativeForms::isSegment);
    }

    private Program program() {
        long counter = area.base() + area.size() - 8;
        start();
        code.absolute(0, counter, 0xc7).value(random.nextInt(1, 12), 4); // mov dword, n
        long loop = code.here();
        int count = random.nextInt(4, LONGEST);
        for (int i = 0; i < count; i++) {
            if (random.nextInt(6) == 0) {
                skip(random.nextInt(1, 4));
            } else {
                instruction();
            }
        }
        start();
        code.absolute(5, counter, 0x83).put(1); // sub dword, 1: defines all flags
        undefined = 0;
        start();
        code.put(0x0f, 0x85).relative(loop); // jnz
        return new Program(code.toArray(), List.copyOf(starts), everUndefined);
    }

    private void start() {
        starts.add(code.length());
    }

    /** A conditional jump over a few instructions. */
    private void skip(int instructions) {
        int condition = random.nextInt(16);
        if ((OneByteMap.conditionFlags(condition) & undefined) != 0) {
            instruction();
            return;
        }
        start();
        code.put(0x0f, 0x80 | condition);
        int at = code.length();
        code.value(0, 4);
        int before = undefined;
        for (int i = 0; i < instructions; i++) {
            instruction();
        }
        undefined |= before;
        code.set(at, code.length() - at - 4, 4);
    }

    private void instruction() {
        for (int tries = 0; tries < 20; tries++) {
            Form form = forms.get(random.nextInt(forms.size()));
            if ((form.flagsRead() & undefined) == 0) {
                Encoding e = encode(form);
                if (e != null) {
                    setUp(e);
                    start();
                    code.put(e.bytes());
                    account(form);
                    return;
                }
            }
        }
    }

    private @Nullable Encoding encode(Form form) {
        Encoding e =
                EncodingGenerator.generate(
                        form, Cpu.MODE64, random, code.here(), code.here(), area);
        boolean stackPointer = e.reg() == Cpu.RSP || e.rm() == Cpu.RSP;
        MemoryOperand memory = e.memory();
        boolean onStack = memory != null && memory.uses(Cpu.RSP);
        boolean shift16 = e.is("SHLD", "SHRD") && e.opSize() == 2;
        boolean bits = e.form().mnemonic.startsWith("BT") && memory != null && e.reg() >= 0;
        return stackPointer || onStack || shift16 || bits ? null : e;
    }

    /**
     * Loads the registers that an address or a string instruction needs. Instructions that need
     * none, RIP-relative ones among them, stay where they were made for.
     */
    private void setUp(Encoding e) {
        MemoryOperand memory = e.memory();
        if (memory != null && memory.usesRegisters()) {
            long[] gpr = new long[16];
            if (memory.index() >= 0) {
                gpr[memory.index()] = random.nextLong();
            }
            memory.solve(gpr);
            load(memory.index(), gpr);
            if (memory.base() != memory.index()) {
                load(memory.base(), gpr);
            }
        }
        boolean string =
                e.form().operands.stream()
                        .anyMatch(o -> o.kind() == Operand.Kind.X || o.kind() == Operand.Kind.Y);
        if (string) {
            long[] gpr = new long[16];
            gpr[Cpu.RSI] = area.operand(random, 1);
            gpr[Cpu.RDI] = area.operand(random, 1);
            gpr[Cpu.RCX] = random.nextInt(50);
            load(Cpu.RSI, gpr);
            load(Cpu.RDI, gpr);
            if (e.rep() != 0) {
                load(Cpu.RCX, gpr);
            }
        }
    }

    private void load(int register, long[] gpr) {
        if (register >= 0) {
            start();
            code.put(0x48 | register >> 3, 0xb8 | register & 7).value(gpr[register], 8);
        }
    }

    /** What the instruction does to {@link #undefined}. */
    private void account(Form form) {
        boolean conditional =
                switch (form.mnemonic) {
                    case "SHL", "SAL", "SHR", "SAR", "ROL", "ROR", "RCL", "RCR", "SHLD", "SHRD" ->
                            true;
                    case "CMPS", "SCAS" -> true;
                    default -> false;
                };
        int added = form.flagsUndefined();
        if (conditional) {
            added |= form.mnemonic.startsWith("SH") ? Cpu.CF | Cpu.AF | Cpu.OF : 0;
            undefined |= added;
        } else {
            undefined = undefined & ~form.flagsWritten() | added;
        }
        everUndefined |= undefined;
    }
}
