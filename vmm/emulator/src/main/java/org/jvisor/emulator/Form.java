package org.jvisor.emulator;

import java.util.EnumSet;
import java.util.List;

/**
 * One row of the instruction table: everything known about one encoding of an instruction. The
 * decoder, the interpreter, the disassembler and the generated tests read the same rows.
 *
 * <p>Rows are made by {@link InsnTable#add}; the methods that return {@code this} complete a row
 * while the table is being built.
 */
final class Form {
    /** Makes the executable instruction. */
    @FunctionalInterface
    interface Factory {
        /**
         * Makes it.
         *
         * @param d what was decoded; reused by the decoder, so copy what is needed
         */
        Insn make(Decoded d);
    }

    /** Mandatory prefix: any, none of 66/F2/F3, or one of them. */
    enum Prefix {
        ANY,
        NP,
        P66,
        F3,
        F2
    }

    /** Attributes of a row. */
    enum Attr {
        /** LOCK is allowed with a memory destination. */
        LOCK,
        /** Only in 64-bit mode; #UD (or another row) elsewhere. */
        ONLY64,
        /** Not in 64-bit mode. */
        NOT64,
        /** The operand size is 64 in 64-bit mode, or 16 with a 66 prefix. */
        D64,
        /** The operand size is always 64 in 64-bit mode. */
        F64,
        /** #GP(0) above CPL 0; {@link Guarded} checks it. */
        CPL0,
        /** The last instruction of a block: it branches or changes what decoding depends on. */
        END,
        /** May repeat under F2/F3. */
        REP,
        /** Not under F2 or F3. */
        NO_REP,
        /** Uses the stack through rSP. */
        STACK,
        /** #UD in real and virtual-8086 mode; {@link Guarded} checks it. */
        PROTECTED,
        /** A trap to the host's attention, excluded from generated native tests. */
        SYSTEM,
        /** Loads RF itself (IRET, POPF): the main loop does not clear it afterwards. */
        SETS_RF,
        /** Results may be undefined: excluded from native comparison of registers. */
        UNDEFINED
    }

    /** What the first operand is used for. */
    enum Access {
        READ,
        WRITE,
        READ_WRITE
    }

    /** As SDM writes it. */
    final String mnemonic;

    final List<Operand> operands;
    final Factory factory;

    /** 0 for one-byte opcodes, 1 for 0F, 2 for 0F 38, 3 for 0F 3A. */
    final int map;

    /** The opcode byte; its low three bits are a register if {@link #plusReg}. */
    final int opcode;

    final boolean plusReg;
    final Prefix prefix;

    /** ModRM.reg required, or -1. */
    final int ext;

    /** ModRM range required when {@code modrmLow >= 0}: the byte must lie within. */
    final int modrmLow, modrmHigh;

    /** -1 either, 0 memory only, 1 register only. */
    final int modKind;

    private int flagsRead;
    private int flagsWritten;
    private int flagsUndefined;
    private final EnumSet<Attr> attributes = EnumSet.noneOf(Attr.class);
    private Access access = Access.READ_WRITE;
    private boolean writesSecond;
    private Feature feature = Feature.BASE;

    Form(
            String mnemonic,
            List<Operand> operands,
            Factory factory,
            int map,
            int opcode,
            boolean plusReg,
            Prefix prefix,
            int ext,
            int modrmLow,
            int modrmHigh,
            int modKind) {
        this.mnemonic = mnemonic;
        this.operands = operands;
        this.factory = factory;
        this.map = map;
        this.opcode = opcode;
        this.plusReg = plusReg;
        this.prefix = prefix;
        this.ext = ext;
        this.modrmLow = modrmLow;
        this.modrmHigh = modrmHigh;
        this.modKind = modKind;
    }

    // ---- while the table is built ----

    /** Sets attributes. */
    Form with(Attr... attrs) {
        for (Attr attr : attrs) {
            attributes.add(attr);
        }
        return this;
    }

    /** LOCK is allowed with a memory destination. */
    Form lock() {
        return with(Attr.LOCK);
    }

    /** Ends a block. */
    Form end() {
        return with(Attr.END);
    }

    /** #GP(0) above CPL 0, and ends a block. */
    Form cpl0() {
        return with(Attr.CPL0, Attr.SYSTEM);
    }

    /** RFLAGS bits read, as a mask. */
    Form reads(int mask) {
        flagsRead = mask;
        return this;
    }

    /** RFLAGS bits written with a defined value. */
    Form writes(int mask) {
        flagsWritten = mask;
        return this;
    }

    /** RFLAGS bits left undefined. */
    Form undefined(int mask) {
        flagsUndefined = mask;
        return this;
    }

    /** The first operand is only written. */
    Form w() {
        access = Access.WRITE;
        return this;
    }

    /** The first operand is only read. */
    Form ro() {
        access = Access.READ;
        return this;
    }

    /** The second operand is written too (XCHG, XADD). */
    Form both() {
        writesSecond = true;
        return this;
    }

    /** The CPUID feature it needs. */
    Form needs(Feature needed) {
        feature = needed;
        return this;
    }

    // ---- what readers ask ----

    boolean is(Attr attr) {
        return attributes.contains(attr);
    }

    int flagsRead() {
        return flagsRead;
    }

    int flagsWritten() {
        return flagsWritten;
    }

    int flagsUndefined() {
        return flagsUndefined;
    }

    /** What is done to the first operand. */
    Access access() {
        return access;
    }

    /** Whether the second operand is written too. */
    boolean writesSecond() {
        return writesSecond;
    }

    Feature feature() {
        return feature;
    }

    /** Whether a ModRM byte follows the opcode. */
    boolean hasModrm() {
        if (ext >= 0 || modrmLow >= 0 || modKind >= 0) {
            return true;
        }
        for (Operand operand : operands) {
            if (operand.usesModrm()) {
                return true;
            }
        }
        return false;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        if (prefix != Prefix.ANY) {
            text.append(prefix == Prefix.P66 ? "66" : prefix.name()).append(' ');
        }
        text.append(new String[] {"", "0F ", "0F 38 ", "0F 3A "}[map]);
        text.append("%02X".formatted(opcode)).append(plusReg ? "+r" : "");
        if (ext >= 0) {
            text.append(" /").append(ext);
        }
        if (modrmLow >= 0) {
            text.append(" %02X".formatted(modrmLow)).append(modrmHigh > modrmLow ? "+i" : "");
        }
        text.append(' ').append(mnemonic);
        for (int i = 0; i < operands.size(); i++) {
            text.append(i == 0 ? " " : ",").append(operands.get(i).text());
        }
        return text.toString();
    }
}
