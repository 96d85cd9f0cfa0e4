package org.jvisor.emulator;

import static org.jvisor.emulator.HostAssembler.RAX;
import static org.jvisor.emulator.HostAssembler.RCX;

import java.util.Set;
import org.jvisor.emulator.Operand.Kind;

/**
 * Host code of SSE instructions: the host's own, on the XMM registers of the same numbers and with
 * the guest's MXCSR, whose exceptions are all masked where this code runs.
 */
final class HostSse {
    /** 16-byte operands that need not be aligned. */
    private static final Set<String> UNALIGNED =
            Set.of("MOVUPS", "MOVUPD", "MOVDQU", "LDDQU", "PCMPISTRI", "PCMPISTRM");

    /** Results that depend on the host, or registers and memory that no operand names. */
    private static final Set<String> EXCLUDED =
            Set.of(
                    "RCPPS",
                    "RCPSS",
                    "RSQRTPS",
                    "RSQRTSS",
                    "MASKMOVDQU",
                    "LDMXCSR",
                    "STMXCSR",
                    "FXSAVE",
                    "FXRSTOR",
                    "PCMPESTRI",
                    "PCMPESTRM",
                    "CRC32",
                    "MOVNTI");

    private HostSse() {}

    /** Whether it is an instruction on XMM registers that the host executes as it is. */
    static boolean isPlain(Insn insn) {
        Form f = insn.form;
        if (!HostFeatures.SHARED.contains(f.feature()) || EXCLUDED.contains(f.mnemonic)) {
            return false;
        }
        boolean xmm = false;
        for (Operand o : f.operands) {
            switch (o.kind()) {
                case V, W, U -> xmm = true;
                case E, G, M, R, I, FIXED -> {} // XMM0
                default -> {
                    return false;
                }
            }
        }
        return xmm;
    }

    /** Whether MXCSR has to do with it. */
    private static boolean isFloat(String mnemonic) {
        return !mnemonic.startsWith("P") && !mnemonic.startsWith("MOV");
    }

    /** Writes it. */
    static boolean emit(HostEmitter e, Insn insn) {
        Form f = insn.form;
        int prefix =
                switch (f.prefix) {
                    case P66 -> 0x66;
                    case F2 -> 0xf2;
                    case F3 -> 0xf3;
                    default -> 0;
                };
        int reg = f.ext;
        boolean general = false;
        Operand memory = null;
        boolean immediate = false;
        for (Operand o : f.operands) {
            switch (o.kind()) {
                case V -> reg = insn.reg & 15;
                case G -> reg = insn.reg;
                case I -> immediate = true;
                case E, R, M, W -> memory = o;
                default -> {}
            }
            general |= o.kind() == Kind.E || o.kind() == Kind.G || o.kind() == Kind.R;
        }
        int size = general && insn.opSize == 8 ? 8 : 4;
        boolean toGeneral = f.operands.getFirst().kind() == Kind.G;
        boolean flags = f.flagsWritten() != 0;
        int rm = insn.rm & 15;
        e.floats |= isFloat(f.mnemonic);
        if (insn.isMemory()) {
            if (memory == null || !e.isAddressable(insn)) {
                return false;
            }
            boolean write = f.operands.getFirst().equals(memory) && f.access() != Form.Access.READ;
            boolean aligned = insn.memSize == 16 && !UNALIGNED.contains(f.mnemonic);
            e.address(insn, insn.memSize, write, aligned);
            int register = toGeneral ? e.target(insn.reg, RCX) : reg;
            e.a.memory(prefix, size, f.map, f.opcode, register, RAX, 0);
            immediate(e, insn, immediate);
            if (toGeneral) {
                e.put(insn.reg, register);
            }
        } else {
            if (flags) {
                e.clobber();
            }
            boolean rmGeneral = memory != null && memory.kind() != Kind.W;
            boolean writesRm = rmGeneral && f.operands.getFirst().equals(memory);
            int register = toGeneral ? e.target(insn.reg, RCX) : reg;
            int other = rm;
            if (rmGeneral) {
                other = writesRm ? e.target(insn.rm, RCX) : e.get(insn.rm, RCX);
            }
            e.a.registers(prefix, size, f.map, f.opcode, register, other);
            immediate(e, insn, immediate);
            if (toGeneral) {
                e.put(insn.reg, register);
            } else if (writesRm) {
                e.put(insn.rm, other);
            }
        }
        if (f.mnemonic.equals("PCMPISTRI")) {
            e.put(Cpu.RCX, RCX);
        }
        if (flags) {
            e.produced();
        }
        return true;
    }

    private static void immediate(HostEmitter e, Insn insn, boolean present) {
        if (present) {
            e.a.int8((int) insn.imm);
        }
    }
}
