package org.jvisor.emulator;

import static org.jvisor.emulator.HostAssembler.MAP0;
import static org.jvisor.emulator.HostAssembler.MAP_0F;
import static org.jvisor.emulator.HostAssembler.RAX;
import static org.jvisor.emulator.HostAssembler.RBP;
import static org.jvisor.emulator.HostAssembler.RCX;
import static org.jvisor.emulator.HostAssembler.RDX;
import static org.jvisor.emulator.HostAssembler.RSP;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes a {@link HostRegion}: the instructions of a {@link RegionPlan} as machine code of the host,
 * which is of the guest's architecture. Most instructions are the guest's own with other registers,
 * and memory operands that went through the TLB; what is left is executed by Java in its place.
 */
final class HostCompiler {
    /**
     * Whether regions are made here: if the host can execute them, and bytecode is not asked for.
     */
    static final boolean AVAILABLE =
            HostSupport.PRESENT && !Boolean.getBoolean("org.jvisor.emulator.bytecode");

    private interface Emitter {
        /**
         * Writes an instruction.
         *
         * @return false, with nothing written, if this form of it has no host code
         */
        boolean emit(HostEmitter e, Insn insn);
    }

    private static final Map<String, Emitter> BY_MNEMONIC = new HashMap<>();

    static {
        String[] arithmetic = {"ADD", "OR", "ADC", "SBB", "AND", "SUB", "XOR", "CMP", "TEST"};
        add(HostInteger::arithmetic, arithmetic);
        add(HostInteger::oneOperand, "INC", "DEC", "NEG", "NOT");
        add(HostInteger::shift, "ROL", "ROR", "RCL", "RCR", "SHL", "SHR", "SAR");
        add(HostInteger::shiftDouble, "SHLD", "SHRD");
        add(HostInteger::bit, "BT", "BTS", "BTR", "BTC");
        add(HostInteger::scan, "BSF", "BSR");
        add(HostInteger::count, "POPCNT");
        add(HostInteger::multiply, "MUL", "IMUL");
        add(HostInteger::divide, "DIV", "IDIV");
        add(HostInteger::carry, "CLC", "STC", "CMC");
        add(HostMoves::move, "MOV", "MOVNTI");
        add(HostMoves::lea, "LEA");
        add(HostMoves::extend, "MOVZX", "MOVSX", "MOVSXD");
        add(HostMoves::accumulator, "CBW");
        add(HostMoves::intoDx, "CWD");
        add(HostMoves::byteSwap, "BSWAP");
        add(HostMoves::nothing, "NOP", "PREFETCH", "PREFETCHW");
        add(HostMoves::fence, "LFENCE", "MFENCE", "SFENCE");
        add(HostMoves::exchange, "XCHG");
        add(HostMoves::exchangeAdd, "XADD");
        add(HostMoves::compareExchange, "CMPXCHG");
        add(HostSystem::clearInterrupts, "CLI");
        add(HostSystem::access, "STAC", "CLAC");
        add(HostSystem::swapGs, "SWAPGS");
        add(HostSystem::pushFlags, "PUSHF");
        add(HostMoves::push, "PUSH");
        add(HostMoves::pop, "POP");
        add(HostMoves::leave, "LEAVE");
        for (int cc = 0; cc < 16; cc++) {
            String condition = OneByteMap.condition(cc);
            add(HostMoves::conditionalMove, "CMOV" + condition);
            add(HostMoves::conditionalSet, "SET" + condition);
        }
    }

    private final HostAssembler a = new HostAssembler();

    HostCompiler() {
        HostState.ready();
    }

    private static void add(Emitter emitter, String... mnemonics) {
        for (String mnemonic : mnemonics) {
            BY_MNEMONIC.put(mnemonic, emitter);
        }
    }

    /** Whether regions of a page can be made. */
    static boolean takes(CodePage page) {
        return AVAILABLE && page.mode != Cpu.MODE16;
    }

