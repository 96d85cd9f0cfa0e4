package org.jvisor.emulator;

import static org.jvisor.emulator.HostAssembler.MAP0;
import static org.jvisor.emulator.HostAssembler.RAX;
import static org.jvisor.emulator.HostAssembler.RBP;
import static org.jvisor.emulator.HostAssembler.RCX;
import static org.jvisor.emulator.HostAssembler.RDI;
import static org.jvisor.emulator.HostAssembler.RDX;
import static org.jvisor.emulator.HostAssembler.RSI;

/**
 * Host code of REP MOVS and REP STOS in 64-bit code that go forward and stay within a page: the
 * host's own instruction. All others are executed by Java.
 */
final class HostStrings {
    private static final int PAGE_SIZE = 4096;

    private final HostEmitter e;
    private final HostAssembler a;
    private final int size;

    private HostStrings(HostEmitter e, int size) {
        this.e = e;
        this.a = e.a;
        this.size = size;
    }

    /** Writes it, to go on behind; false if there is no host code for it. */
    static boolean emit(HostEmitter e, Insn insn) {
        boolean plain = insn.seg != Cpu.FS && insn.seg != Cpu.GS && insn.addrSize == 8;
        if (insn.rep == 0 || e.word != 8 || !plain) {
            return false;
        }
        HostStrings strings = new HostStrings(e, HostInteger.size(insn, 0));
        return switch (insn.form.mnemonic) {
            case "STOS" -> strings.store();
            case "MOVS" -> strings.move();
            default -> false;
        };
    }

    private boolean store() {
        int done = begin();
        hostAddress(Cpu.RDI, true);
        a.move(RCX, e.get(Cpu.RCX, RCX));
        a.move(RDX, RAX);
        a.move(RAX, e.get(Cpu.RAX, RAX));
        a.registers(0, 8, MAP0, 0x87, RDI, RDX); // XCHG
        repeat(0xaa);
        a.move(RDI, RDX);
        advance(Cpu.RDI);
        end(done);
        return true;
    }

    private boolean move() {
        int done = begin();
        hostAddress(Cpu.RSI, false);
        a.store(RAX, RBP, 8 * HostState.SPARE);
        hostAddress(Cpu.RDI, true);
        a.move(RCX, e.get(Cpu.RCX, RCX));
        a.push(RSI);
        a.push(RDI);
        a.move(RDI, RAX);
        a.load(RSI, RBP, 8 * HostState.SPARE);
        repeat(0xa4);
        a.pop(RDI);
        a.pop(RSI);
        advance(Cpu.RSI);
        advance(Cpu.RDI);
        end(done);
        return true;
    }

    /** Leaves it to Java unless it goes forward and no further than a page. */
    private int begin() {
        int done = a.label();
        e.clobber();
        a.memory(0, 4, MAP0, 0xf7, 0, RBP, 8 * HostState.RFLAGS); // TEST
        a.int32(Cpu.DF);
        a.jump(HostAssembler.NOT_EQUAL, e.toJava());
        int count = e.get(Cpu.RCX, RCX);
        a.registers(0, 8, MAP0, 0x85, count, count); // TEST
        a.jump(HostAssembler.EQUAL, done);
        a.group1(7, 8, count, PAGE_SIZE / size); // CMP
        a.jump(HostAssembler.ABOVE, e.toJava());
        return done;
    }

    /** The host address of all that a pointer goes through in RAX. */
    private void hostAddress(int pointer, boolean write) {
        a.move(RAX, e.get(pointer, RAX));
        int scale = Integer.numberOfTrailingZeros(size);
        a.lea(RDX, RAX, e.get(Cpu.RCX, RCX), scale, -1);
        a.group1(4, 8, RDX, -PAGE_SIZE); // AND
        e.find(write);
    }

    private void repeat(int opcode) {
        a.int8(0xf3);
        if (size == 2) {
            a.int8(0x66);
        } else if (size == 8) {
            a.int8(0x48);
        }
        a.int8(size == 1 ? opcode : opcode + 1);
    }

    private void advance(int pointer) {
        int register = e.get(pointer, RAX);
        int scale = Integer.numberOfTrailingZeros(size);
        a.lea(register, register, e.get(Cpu.RCX, RCX), scale, 0);
        e.put(pointer, register);
    }

    private void end(int done) {
        int count = e.target(Cpu.RCX, RCX);
        a.constant(count, 0);
        e.put(Cpu.RCX, count);
        a.bind(done);
    }
}
