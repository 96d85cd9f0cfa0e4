package org.jvisor.emulator;

import java.util.SplittableRandom;

/**
 * Bends random inputs to what an instruction can work with: addresses that lie in the data area,
 * counts that end, operands that meet. What it makes may still fault; {@link NativeSafety} decides.
 */
final class Constraints {
    private final TestCase test;
    private final Encoding e;
    private final Form form;
    private final UserState s;
    private final SplittableRandom random;

    private Constraints(TestCase test, SplittableRandom random) {
        this.test = test;
        this.e = test.encoding;
        this.form = e.form();
        this.s = test.in;
        this.random = random;
    }

    static void apply(TestCase test, SplittableRandom random) {
        new Constraints(test, random).apply();
    }

    private void apply() {
        byMnemonic();
        if (form.is(Form.Attr.STACK)) {
            s.gpr[Cpu.RSP] = test.area.stack(random);
        }
        strings();
        branches();
        MemoryOperand memory = e.memory();
        if (memory != null && !(addressOnly() && random.nextBoolean())) {
            memory.solve(s.gpr);
        }
    }

    /** Instructions that compute an address and access nothing. */
    private boolean addressOnly() {
        return e.is("LEA", "NOP") || form.mnemonic.startsWith("PREFETCH");
    }

    private int size() {
        return form.operands.isEmpty()
                ? e.opSize()
                : form.operands.getFirst().bytes(e.opSize(), (e.rex() & 8) != 0, is64());
    }

    private boolean is64() {
        return e.mode() == Cpu.MODE64;
    }

    private void byMnemonic() {
        switch (form.mnemonic) {
            case "DIV", "IDIV" -> divide();
            case "ROL", "ROR", "RCL", "RCR", "SHL", "SHR", "SAL", "SAR", "SHLD", "SHRD" -> {
                if (random.nextInt(3) != 0) {
                    setLow(Cpu.RCX, 8, random.nextInt(70));
                }
            }
            case "BT", "BTS", "BTR", "BTC" -> bitOffset();
            case "CMPXCHG" -> {
                if (random.nextBoolean()) {
                    test.setRegister(Cpu.RAX, size(), test.readE(size()));
                }
            }
            case "CMPXCHG8B", "CMPXCHG16B" -> comparePair();
            case "LOOP", "LOOPE", "LOOPNE", "LOOPZ", "LOOPNZ", "JCXZ", "JECXZ", "JRCXZ" ->
                    s.gpr[Cpu.RCX] =
                            random.nextInt(3)
                                    | (random.nextBoolean() ? 0 : random.nextLong() << 32);
            case "XLAT", "XLATB" -> {
                long at = test.area.operand(random, 1);
                long rbx = at - (s.gpr[Cpu.RAX] & 0xff);
                s.gpr[Cpu.RBX] = address(rbx);
            }
            case "MASKMOVQ", "MASKMOVDQU" -> {
                test.operandAddress = test.area.operand(random, 1);
                s.gpr[Cpu.RDI] = address(test.operandAddress);
            }
            case "LDMXCSR" -> test.setOperand(test.operandValue(4) & 0xffff, 4);
            case "FXRSTOR", "FXRSTOR64" -> fxsaveImage();
            case "PCMPESTRI", "PCMPESTRM" -> {
                s.gpr[Cpu.RAX] = length(s.gpr[Cpu.RAX]);
                s.gpr[Cpu.RDX] = length(s.gpr[Cpu.RDX]);
            }
            case "ENTER", "LEAVE" -> s.gpr[Cpu.RBP] = test.area.stack(random);
            // setting TF would stop the host's CPU behind the instruction
            case "POPF", "POPFQ", "POPFD" -> test.stackTop &= ~Cpu.TF;
            default -> {}
        }
    }

    private void setLow(int register, int bits, long value) {
        long mask = (1L << bits) - 1;
        s.gpr[register] = s.gpr[register] & ~mask | value & mask;
    }

    /** An address in a register, with rubbish above the address size. */
    private long address(long value) {
        long mask = test.addressMask();
        return value & mask | random.nextLong() & ~mask;
    }

    /** Mostly a quotient that fits: a high half below the divisor. */
    private void divide() {
        int size = size();
        if (random.nextInt(8) == 0) {
            return;
        }
        if (test.readE(size) == 0) {
            test.writeE(random.nextInt(1, 100), size);
        }
        boolean signed = form.mnemonic.equals("IDIV");
        long low = size == 1 ? s.gpr[Cpu.RAX] & 0xff : test.register(Cpu.RAX, size);
        int unused = 64 - 8 * size;
        boolean small = random.nextBoolean();
        long high;
        if (signed) {
            high = small ? low << unused >> 63 : s.gpr[Cpu.RDX] << unused >> unused >> 8 * size / 2;
        } else {
            high = small ? 0 : Long.remainderUnsigned(s.gpr[Cpu.RDX], test.readE(size));
        }
        if (size == 1) {
            s.gpr[Cpu.RAX] = s.gpr[Cpu.RAX] & ~0xff00L | (high & 0xff) << 8;
        } else {
            test.setRegister(Cpu.RDX, size, high);
        }
    }

    /** A bit string's offset moves the access: keep it near. */
    private void bitOffset() {
        if (e.memory() == null || e.reg() < 0) {
            return;
        }
        long offset = random.nextInt(-0x800, 0x800);
        test.setRegister(e.reg(), e.opSize(), offset);
    }

    private void comparePair() {
        if (random.nextBoolean()) {
            int half = e.opSize() == 8 ? 8 : 4;
            test.setRegister(Cpu.RAX, half, test.operandValue(half));
            long high = 0;
            for (int i = 0; i < half; i++) {
                high |= (test.operand[half + i] & 0xffL) << 8 * i;
            }
            test.setRegister(Cpu.RDX, half, high);
        }
    }

    private long length(long old) {
        return random.nextInt(3) == 0 ? old : random.nextInt(-20, 21);
    }

    private void fxsaveImage() {
        UserState image = new UserState();
        InputGenerator.fill(e, random, image, new byte[TestCase.OPERAND_SIZE]);
        System.arraycopy(image.fx, 0, test.operand, 0, 512);
    }

    private void strings() {
        boolean source = form.operands.stream().anyMatch(o -> o.kind() == Operand.Kind.X);
        boolean target = form.operands.stream().anyMatch(o -> o.kind() == Operand.Kind.Y);
        if (!source && !target) {
            return;
        }
        int size = size();
        if (e.rep() != 0) {
            s.gpr[Cpu.RCX] = address(random.nextInt(4) == 0 ? 0 : random.nextInt(40));
        }
        long to = test.area.operand(random, random.nextBoolean() ? size : 1);
        long from = to;
        if (random.nextInt(3) != 0) {
            from = test.area.operand(random, 1);
        } else if (random.nextBoolean()) {
            from = to + random.nextInt(-20, 20); // overlapping
        }
        s.gpr[Cpu.RDI] = address(to);
        s.gpr[Cpu.RSI] = address(from);
        test.operandAddress = to;
        if (random.nextBoolean()) { // a run of equal elements
            for (int i = size; i < 64; i++) {
                test.operand[i] = test.operand[i - size];
            }
            if (random.nextBoolean()) {
                test.setRegister(Cpu.RAX, size, test.operandValue(size));
            }
        }
    }

    private void branches() {
        switch (form.mnemonic) {
            case "RET" -> test.stackTop = test.branchTarget;
            case "JMP", "CALL" -> {
                if (form.operands.getFirst().kind() == Operand.Kind.E) {
                    test.writeE(test.branchTarget, size());
                }
            }
            default -> {}
        }
    }
}
