package org.jvisor.emulator;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** One decoded instruction in Intel's syntax. */
final class InsnText {
    private static final String[] NAMES = {"ax", "cx", "dx", "bx", "sp", "bp", "si", "di"};
    private static final String[] LOW = {"al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil"};
    private static final String[] HIGH = {"ah", "ch", "dh", "bh"};
    private static final String[] SEGMENTS = {"es", "cs", "ss", "ds", "fs", "gs", "?", "?"};

    private final Decoded d;
    private final Form form;
    private final long rip;

    /**
     * Prepares the text.
     *
     * @param d decoded with offsets relative to its first byte
     * @param rip the address of its first byte
     */
    InsnText(Decoded d, long rip) {
        this.d = d;
        this.form = d.theForm();
        this.rip = rip;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        if (d.lock) {
            text.append("lock ");
        }
        if (d.rep != 0 && form.is(Form.Attr.REP)) {
            boolean compares = (form.flagsWritten() & Cpu.ZF) != 0;
            text.append(d.rep == 0xf2 ? "repne " : compares ? "repe " : "rep ");
        }
        text.append(mnemonic());
        List<String> operands = new ArrayList<>();
        for (int i = 0; i < form.operands.size(); i++) {
            operands.add(operand(form.operands.get(i), d.size(i)));
        }
        if (!operands.isEmpty() && !isString()) {
            text.append(' ').append(String.join(", ", operands));
        }
        if (d.memory && d.base == Cpu.PAGE_RIP) {
            text.append("  # 0x%x".formatted(rip + d.end + d.disp));
        }
        return text.toString();
    }

    private boolean isString() {
        return form.is(Form.Attr.REP) && d.modrm < 0;
    }

    private String mnemonic() {
        int bySize = d.opSize == 8 ? 2 : d.opSize == 4 ? 1 : 0;
        String name =
                switch (form.mnemonic) {
                    case "CBW" -> List.of("cbw", "cwde", "cdqe").get(bySize);
                    case "CWD" -> List.of("cwd", "cdq", "cqo").get(bySize);
                    case "CMPXCHG8B" -> d.opSize == 8 ? "cmpxchg16b" : "cmpxchg8b";
                    case "PUSHA", "POPA" -> form.mnemonic + (d.opSize == 4 ? "D" : "");
                    default -> form.mnemonic;
                };
        if (isString()) {
            int at = form.operands.get(0).kind() == Operand.Kind.FIXED ? 1 : 0;
            name += "?bw?d???q".charAt(d.size(at));
        }
        return name.toLowerCase(Locale.ROOT);
    }

    private String operand(Operand o, int size) {
        return switch (o.kind()) {
            case E, M -> d.memory ? memory(size) : general(d.rm, size);
            case R -> general(d.rm, size == 0 ? wide() : size);
            case Z -> general(d.rm, size);
            case G -> general(d.reg, size);
            case I -> hex(isSecondImmediate(o) ? d.disp : d.imm);
            case J -> "0x%x".formatted(target());
            case O -> memory(size);
            case A -> "0x%x:0x%x".formatted(d.disp, d.imm);
            case X -> "[rsi]";
            case Y -> "[rdi]";
            case S -> SEGMENTS[d.reg & 7];
            case C -> "cr" + d.reg;
            case D -> "dr" + d.reg;
            case P -> "mm" + (d.reg & 7);
            case Q -> d.memory ? memory(size) : "mm" + (d.rm & 7);
            case N -> "mm" + (d.rm & 7);
            case V -> "xmm" + d.reg;
            case W -> d.memory ? memory(size) : "xmm" + d.rm;
            case U -> "xmm" + d.rm;
            case STI -> "st(" + (d.modrm & 7) + ")";
            case FIXED -> fixed(o, size);
        };
    }

    /** The register size of moves to and from control registers. */
    private int wide() {
        return d.mode == Cpu.MODE64 ? 8 : 4;
    }

    private boolean isSecondImmediate(Operand o) {
        int i = form.operands.indexOf(o);
        return i > 0 && form.operands.get(i - 1).kind() == Operand.Kind.I;
    }

    private long target() {
        long to = rip + d.end + d.imm;
        return d.mode == Cpu.MODE64 ? to : to & (d.opSize == 2 ? 0xffff : 0xffff_ffffL);
    }

    private String fixed(Operand o, int size) {
        return switch (o.text()) {
            case "rAX", "eAX" -> general(0, size);
            default -> o.text().toLowerCase(Locale.ROOT);
        };
    }

    /** A general register's name, a byte register numbered as in {@link Cpu#reg8}. */
    static String general(int n, int size) {
        if (n >= 32) {
            return HIGH[n - 32];
        }
        if (n >= 8) {
            return "r" + n + (size == 1 ? "b" : size == 2 ? "w" : size == 4 ? "d" : "");
        }
        return switch (size) {
            case 1 -> LOW[n];
            case 2 -> NAMES[n];
            case 4 -> "e" + NAMES[n];
            default -> "r" + NAMES[n];
        };
    }

    private String memory(int size) {
        StringBuilder text = new StringBuilder(width(size == 0 ? d.memSize : size));
        if (d.segPrefix >= 0) {
            text.append(SEGMENTS[d.seg]).append(':');
        }
        text.append('[');
        boolean any = false;
        if (d.base == Cpu.PAGE_RIP) {
            text.append("rip");
            any = true;
        } else if (d.base != Cpu.ZERO) {
            text.append(general(d.base, d.addrSize));
            any = true;
        }
        if (d.index != Cpu.ZERO) {
            text.append(any ? "+" : "").append(general(d.index, d.addrSize));
            if (d.scale != 0) {
                text.append('*').append(1 << d.scale);
            }
            any = true;
        }
        if (!any) {
            long mask = d.addrSize == 8 ? -1 : d.addrSize == 4 ? 0xffff_ffffL : 0xffff;
            text.append("0x%x".formatted(d.disp & mask));
        } else if (d.disp != 0) {
            text.append(d.disp < 0 ? "-" : "+").append("0x%x".formatted(Math.abs(d.disp)));
        }
        return text.append(']').toString();
    }

    private static String width(int size) {
        return switch (size) {
            case 1 -> "byte ptr ";
            case 2 -> "word ptr ";
            case 4 -> "dword ptr ";
            case 6 -> "fword ptr ";
            case 8 -> "qword ptr ";
            case 10 -> "tbyte ptr ";
            case 16 -> "xmmword ptr ";
            default -> "";
        };
    }

    private static String hex(long value) {
        return value < 0 ? "-0x%x".formatted(-value) : "0x%x".formatted(value);
    }
}
