package org.jvisor.emulator;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The instruction table: every {@link Form}, and the look-up from opcode bytes to the row. Built
 * once from the files of each opcode map and instruction set.
 */
final class InsnTable {
    private static final Form[] NONE = {};

    // Every start of a machine waits for the table: no streams and no Formatter while it is made,
    // which take far longer than the rest of it before HotSpot has compiled them.
    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    /** The table. */
    static final InsnTable TABLE = build();

    private final List<Form> forms = new ArrayList<>();

    /** By how they are written. */
    private final Map<String, List<Operand>> operandLists = new HashMap<>();

    /** Candidates by map and opcode, the more specific first. */
    private final Form[][] byOpcode = new Form[4 * 256][];

    private final boolean[] modrm = new boolean[4 * 256];

    private InsnTable() {}

    private static InsnTable build() {
        InsnTable t = new InsnTable();
        OneByteMap.rows(t);
        TwoByteMap.rows(t);
        StringForms.rows(t);
        SystemForms.rows(t);
        X87Forms.rows(t);
        MmxForms.rows(t);
        SseForms.rows(t);
        t.freeze();
        return t;
    }

    /**
     * Adds a row.
     *
     * @param opcode in SDM notation: an optional mandatory prefix ({@code NP}, {@code 66}, {@code
     *     F3}, {@code F2}), {@code 0F}, {@code 0F 38} or {@code 0F 3A} for the other maps, the
     *     opcode byte with {@code +r} if its low bits are a register, {@code /0} to {@code /7} for
     *     an opcode extension, {@code mem} or {@code reg} to match only one kind of ModRM, or a
     *     second byte, possibly with {@code +i} for a range of eight, to match ModRM whole
     * @param mnemonic as SDM writes it
     * @param operands separated by commas, see {@link Operand}; empty for none
     */
    Form add(String opcode, String mnemonic, String operands, Form.Factory factory) {
        Form.Prefix prefix = Form.Prefix.ANY;
        int map = 0;
        int byteValue = -1;
        boolean plusReg = false;
        int ext = -1;
        int low = -1;
        int high = -1;
        int modKind = -1;
        String[] tokens = opcode.split(" ", -1);
        int at = 0;
        switch (tokens[0]) {
            case "NP" -> prefix = Form.Prefix.NP;
            case "66" -> prefix = Form.Prefix.P66;
            case "F3" -> prefix = Form.Prefix.F3;
            case "F2" -> prefix = Form.Prefix.F2;
            default -> at = -1;
        }
        at++;
        if (tokens[at].equals("0F") && tokens.length > at + 1) {
            at++;
            map = 1;
            if (tokens[at].equals("38") || tokens[at].equals("3A")) {
                map = tokens[at].equals("38") ? 2 : 3;
                at++;
            }
        }
        for (; at < tokens.length; at++) {
            String token = tokens[at];
            if (token.startsWith("/")) {
                ext = Integer.parseInt(token, 1, 2, 10);
            } else if (token.equals("mem")) {
                modKind = 0;
            } else if (token.equals("reg")) {
                modKind = 1;
            } else {
                int value = Integer.parseInt(token, 0, 2, 16);
                if (byteValue < 0) {
                    byteValue = value;
                    plusReg = token.endsWith("+r");
                } else {
                    low = value;
                    high = token.endsWith("+i") ? value + 7 : value;
                }
            }
        }
        List<Operand> list = operandLists.computeIfAbsent(operands, Operand::list);
        if (modKind < 0 && has(list, Operand.Kind.M)) {
            modKind = 0; // a register in its place is #UD
        }
        Form form =
                new Form(
                        mnemonic, list, factory, map, byteValue, plusReg, prefix, ext, low, high,
                        modKind);
        forms.add(form);
        return form;
    }

    private static boolean has(List<Operand> operands, Operand.Kind kind) {
        for (Operand operand : operands) {
            if (operand.kind() == kind) {
                return true;
            }
        }
        return false;
    }

    /** A byte as opcodes are written. */
    static String hex(int value) {
        return HEX.toHexDigits((byte) value);
    }

    private void freeze() {
        for (Form form : forms) {
            for (int i = 0; i < (form.plusReg ? 8 : 1); i++) {
                int at = form.map << 8 | form.opcode + i;
                byOpcode[at] = insert(byOpcode[at], form);
                modrm[at] |= form.hasModrm();
            }
        }
        for (int i = 0; i < byOpcode.length; i++) {
            if (byOpcode[i] == null) {
                byOpcode[i] = NONE;
            }
        }
    }

    /** Keeps rows with a mandatory prefix or an exact ModRM before those without. */
    private static Form[] insert(Form @Nullable [] old, Form form) {
        List<Form> list = new ArrayList<>(old == null ? List.of() : List.of(old));
        int at = 0;
        while (at < list.size() && rank(list.get(at)) >= rank(form)) {
            at++;
        }
        list.add(at, form);
        return list.toArray(Form[]::new);
    }

    private static int rank(Form form) {
        return (form.modrmLow >= 0 ? 4 : 0)
                + (form.prefix != Form.Prefix.ANY ? 2 : 0)
                + (form.modKind >= 0 ? 1 : 0);
    }

    /** All rows, in the order of the files. */
    List<Form> forms() {
        return List.copyOf(forms);
    }

    /** Whether opcodes of this map and byte have a ModRM byte. */
    boolean hasModrm(int map, int opcode) {
        return modrm[map << 8 | opcode];
    }

    /** The row that {@code d} (prefixes, mode, ModRM) selects, or null: undefined opcode. */
    @Nullable Form find(int map, int opcode, Decoded d) {
        for (Form form : byOpcode[map << 8 | opcode]) {
            if (matches(form, d)) {
                return form;
            }
        }
        return null;
    }

    private static boolean matches(Form form, Decoded d) {
        if (d.mode == Cpu.MODE64 ? form.is(Form.Attr.NOT64) : form.is(Form.Attr.ONLY64)) {
            return false;
        }
        if (d.rep != 0 && form.is(Form.Attr.NO_REP)) {
            return false;
        }
        boolean prefix =
                switch (form.prefix) {
                    case ANY -> true;
                    case NP -> d.rep == 0 && !d.opSizePrefix;
                    case P66 -> d.rep == 0 && d.opSizePrefix;
                    case F3 -> d.rep == 0xf3;
                    case F2 -> d.rep == 0xf2;
                };
        if (!prefix) {
            return false;
        }
        if (d.modrm < 0) {
            return true;
        }
        return (form.ext < 0 || form.ext == (d.modrm >> 3 & 7))
                && (form.modrmLow < 0 || d.modrm >= form.modrmLow && d.modrm <= form.modrmHigh)
                && (form.modKind < 0 || (form.modKind == 1) == d.modrm >= 0xc0);
    }
}
