package org.jvisor.emulator;

import static org.jvisor.emulator.HostAssembler.MAP0;
import static org.jvisor.emulator.HostAssembler.NONE;
import static org.jvisor.emulator.HostAssembler.RAX;
import static org.jvisor.emulator.HostAssembler.RBP;
import static org.jvisor.emulator.HostAssembler.RBX;
import static org.jvisor.emulator.HostAssembler.RCX;
import static org.jvisor.emulator.HostAssembler.RDX;

import java.util.Arrays;
import java.util.BitSet;

/**
 * What the host code of all instructions is made of: guest registers in the host's, flags, and
 * memory through the TLB.
 *
 * <p>The ten registers that a region uses most have a host register each, the others stay in {@link
 * Cpu#r}. Arithmetic flags are in the host's flags, or in {@link HostState#FLAGS}, or in both;
 * between blocks they are in the latter.
 */
final class HostEmitter {
    /** The registers that guest registers are kept in. */
    private static final int[] FREE = {6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

    private static final int PAGE = -4096;

    final HostAssembler a;
    final RegionPlan plan;

    /** The instruction being written, and how far its page is from the first one's. */
    int at, delta;

    /** By guest register, the host register that it is kept in, or {@link HostAssembler#NONE}. */
    private final int[] host = new int[16];

    /** The guest registers that have a host register, as a mask. */
    final int kept;

    /** The XMM registers in use, as a mask. */
    final int xmm;

    /** The host's flags are the guest's. */
    private boolean inHost;

    /** The guest's flags are in memory, or nobody looks at them. */
    private boolean inMemory = true;

    /** Bytes of addresses and of what is on the stack: 8, or 4 in 32-bit code. */
    final int word;

    /** MXCSR matters. */
    boolean floats;

    /** The instructions that Java always executes. */
    final BitSet onlyJava = new BitSet();

    /** By instruction, the label where Java executes it, or -1; and where it goes on. */
    final int[] execute, resume;

    HostEmitter(HostAssembler a, RegionPlan plan) {
        this.a = a;
        this.plan = plan;
        execute = new int[plan.insns.length];
        resume = new int[plan.insns.length];
        Arrays.fill(execute, -1);
        Arrays.fill(resume, -1);
        word = plan.page.mode == Cpu.MODE64 ? 8 : 4;
        xmm = plan.xmm();
        kept = allocate();
    }

    private int allocate() {
        int[] uses = new int[16];
        for (Insn insn : plan.insns) {
            int mask = RegisterUse.all(insn);
            for (int g = 0; g < 16; g++) {
                uses[g] += mask >> g & 1;
            }
        }
        if (uses[Cpu.RSP] > 0) {
            uses[Cpu.RSP] += plan.insns.length; // stack operations want it in a register
        }
        Arrays.fill(host, NONE);
        int mask = 0;
        for (int free : FREE) {
            int most = 0;
            for (int g = 1; g < 16; g++) {
                most = uses[g] > uses[most] ? g : most;
            }
            if (uses[most] == 0) {
                break;
            }
            uses[most] = 0;
            host[most] = free;
            mask |= 1 << most;
        }
        return mask;
    }

    // ---- guest registers ----

    /** The host register a guest register is kept in, or {@link HostAssembler#NONE}. */
    int hostOf(int g) {
        return host[g];
    }

    /**
     * The register that holds a guest register's value: its own, or {@code spare}. AH, CH, DH and
     * BH, numbered as in {@link Cpu#reg8}, are rotated into the lowest byte of {@code spare}.
     */
    int get(int g, int spare) {
        if (g >= 32) {
            a.rotate(spare, get(g - 32, spare), 8);
            return spare;
        }
        if (host[g] != NONE) {
            return host[g];
        }
        a.load(spare, RBP, 8 * g);
        return spare;
    }

    /** The register to make a guest register's value in; {@link #put} follows. */
    int target(int g, int spare) {
        return host[g] != NONE ? host[g] : spare;
    }

    /** Keeps a guest register's new value, which is in {@code from}. */
    void put(int g, int from) {
        if (g >= 32) {
            a.rotate(from, from, 56);
            put(g - 32, from);
            return;
        }
        if (host[g] == NONE) {
            a.store(from, RBP, 8 * g);
        } else {
            a.move(host[g], from);
        }
    }

    // ---- flags ----

    /** Must come before anything that changes the host's flags; uses RAX. */
    void clobber() {
        keepFlags();
        inHost = false;
    }

    /** Has the flags in memory, too. */
    void keepFlags() {
        if (inHost && !inMemory) {
            a.registers(0, 1, HostAssembler.MAP_0F, 0x90, 0, RAX); // SETO AL
            a.int8(0x9f); // LAHF
            a.memory(0x66, 2, MAP0, 0x89, RAX, RBP, 8 * HostState.FLAGS);
            inMemory = true;
        }
    }

    /** Before an instruction that sets all flags whatever they are; it has no memory operand. */
    void overwrite() {
        inHost = false;
        inMemory = true;
    }

    /** Has the guest's flags in the host's; uses RAX. */
    void want() {
        if (!inHost) {
            a.memory(0, 4, HostAssembler.MAP_0F, 0xb7, RAX, RBP, 8 * HostState.FLAGS);
            flagsFromRax();
            inHost = true;
        }
    }

    /** ADD AL, 7F; SAHF: flags from where {@link #keepFlags} has them in AX. */
    void flagsFromRax() {
        a.int8(0x04);
        a.int8(0x7f);
        a.int8(0x9e);
    }

    /** Before an instruction that leaves some flags as they are. */
    void wantIfKept() {
        if (plan.flagsNeeded[at]) {
            want();
        } else {
            inHost = false;
        }
    }

    /** The instruction has left the guest's flags in the host's. */
    void produced() {
        inHost = true;
        inMemory = !plan.flagsNeeded[at];
    }

    /** Flags are in memory where blocks begin. */
    void beginBlock() {
        inHost = false;
        inMemory = true;
    }

    // ---- memory ----

    /** Whether {@link #linear} can be written for an instruction. */
    boolean isAddressable(Insn insn) {
        long disp = insn.disp + delta;
        boolean flat = insn.eaMode != Insn.EA_LEGACY || isFlat(insn);
        return flat && insn.disp == (int) insn.disp && disp == (int) disp;
    }

    /** Whether a segment of 32-bit code is one of those that {@link HostRegion} sees to. */
    private static boolean isFlat(Insn insn) {
        return insn.mode == Cpu.MODE32
                && insn.addrSize == 4
                && (insn.seg == Cpu.DS || insn.seg == Cpu.ES || insn.seg == Cpu.SS);
    }

    /** Computes an instruction's offset within its segment. */
    void offset(Insn insn, int to, int size) {
        int disp = (int) insn.disp + (insn.base == Cpu.PAGE_RIP ? delta : 0);
        int base = NONE;
        if (insn.base == Cpu.PAGE_RIP) {
            a.load(RAX, RBP, 8 * Cpu.PAGE_RIP);
            base = RAX;
        } else if (insn.base != Cpu.ZERO) {
            base = get(insn.base, RAX);
        }
        int index = insn.index == Cpu.ZERO ? NONE : get(insn.index, RCX);
        if (base == NONE && index == NONE) {
            a.constant(to, size == 8 ? disp : disp & 0xffff_ffffL);
        } else if (base == NONE) {
            scaled(to, size, index, insn.scale, disp);
        } else if (index == NONE && disp == 0 && size == 8) {
            a.move(to, base);
        } else {
            a.memory(0, size, MAP0, 0x8d, to, base, index, insn.scale, disp);
        }
    }

    /** LEA without a base. */
    private void scaled(int to, int size, int index, int scale, int disp) {
        if (scale == 0) {
            a.memory(0, size, MAP0, 0x8d, to, index, NONE, 0, disp);
            return;
        }
        a.constant(RAX, disp);
        a.memory(0, size, MAP0, 0x8d, to, RAX, index, scale, 0);
    }

    /** Computes the linear address of an instruction's memory operand in RAX; uses RCX. */
    void linear(Insn insn) {
        offset(insn, RAX, insn.eaMode == Insn.EA_ADDR32 ? 4 : word);
        if (insn.seg == Cpu.FS || insn.seg == Cpu.GS) {
            int place = insn.seg == Cpu.FS ? HostState.FS_BASE : HostState.GS_BASE;
            a.memory(0, 8, MAP0, 0x03, RAX, RBP, 8 * place);
        }
    }

    /**
     * Makes the linear address in RAX that of the host; RCX and RDX are free then. Where the TLB
     * does not have it, Java executes the instruction.
     */
    void translate(int size, boolean write, boolean aligned) {
        if (aligned && size > 1) {
            a.int8(0xa8); // TEST AL, imm8
            a.int8(size - 1);
            a.jump(HostAssembler.NOT_EQUAL, toJava());
        }
        if (size > 1 && !aligned) {
            a.lea(RDX, RAX, NONE, 0, size - 1);
        } else {
            a.move(RDX, RAX);
        }
        a.group1(4, 8, RDX, PAGE);
        find(write);
    }

    /**
     * Makes the linear address in RAX that of the host, where RDX is the page of the last byte; RCX
     * and RDX are free then.
     */
    void find(boolean write) {
        a.move(RCX, RAX);
        a.registers(0, 8, MAP0, 0xc1, 5, RCX); // SHR: 32 bytes an entry
        a.int8(7);
        a.group1(4, 4, RCX, Mmu.ENTRIES - 1 << 5);
        a.memory(0, 8, MAP0, 0x3b, RDX, RBX, RCX, 0, write ? 8 : 0); // CMP
        a.jump(HostAssembler.NOT_EQUAL, toJava());
        a.memory(0, 8, MAP0, 0x03, RAX, RBX, RCX, 0, 16); // ADD
    }

    /** The host address of an instruction's operand in RAX; RCX and RDX are free then. */
    void address(Insn insn, int size, boolean write) {
        address(insn, size, write, insn.lock);
    }

    /** As {@link #address(Insn, int, boolean)}, of an operand that must be aligned. */
    void address(Insn insn, int size, boolean write, boolean aligned) {
        clobber();
        linear(insn);
        translate(size, write, aligned);
    }

    /** After {@link #address}: has the flags, and tells which register has the address now. */
    int wantBeside(boolean wanted) {
        if (!wanted) {
            return RAX;
        }
        a.move(RDX, RAX);
        want();
        return RDX;
    }

    /** MOV of a word from memory. */
    void loadWord(int to, int base) {
        a.memory(0, word, MAP0, 0x8b, to, base, 0);
    }

    /** MOV of a word to memory. */
    void storeWord(int from, int base) {
        a.memory(0, word, MAP0, 0x89, from, base, 0);
    }

    /** LEA of a word. */
    void leaWord(int to, int base, int disp) {
        a.memory(0, word, MAP0, 0x8d, to, base, disp);
    }

    // ---- Java ----

    /** Where Java executes the instruction; flags must be in memory there. */
    int toJava() {
        if (execute[at] < 0) {
            execute[at] = a.label();
        }
        return execute[at];
    }

    /** Has Java execute the instruction always. */
    void java() {
        onlyJava.set(at);
        clobber();
        a.jump(toJava());
        inMemory = true;
    }
}