    /**
     * Makes a region.
     *
     * @return null if there is no room for its code
     */
    @Nullable HostRegion compile(RegionPlan plan, HostCode space) {
        a.clear();
        HostEmitter e = new HostEmitter(a, plan);
        HostControl control = new HostControl(e);
        // MXCSR is loaded or not where it is known that it matters
        int start = a.label();
        a.jump(start);
        int at = 0;
        for (int i = 0; i < plan.blocks.length; i++) {
            at = block(e, control, i, at);
        }
        control.finish();
        a.bind(control.leave);
        unload(e);
        a.memory(0, 4, MAP0, 0xff, 4, RBP, 8 * HostState.NEXT); // JMP
        for (int i = 0; i < plan.insns.length; i++) {
            if (e.execute[i] >= 0) {
                a.bind(e.execute[i]);
                a.constant(RAX, HostState.EXECUTE | i << HostState.KIND_BITS);
                a.jump(control.end);
            }
        }
        a.bind(control.end);
        unload(e);
        HostState.leave(a);
        a.bind(start);
        load(e);
        int[] entries = new int[plan.blocks.length];
        for (int i = 0; i < entries.length; i++) {
            entries[i] = a.position(control.blocks[i]);
        }
        byte[] code = a.finish();
        HostCode.Piece piece = space.put(code);
        return piece == null ? null : new HostRegion(plan, piece, entries, e);
    }

    private int block(HostEmitter e, HostControl control, int number, int first) {
        Block block = e.plan.blocks[number];
        int length = e.plan.lengths[number];
        a.bind(control.blocks[number]);
        e.delta = e.plan.deltas[number];
        e.beginBlock();
        control.count(length);
        for (int i = first; i < first + length; i++) {
            Insn insn = e.plan.insns[i];
            e.at = i;
            if (insn.form.is(Form.Attr.END)) {
                control.end(number, insn);
                return first + length;
            }
            if (!emit(e, insn)) {
                e.java();
            }
            if (e.execute[i] >= 0) {
                e.resume[i] = a.length();
            }
        }
        e.clobber();
        control.jump(number, block.end);
        return first + length;
    }

    private static boolean emit(HostEmitter e, Insn insn) {
        Emitter emitter = BY_MNEMONIC.get(insn.form.mnemonic);
        if (HostSse.isPlain(insn)) {
            return HostSse.emit(e, insn);
        }
        return emitter != null
                && HostFeatures.SHARED.contains(insn.form.feature())
                && (HostFeatures.BMI2 && !insn.form.writesSecond()
                        || !HostInteger.usesHighByte(insn))
                && emitter.emit(e, insn);
    }

    /** Where host code begins: registers and flags are loaded, and control goes to RAX. */
    private void load(HostEmitter e) {
        for (int g = 0; g < 16; g++) {
            if ((e.kept >> g & 1) != 0) {
                a.load(e.hostOf(g), RBP, 8 * g);
            }
        }
        if (e.xmm != 0) {
            a.load(RDX, RSP, 0);
            for (int x = 0; x < 16; x++) {
                if ((e.xmm >> x & 1) != 0) {
                    a.memory(0, 4, MAP_0F, 0x10, x, RDX, 16 * x); // MOVUPS
                }
            }
        }
        if (e.floats) {
            a.memory(0, 4, MAP_0F, 0xae, 2, RBP, 8 * HostState.MXCSR); // LDMXCSR
        }
        a.move(RCX, RAX);
        a.memory(0, 4, MAP_0F, 0xb7, RAX, RBP, 8 * HostState.FLAGS);
        e.flagsFromRax();
        a.jumpTo(RCX);
    }

    private void unload(HostEmitter e) {
        int written = e.plan.written() & e.kept;
        for (int g = 0; g < 16; g++) {
            if ((written >> g & 1) != 0) {
                a.store(e.hostOf(g), RBP, 8 * g);
            }
        }
        if (e.xmm != 0) {
            a.load(RDX, RSP, 0);
            for (int x = 0; x < 16; x++) {
                if ((e.xmm >> x & 1) != 0) {
                    a.memory(0, 4, MAP_0F, 0x11, x, RDX, 16 * x); // MOVUPS
                }
            }
        }
        if (e.floats) {
            a.memory(0, 4, MAP_0F, 0xae, 3, RBP, 8 * HostState.MXCSR); // STMXCSR
            a.memory(0, 4, MAP_0F, 0xae, 2, RBP, 8 * HostState.MXCSR + 4);
        }
    }
}
