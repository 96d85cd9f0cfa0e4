package org.jvisor.emulator;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Makes one instruction of a {@link Form}: prefixes, operand sizes, registers, addressing modes,
 * displacements and immediates at random. An encoder of its own, so that what it makes also tests
 * the decoder.
 */
final class EncodingGenerator {
    private final Form form;
    private final int mode;
    private final boolean is64;
    private final SplittableRandom random;
    private final long address;
    private final long branchTarget;
    private final DataArea area;

    private final List<Integer> prefixes = new ArrayList<>();
    private int rex;
    private int opSize;
    private int addrSize;
    private int rep;
    private boolean lock;
    private int reg = -1;
    private int rm = -1;
    private int memSize;
    private long imm;
    private @Nullable MemoryOperand memory;

    private EncodingGenerator(
            Form form,
            int mode,
            SplittableRandom random,
            long address,
            long branchTarget,
            DataArea area) {
        this.form = form;
        this.mode = mode;
        this.is64 = mode == Cpu.MODE64;
        this.random = random;
        this.address = address;
        this.branchTarget = branchTarget;
        this.area = area;
    }

    /**
     * Makes one.
     *
     * @param mode {@link Cpu#MODE16} to {@link Cpu#MODE64}
     * @param address where it will lie
     * @param branchTarget where it goes if it branches
     * @param area where memory operands lie
     */
    static Encoding generate(
            Form form,
            int mode,
            SplittableRandom random,
            long address,
            long branchTarget,
            DataArea area) {
        return new EncodingGenerator(form, mode, random, address, branchTarget, area).build();
    }

    private Encoding build() {
        boolean inMemory = inMemory();
        sizes();
        addressSize(inMemory);
        repeatAndLock(inMemory);
        CodeBytes tail = new CodeBytes(0);
        boolean ripRelative = false;
        if (form.hasModrm()) {
            ripRelative = modrm(tail, inMemory);
        } else if (form.plusReg) {
            rm = register(form.operands.isEmpty() ? null : form.operands.getFirst());
            rex |= rm >= 8 ? 0x41 : 0;
        }
        redundantPrefixes();
        CodeBytes b = new CodeBytes(address);
        prefixes(b);
        opcode(b);
        b.put(tail.toArray());
        int endOfModrm = b.length();
        immediates(b);
        byte[] bytes = b.toArray();
        if (ripRelative && memory != null) {
            long disp = memory.target() - (address + bytes.length);
            for (int i = 0; i < 4; i++) {
                bytes[endOfModrm - 4 + i] = (byte) (disp >> 8 * i);
            }
        }
        return new Encoding(
                form, bytes, mode, address, opSize, addrSize, rep, lock, rex, reg, rm, memory,
                memSize, imm);
    }

    private boolean oneIn(int n) {
        return random.nextInt(n) == 0;
    }

    private boolean has(Operand.Kind kind) {
        return form.operands.stream().anyMatch(o -> o.kind() == kind);
    }

    private boolean has(Operand.Size size) {
        return form.operands.stream().anyMatch(o -> o.size() == size);
    }

    // ---- sizes and prefixes ----

    private boolean inMemory() {
        if (has(Operand.Kind.O)) {
            return true;
        }
        if (!form.hasModrm() || form.modKind == 1 || form.modrmLow >= 0) {
            return false;
        }
        if (form.modKind == 0 || has(Operand.Kind.M)) {
            return true;
        }
        return form.operands.stream().anyMatch(Operand::modrmMemory) && random.nextBoolean();
    }

    /** Whether the operand size matters. */
    private boolean sized() {
        boolean operands =
                has(Operand.Size.V)
                        || has(Operand.Size.Z)
                        || has(Operand.Size.P)
                        || has(Operand.Size.A)
                        || has(Operand.Size.ENV)
                        || has(Operand.Size.FSAVE);
        return operands || form.operands.isEmpty() && form.map == 0;
    }

