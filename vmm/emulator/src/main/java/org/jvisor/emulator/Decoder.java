package org.jvisor.emulator;

import org.jspecify.annotations.Nullable;

/**
 * Decodes one instruction at a time by the {@link InsnTable} (SDM 2A chapter 2): prefixes, opcode,
 * ModRM, SIB, displacement, immediates.
 */
final class Decoder {
    /** The longest instruction in bytes. */
    static final int MAX_LENGTH = 15;

    private final InsnTable table = InsnTable.TABLE;
    private final Decoded d = new Decoded();
    private byte[] bytes = {};
    private int at;
    private int limit;

    /** Ran past the bytes given. */
    private boolean more;

    /**
     * Decodes the instruction at {@code bytes[from]}.
     *
     * @param limit one past the last byte that may be looked at
     * @param offset what to add to indices to get offsets in the code page
     * @param mode {@link Cpu#MODE16} to {@link Cpu#MODE64}
     * @return the instruction, one that raises #UD or #GP if it is none, or null if {@code limit}
     *     came first
     */
    @Nullable Insn decode(byte[] bytes, int from, int limit, int offset, int mode) {
        this.bytes = bytes;
        this.at = from;
        this.limit = Math.min(limit, from + MAX_LENGTH);
        more = false;
        reset(mode);
        d.start = from + offset;
        boolean known = parse();
        if (more) {
            if (at - from < MAX_LENGTH && limit - from < MAX_LENGTH) {
                return null;
            }
            d.form = SpecialForms.TOO_LONG; // more than 15 bytes (SDM 3A §6.15, #GP)
            d.mod = 3;
        } else if (!known) {
            d.form = SpecialForms.UNDEFINED;
            d.mod = 3;
        }
        d.end = at + offset;
        return Guarded.guard(d.theForm().factory.make(d));
    }

    /** What the last call of {@link #decode} found; valid until the next. */
    Decoded last() {
        return d;
    }

    private void reset(int mode) {
        d.form = null;
        d.mode = mode;
        d.rep = 0;
        d.lock = false;
        d.opSizePrefix = false;
        d.rex = 0;
        d.segPrefix = -1;
        d.modrm = -1;
        d.mod = 3;
        d.reg = 0;
        d.rm = 0;
        d.memory = false;
        d.base = Cpu.ZERO;
        d.index = Cpu.ZERO;
        d.scale = 0;
        d.seg = Cpu.DS;
        d.disp = 0;
        d.imm = 0;
        d.memSize = 0;
        d.memWrite = false;
        d.opSize = mode == Cpu.MODE16 ? 2 : 4;
        d.addrSize = mode == Cpu.MODE16 ? 2 : mode == Cpu.MODE32 ? 4 : 8;
    }

    private int next() {
        if (at >= limit) {
            more = true;
            return 0;
        }
        return bytes[at++] & 0xff;
    }

    /** False if the opcode is undefined. */
    private boolean parse() {
        int opcode = prefixes();
        int map = 0;
        if (opcode == 0x0f && !more) {
            opcode = next();
            map = 1;
            if (opcode == 0x38 || opcode == 0x3a) {
                map = opcode == 0x38 ? 2 : 3;
                opcode = next();
            }
        }
        boolean hasModrm = table.hasModrm(map, opcode);
        if (hasModrm) {
            d.modrm = next();
        }
        if (more) {
            return false;
        }
        Form form = table.find(map, opcode, d);
        if (form == null) {
            return false;
        }
        d.form = form;
        d.opcode = opcode;
        operandSize(form);
        if (hasModrm) {
            modrm(form);
        }
        operands(form, opcode);
        return !d.lock || form.is(Form.Attr.LOCK) && d.memory || more;
    }

    /** Reads prefixes; gives the first opcode byte. */
    private int prefixes() {
        boolean addrPrefix = false;
        while (true) {
            int b = next();
            if (more) {
                return 0;
            }
            if (d.mode == Cpu.MODE64 && (b & 0xf0) == 0x40) {
                d.rex = b;
                int after = at < limit ? bytes[at] & 0xff : 0;
                if (isPrefix(after) || (after & 0xf0) == 0x40) {
                    d.rex = 0; // only one just before the opcode counts
                }
                continue;
            }
            switch (b) {
                case 0x26, 0x2e, 0x36, 0x3e -> {
                    if (d.mode != Cpu.MODE64 || b == 0x36 && d.segPrefix < 0) {
                        d.segPrefix = b >> 3 & 3; // SS makes a #GP an #SS in 64-bit mode
                    }
                }
                case 0x64, 0x65 -> d.segPrefix = b == 0x64 ? Cpu.FS : Cpu.GS;
                case 0x66 -> d.opSizePrefix = true;
                case 0x67 -> {
                    if (!addrPrefix) {
                        addrPrefix = true;
                        d.addrSize = d.addrSize == 4 ? 2 : 4;
                    }
                }
                case 0xf0 -> d.lock = true;
                case 0xf2, 0xf3 -> d.rep = b;
                default -> {
                    return b;
                }
            }
        }
    }

    private static boolean isPrefix(int b) {
        return switch (b) {
            case 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3 -> true;
            default -> false;
        };
    }

    private void operandSize(Form form) {
        if (d.mode == Cpu.MODE64) {
            if (form.is(Form.Attr.F64) || d.rexW()) {
                d.opSize = 8;
            } else if (d.opSizePrefix && form.prefix != Form.Prefix.P66) {
                d.opSize = 2;
            } else if (form.is(Form.Attr.D64)) {
                d.opSize = 8;
            }
        } else if (d.opSizePrefix && form.prefix != Form.Prefix.P66) {
            d.opSize = d.opSize == 2 ? 4 : 2;
        }
    }

