package org.jvisor.emulator;

import static org.jvisor.emulator.HostAssembler.MAP0;
import static org.jvisor.emulator.HostAssembler.MAP_0F;
import static org.jvisor.emulator.HostAssembler.RAX;
import static org.jvisor.emulator.HostAssembler.RBP;
import static org.jvisor.emulator.HostAssembler.RBX;
import static org.jvisor.emulator.HostAssembler.RCX;
import static org.jvisor.emulator.HostAssembler.RDX;

/**
 * Host code of what a kernel does at every entry and around its critical sections, on {@link
 * HostState}'s copies: CLI, STI, STAC, CLAC, SWAPGS, PUSHF. Above CPL 0, Java raises the fault.
 */
final class HostSystem {
    private static final int AND = 4, OR = 1, CMP = 7;

    private HostSystem() {}

    private static void privileged(HostEmitter e) {
        e.clobber();
        e.a.memory(0, 4, MAP0, 0x83, CMP, RBP, 8 * HostState.CPL);
        e.a.int8(0);
        e.a.jump(HostAssembler.NOT_EQUAL, e.toJava());
    }

    private static void test(HostEmitter e, int bits) {
        e.a.memory(0, 4, MAP0, 0xf7, 0, RBP, 8 * HostState.RFLAGS);
        e.a.int32(bits);
    }

    private static void change(HostEmitter e, int operation, int bits) {
        e.a.memory(0, 4, MAP0, 0x81, operation, RBP, 8 * HostState.RFLAGS);
        e.a.int32(bits);
    }

    /** CLI. */
    static boolean clearInterrupts(HostEmitter e, Insn insn) {
        privileged(e);
        change(e, AND, ~Cpu.IF);
        return true;
    }

    /**
     * STI, where the next instruction follows for certain before an interrupt is looked at.
     *
     * @param next its label
     */
    static void setInterrupts(HostEmitter e, int next) {
        privileged(e);
        test(e, Cpu.IF);
        e.a.jump(HostAssembler.NOT_EQUAL, next);
        e.a.memory(0, 4, MAP0, 0x83, CMP, RBP, 8 * HostState.IRQ_WAITING);
        e.a.int8(0);
        e.a.jump(HostAssembler.NOT_EQUAL, e.toJava());
        change(e, OR, Cpu.IF);
        e.a.jump(next);
    }

    /** STAC and CLAC: the view of memory changes with AC where CR4.SMAP is set. */
    static boolean access(HostEmitter e, Insn insn) {
        boolean set = insn.form.mnemonic.equals("STAC");
        int done = e.a.label();
        privileged(e);
        test(e, Cpu.AC);
        e.a.jump(set ? HostAssembler.NOT_EQUAL : HostAssembler.EQUAL, done);
        change(e, set ? OR : AND, set ? Cpu.AC : ~Cpu.AC);
        e.a.load(RCX, RBP, 8 * HostState.OTHER_VIEW);
        e.a.store(RBX, RBP, 8 * HostState.OTHER_VIEW);
        e.a.move(RBX, RCX);
        e.a.bind(done);
        return true;
    }

    /** SWAPGS. */
    static boolean swapGs(HostEmitter e, Insn insn) {
        privileged(e);
        e.a.load(RCX, RBP, 8 * HostState.GS_BASE);
        e.a.load(RDX, RBP, 8 * HostState.KERNEL_GS_BASE);
        e.a.store(RDX, RBP, 8 * HostState.GS_BASE);
        e.a.store(RCX, RBP, 8 * HostState.KERNEL_GS_BASE);
        return true;
    }

    /** PUSHF of 64-bit code. */
    static boolean pushFlags(HostEmitter e, Insn insn) {
        if (e.word != 8 || insn.opSize != 8) {
            return false;
        }
        e.clobber();
        HostMoves.pushPlace(e);
        e.a.memory(0, 4, MAP0, 0x8b, RDX, RBP, 8 * HostState.RFLAGS);
        e.a.group1(AND, 4, RDX, ~(Cpu.RF | Cpu.VM));
        e.a.memory(0, 4, MAP_0F, 0xb6, RCX, RBP, 8 * HostState.FLAGS + 1);
        e.a.group1(AND, 4, RCX, Cpu.ARITH & 0xff);
        e.a.registers(0, 4, MAP0, 0x0b, RDX, RCX); // OR
        e.a.memory(0, 4, MAP_0F, 0xb6, RCX, RBP, 8 * HostState.FLAGS);
        e.a.registers(0, 4, MAP0, 0xc1, 4, RCX); // SHL
        e.a.int8(11);
        e.a.registers(0, 4, MAP0, 0x0b, RDX, RCX); // OR
        e.a.store(RDX, RAX, 0);
        HostMoves.pushed(e);
        return true;
    }
}