    private void sizes() {
        boolean fixed64 = is64 && form.is(Form.Attr.F64);
        boolean sized = sized() && !fixed64;
        boolean use66 =
                sized
                        && form.prefix != Form.Prefix.NP
                        && form.prefix != Form.Prefix.P66
                        && !otherRow(Form.Prefix.P66)
                        && oneIn(4);
        boolean wide = is64 && !fixed64 && oneIn(sized || has(Operand.Size.Y) ? 3 : 12);
        if (use66) {
            prefixes.add(0x66);
        }
        rex |= wide ? 0x48 : 0;
        int standard = mode == Cpu.MODE16 ? 2 : 4;
        if (fixed64 || wide) {
            opSize = 8;
        } else if (use66) {
            opSize = standard == 2 ? 4 : 2;
        } else {
            opSize = is64 && form.is(Form.Attr.D64) ? 8 : standard;
        }
    }

    /** Whether another row has the same opcode under a mandatory prefix. */
    private boolean otherRow(Form.Prefix prefix) {
        for (Form other : InsnTable.TABLE.forms()) {
            int mask = other.plusReg ? 0xf8 : 0xff;
            if (other.prefix == prefix
                    && other.map == form.map
                    && (other.opcode & mask) == (form.opcode & mask)) {
                return true;
            }
        }
        return false;
    }

    private void addressSize(boolean inMemory) {
        int standard = is64 ? 8 : mode == Cpu.MODE16 ? 2 : 4;
        int other = is64 ? 4 : 6 - standard;
        boolean counts = form.map == 0 && form.opcode >= 0xe0 && form.opcode <= 0xe3; // LOOP, JrCXZ
        boolean addresses =
                inMemory
                        || counts
                        || has(Operand.Kind.X)
                        || has(Operand.Kind.Y)
                        || form.is(Form.Attr.REP)
                        || form.operands.isEmpty() && form.map == 0;
        addrSize = standard;
        if (addresses && oneIn(6) && area.reachableBy(other)) {
            prefixes.add(0x67);
            addrSize = other;
        }
    }

    private void repeatAndLock(boolean inMemory) {
        if (form.is(Form.Attr.REP) && oneIn(2)) {
            rep = oneIn(3) ? 0xf2 : 0xf3;
            prefixes.add(rep);
        }
        if (form.is(Form.Attr.LOCK) && inMemory && oneIn(3)) {
            lock = true;
            prefixes.add(0xf0);
        }
    }

    /** Prefixes that mean nothing here and must be ignored. */
    private void redundantPrefixes() {
        if (is64 && oneIn(12)) {
            prefixes.add(new int[] {0x26, 0x2e, 0x36, 0x3e}[random.nextInt(4)]);
        }
        boolean plain = form.map == 0 && (form.opcode < 0x40 || form.opcode >> 2 == 0x88 >> 2);
        if (plain && !lock && oneIn(24)) {
            prefixes.add(oneIn(2) ? 0xf2 : 0xf3);
        }
        if (is64 && rex == 0 && oneIn(8) && !highByte()) {
            rex = 0x40;
        }
    }

    /** Whether a register was chosen whose meaning a REX prefix would change. */
    private boolean highByte() {
        return has(Operand.Size.B) && (reg >= 4 && reg < 8 || rm >= 4 && rm < 8);
    }

    private void prefixes(CodeBytes b) {
        Collections.shuffle(prefixes, new Random(random.nextLong()));
        if (is64 && !prefixes.isEmpty() && oneIn(20)) {
            b.put(0x40 | random.nextInt(16)); // a REX that is not last does not count
        }
        prefixes.forEach(b::put);
        switch (form.prefix) {
            case P66 -> b.put(0x66);
            case F3 -> b.put(0xf3);
            case F2 -> b.put(0xf2);
            default -> {}
        }
        if (rex != 0) {
            b.put(rex);
        }
    }

    private void opcode(CodeBytes b) {
        switch (form.map) {
            case 1 -> b.put(0x0f);
            case 2 -> b.put(0x0f, 0x38);
            case 3 -> b.put(0x0f, 0x3a);
            default -> {}
        }
        b.put(form.opcode | (form.plusReg ? rm & 7 : 0));
        if (form.modrmLow >= 0) {
            b.put(random.nextInt(form.modrmLow, form.modrmHigh + 1));
        }
    }