    private void modrm(Form form) {
        d.mod = d.modrm >> 6;
        d.reg = d.modrm >> 3 & 7 | (d.rex & 4) << 1;
        int rm = d.modrm & 7;
        // MOV to and from control and debug registers ignores mod (SDM 2B, MOV)
        boolean registerOnly =
                !form.operands.isEmpty() && form.operands.stream().anyMatch(Decoder::controlReg);
        if (d.mod == 3 || registerOnly) {
            d.mod = 3;
            d.rm = rm | (d.rex & 1) << 3;
            return;
        }
        d.memory = true;
        int defaultSeg;
        if (d.addrSize == 2) {
            defaultSeg = address16(rm);
        } else {
            defaultSeg = address32(rm);
        }
        d.seg = d.segPrefix >= 0 ? d.segPrefix : defaultSeg;
    }

    private static boolean controlReg(Operand operand) {
        return operand.kind() == Operand.Kind.C || operand.kind() == Operand.Kind.D;
    }

    private int address16(int rm) {
        d.base = new int[] {3, 3, 5, 5, Cpu.ZERO, Cpu.ZERO, 5, 3}[rm];
        d.index = new int[] {6, 7, 6, 7, 6, 7, Cpu.ZERO, Cpu.ZERO}[rm];
        if (d.mod == 0 && rm == 6) {
            d.base = Cpu.ZERO;
            d.disp = immediate(2);
        } else if (d.mod != 0) {
            d.disp = immediate(d.mod == 1 ? 1 : 2);
        }
        return d.base == Cpu.RBP ? Cpu.SS : Cpu.DS;
    }

    private int address32(int rm) {
        int base = rm;
        boolean sib = rm == 4;
        if (sib) {
            int b = next();
            base = b & 7;
            int index = b >> 3 & 7 | (d.rex & 2) << 2;
            if (index != 4) {
                d.index = index;
                d.scale = b >> 6;
            }
        }
        if (d.mod == 0 && base == 5) {
            d.disp = immediate(4);
            if (!sib && d.mode == Cpu.MODE64) {
                d.base = Cpu.PAGE_RIP;
            }
            return Cpu.DS;
        }
        d.base = base | (d.rex & 1) << 3;
        if (d.mod != 0) {
            d.disp = immediate(d.mod == 1 ? 1 : 4);
        }
        return d.base == Cpu.RSP || d.base == Cpu.RBP ? Cpu.SS : Cpu.DS;
    }

    /** Reads a little-endian value and sign-extends it. */
    private long immediate(int size) {
        if (at + size > limit) {
            at = limit;
            more = true;
            return 0;
        }
        long value = 0;
        for (int i = 0; i < size; i++) {
            value |= (bytes[at + i] & 0xffL) << 8 * i;
        }
        at += size;
        int unused = 64 - 8 * size;
        return value << unused >> unused;
    }

    private void operands(Form form, int opcode) {
        boolean mode64 = d.mode == Cpu.MODE64;
        for (int i = 0; i < form.operands.size(); i++) {
            Operand o = form.operands.get(i);
            int size = o.bytes(d.opSize, d.rexW(), mode64);
            boolean written =
                    i == 0 ? form.access() != Form.Access.READ : i == 1 && form.writesSecond();
            switch (o.kind()) {
                case E, M, Q, W -> {
                    if (d.memory) {
                        d.memSize = size;
                        d.memWrite = written;
                    } else if (o.kind() == Operand.Kind.E && size == 1) {
                        d.rm = byteReg(d.rm);
                    }
                }
                case R, N, U, STI, C, D -> {}
                case G -> {
                    if (size == 1) {
                        d.reg = byteReg(d.reg);
                    }
                }
                case Z -> {
                    d.rm = opcode & 7 | (d.rex & 1) << 3;
                    if (size == 1) {
                        d.rm = byteReg(d.rm);
                    }
                }
                case I -> {
                    if (i > 0 && form.operands.get(i - 1).kind() == Operand.Kind.I) {
                        d.disp = immediate(size); // ENTER's second
                    } else {
                        d.imm = immediate(size);
                    }
                }
                case J -> d.imm = immediate(size);
                case O -> {
                    d.disp = immediate(d.addrSize);
                    d.memory = true;
                    d.mod = 0;
                    d.seg = d.segPrefix >= 0 ? d.segPrefix : Cpu.DS;
                    d.memSize = size;
                    d.memWrite = written;
                }
                case A -> {
                    d.imm = immediate(d.opSize);
                    d.disp = immediate(2) & 0xffff;
                }
                case X -> d.seg = d.segPrefix >= 0 ? d.segPrefix : Cpu.DS;
                case Y, P, V, S -> {}
                case FIXED -> {
                    if (i == 0 && d.modrm < 0) {
                        d.rm = o.fixed();
                    }
                }
            }
        }
        if (form.operands.isEmpty() && !d.memory) {
            d.seg = d.segPrefix >= 0 ? d.segPrefix : Cpu.DS;
        }
    }

    /** SPL, BPL, SIL, DIL with any REX; else AH, CH, DH, BH. */
    private int byteReg(int n) {
        return d.rex == 0 && n >= 4 && n < 8 ? 32 + n - 4 : n;
    }
}