    // ---- operands ----

    private int operandBytes(Operand o) {
        return o.bytes(opSize, (rex & 8) != 0, is64);
    }

    /** A register for an operand; its number goes with REX if it is 8 or more. */
    private int register(@Nullable Operand o) {
        if (o == null) {
            return random.nextInt(8);
        }
        return switch (o.kind()) {
            case P, Q, N, STI -> random.nextInt(8);
            case S -> random.nextInt(6);
            default -> random.nextInt(is64 ? 16 : 8);
        };
    }

    private @Nullable Operand operand(java.util.function.Predicate<Operand> which) {
        return form.operands.stream().filter(which).findFirst().orElse(null);
    }

    /** Appends ModRM and what follows it; tells whether it is RIP-relative. */
    private boolean modrm(CodeBytes tail, boolean inMemory) {
        if (form.modrmLow >= 0) {
            return false; // the opcode method puts it
        }
        Operand inReg = operand(EncodingGenerator::inRegField);
        Operand inRm = operand(o -> o.usesModrm() && !inRegField(o));
        if (form.ext >= 0) {
            reg = form.ext;
        } else {
            reg = register(inReg);
        }
        if (reg >= 8) {
            rex |= 0x44;
        } else if (is64 && (form.ext >= 0 || isMmx(inReg)) && oneIn(8)) {
            rex |= 0x44; // ignored
        }
        if (!inMemory) {
            rm = register(inRm);
            rex |= rm >= 8 ? 0x41 : 0;
            tail.put(0xc0 | (reg & 7) << 3 | rm & 7);
            reg = form.ext >= 0 ? -1 : reg;
            return false;
        }
        memSize = inRm == null ? 0 : operandBytes(inRm);
        if (form.mnemonic.equals("CMPXCHG8B")) {
            memSize = opSize == 8 ? 16 : 8;
        }
        int regField = reg & 7;
        int data = form.ext >= 0 || inReg == null ? -1 : reg;
        long target = area.operand(random, Alignment.of(form, memSize, lock));
        boolean bits = form.mnemonic.startsWith("BT") && inReg != null; // BT adds the bit's offset
        AddressingModes modes =
                new AddressingModes(
                        random,
                        mode,
                        addrSize,
                        target,
                        !form.is(Form.Attr.REP),
                        n -> bits && n == data);
        byte[] bytes = modes.bytes.toArray();
        bytes[0] |= (byte) (regField << 3);
        tail.put(bytes);
        rex |= modes.rex != 0 ? 0x40 | modes.rex : 0;
        memory = modes.operand;
        reg = form.ext >= 0 ? -1 : reg;
        return modes.ripRelative;
    }

    private static boolean inRegField(Operand o) {
        return switch (o.kind()) {
            case G, S, C, D, P, V -> true;
            default -> false;
        };
    }

    private static boolean isMmx(@Nullable Operand o) {
        return o != null && (o.kind() == Operand.Kind.P || o.kind() == Operand.Kind.S);
    }

    private void immediates(CodeBytes b) {
        for (Operand o : form.operands) {
            int size = operandBytes(o);
            switch (o.kind()) {
                case I -> {
                    imm = EdgeValues.immediate(random, size);
                    if (form.mnemonic.equals("ENTER")) {
                        imm &= size == 2 ? 0x3ff : 0xff;
                    } else if (form.mnemonic.equals("RET")) {
                        imm &= 0xffff;
                    }
                    b.value(imm, size);
                }
                case J -> b.value(branchTarget - (b.here() + size), size);
                case O -> {
                    memSize = size;
                    long target = area.operand(random, Alignment.of(form, size, lock));
                    memory = new MemoryOperand(-1, -1, 0, target, addrSize, target);
                    b.value(target, addrSize);
                }
                default -> {}
            }
        }
    }
}
