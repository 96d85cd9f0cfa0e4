package org.jvisor.emulator;

import static org.jvisor.emulator.Form.Attr.NOT64;
import static org.jvisor.emulator.Form.Attr.ONLY64;
import static org.jvisor.emulator.Form.Attr.PROTECTED;
import static org.jvisor.emulator.Form.Attr.SETS_RF;
import static org.jvisor.emulator.Form.Attr.SYSTEM;

/**
 * Rows of the instruction table for system instructions: control, debug and model-specific
 * registers, descriptor tables, system calls, identification. Segment loads and control transfers
 * are in {@link TransferForms}.
 */
final class SystemForms {
    private SystemForms() {}

    private static Form.Factory op(SystemInsn.Action action) {
        return SystemInsn.of(action);
    }

    static void rows(InsnTable t) {
        descriptorTables(t);
        registers(t);
        flags(t);
        systemCalls(t);
        identification(t);
        caches(t);
        ports(t);
        TransferForms.rows(t);
    }

    private static void descriptorTables(InsnTable t) {
        t.add("0F 00 /0", "SLDT", "Ew", op(SystemTables::sldt)).w().with(PROTECTED, SYSTEM);
        t.add("0F 00 /1", "STR", "Ew", op(SystemTables::str)).w().with(PROTECTED, SYSTEM);
        t.add("0F 00 /2", "LLDT", "Ew", op(SystemTables::lldt)).ro().cpl0().with(PROTECTED);
        t.add("0F 00 /3", "LTR", "Ew", op(SystemTables::ltr)).ro().cpl0().with(PROTECTED);
        t.add("0F 00 /4", "VERR", "Ew", op(SelectorQueries::verr))
                .ro()
                .writes(Cpu.ZF)
                .with(PROTECTED, SYSTEM);
        t.add("0F 00 /5", "VERW", "Ew", op(SelectorQueries::verw))
                .ro()
                .writes(Cpu.ZF)
                .with(PROTECTED, SYSTEM);
        t.add("0F 01 /0 mem", "SGDT", "Ms", op(SystemTables::sgdt)).w().with(SYSTEM);
        t.add("0F 01 /1 mem", "SIDT", "Ms", op(SystemTables::sidt)).w().with(SYSTEM);
        t.add("0F 01 /2 mem", "LGDT", "Ms", op(SystemTables::lgdt)).ro().cpl0();
        t.add("0F 01 /3 mem", "LIDT", "Ms", op(SystemTables::lidt)).ro().cpl0();
        t.add("0F 01 /4", "SMSW", "Ew", op(SystemTables::smsw)).w().with(SYSTEM);
        t.add("0F 01 /6", "LMSW", "Ew", op(SystemTables::lmsw)).ro().cpl0().end();
        t.add("0F 02", "LAR", "Gv,Ew", op(SelectorQueries::lar))
                .writes(Cpu.ZF)
                .with(PROTECTED, SYSTEM);
        t.add("0F 03", "LSL", "Gv,Ew", op(SelectorQueries::lsl))
                .writes(Cpu.ZF)
                .with(PROTECTED, SYSTEM);
        t.add("63", "ARPL", "Ew,Gw", op(SelectorQueries::arpl))
                .writes(Cpu.ZF)
                .with(NOT64, PROTECTED, SYSTEM);
    }

    private static void registers(InsnTable t) {
        t.add("0F 20", "MOV", "R,C", op(SystemForms::fromControl)).w().with(SYSTEM);
        t.add("0F 21", "MOV", "R,D", op(SystemForms::fromDebug)).w().with(SYSTEM).end();
        t.add("0F 22", "MOV", "C,R", op(SystemForms::toControl)).w().with(SYSTEM).end();
        t.add("0F 23", "MOV", "D,R", op(SystemForms::toDebug)).w().with(SYSTEM).end();
        t.add("0F 06", "CLTS", "", op((i, c) -> ControlRegisters.clearTaskSwitched(c))).cpl0();
        t.add("0F 30", "WRMSR", "", op(SystemForms::wrmsr)).cpl0().end();
        t.add("0F 32", "RDMSR", "", op(SystemForms::rdmsr)).cpl0();
        t.add("0F 01 F8", "SWAPGS", "", op(FastCalls::swapgs)).with(ONLY64, SYSTEM);
        t.add("F3 0F AE /0 reg", "RDFSBASE", "Ry", op((i, c) -> FastCalls.readBase(i, c, Cpu.FS)))
                .w()
                .needs(Feature.FSGSBASE)
                .with(ONLY64, SYSTEM);
        t.add("F3 0F AE /1 reg", "RDGSBASE", "Ry", op((i, c) -> FastCalls.readBase(i, c, Cpu.GS)))
                .w()
                .needs(Feature.FSGSBASE)
                .with(ONLY64, SYSTEM);
        t.add("F3 0F AE /2 reg", "WRFSBASE", "Ry", op((i, c) -> FastCalls.writeBase(i, c, Cpu.FS)))
                .ro()
                .needs(Feature.FSGSBASE)
                .with(ONLY64, SYSTEM);
        t.add("F3 0F AE /3 reg", "WRGSBASE", "Ry", op((i, c) -> FastCalls.writeBase(i, c, Cpu.GS)))
                .ro()
                .needs(Feature.FSGSBASE)
                .with(ONLY64, SYSTEM);
    }

    private static int registerSize(Insn i) {
        return i.mode == Cpu.MODE64 ? 8 : 4;
    }

    private static void fromControl(Insn i, Cpu c) {
        c.setReg(i.rm, registerSize(i), ControlRegisters.read(c, i.reg));
    }

    private static void toControl(Insn i, Cpu c) {
        ControlRegisters.write(c, i.reg, c.reg(i.rm, registerSize(i)));
    }

    private static void fromDebug(Insn i, Cpu c) {
        c.setReg(i.rm, registerSize(i), DebugRegisters.read(c, i.reg));
    }

    private static void toDebug(Insn i, Cpu c) {
        DebugRegisters.write(c, i.reg, c.reg(i.rm, registerSize(i)));
    }

    private static void rdmsr(Insn i, Cpu c) {
        setEdxEax(c, c.msrs.read(c, (int) c.r[Cpu.RCX]));
    }

    private static void wrmsr(Insn i, Cpu c) {
        long value = c.r[Cpu.RAX] & 0xffff_ffffL | c.r[Cpu.RDX] << 32;
        c.msrs.write(c, (int) c.r[Cpu.RCX], value);
    }

    private static void setEdxEax(Cpu c, long value) {
        c.r[Cpu.RAX] = value & 0xffff_ffffL;
        c.r[Cpu.RDX] = value >>> 32;
    }

    private static void flags(InsnTable t) {
        t.add("9C", "PUSHF", "", op(InterruptFlag::pushf))
                .reads(Cpu.ARITH)
                .with(Form.Attr.D64, Form.Attr.STACK, SYSTEM);
        t.add("9D", "POPF", "", op(InterruptFlag::popf))
                .writes(Cpu.ARITH)
                .with(Form.Attr.D64, Form.Attr.STACK, SYSTEM, SETS_RF)
                .end();
        t.add("FA", "CLI", "", op(InterruptFlag::cli)).with(SYSTEM);
        t.add("FB", "STI", "", op(InterruptFlag::sti)).with(SYSTEM).end();
        t.add("NP 0F 01 CA", "CLAC", "", op((i, c) -> setAc(c, 0)))
                .needs(Feature.SMAP)
                .with(SYSTEM);
        t.add("NP 0F 01 CB", "STAC", "", op((i, c) -> setAc(c, Cpu.AC)))
                .needs(Feature.SMAP)
                .with(SYSTEM);
        t.add("F4", "HLT", "", op(SystemForms::hlt)).cpl0().end();
    }

    private static void setAc(Cpu c, int ac) {
        if (c.cpl != 0) {
            throw c.ud();
        }
        int old = c.rflags;
        c.rflags = old & ~Cpu.AC | ac;
        c.flagsChanged(old);
    }

    private static void hlt(Insn i, Cpu c) {
        c.halted = true;
        c.signal(Cpu.PENDING_HALT);
    }

    private static void systemCalls(InsnTable t) {
        t.add("0F 05", "SYSCALL", "", op(FastCalls::syscall))
                .needs(Feature.SYSCALL)
                .with(SYSTEM)
                .end();
        t.add("0F 07", "SYSRET", "", op(FastCalls::sysret))
                .needs(Feature.SYSCALL)
                .with(SYSTEM)
                .end();
        t.add("0F 34", "SYSENTER", "", op(FastCalls::sysenter)).with(SYSTEM).end();
        t.add("0F 35", "SYSEXIT", "", op(FastCalls::sysexit)).with(SYSTEM).end();
    }

    private static void identification(InsnTable t) {
        t.add("0F A2", "CPUID", "", op((i, c) -> c.board.cpuid.execute(c)))
                .with(SYSTEM)
                .end(); // it serialises: what follows may have been written anew
        t.add("0F 31", "RDTSC", "", op(SystemForms::rdtsc)).with(SYSTEM);
        t.add("0F 01 F9", "RDTSCP", "", op(SystemForms::rdtscp)).needs(Feature.RDTSCP).with(SYSTEM);
        t.add("0F 33", "RDPMC", "", op(SystemForms::rdpmc)).with(SYSTEM);
        t.add("0F C7 /6 reg", "RDRAND", "Rv", op(Entropy::execute))
                .w()
                .writes(Cpu.ARITH)
                .needs(Feature.RDRAND)
                .with(SYSTEM);
        t.add("0F C7 /7 reg", "RDSEED", "Rv", op(Entropy::execute))
                .w()
                .writes(Cpu.ARITH)
                .needs(Feature.RDRAND)
                .with(SYSTEM);
    }

    private static void rdtsc(Insn i, Cpu c) {
        if ((c.cr4 & ControlBits.CR4_TSD) != 0 && c.cpl != 0) {
            throw c.gp();
        }
        setEdxEax(c, c.msrs.tsc(c));
    }

    private static void rdtscp(Insn i, Cpu c) {
        rdtsc(i, c);
        c.r[Cpu.RCX] = c.msrs.tscAux;
    }

    /** There are no performance counters: no number in ECX is valid. */
    private static void rdpmc(Insn i, Cpu c) {
        throw c.gp();
    }

    private static void caches(InsnTable t) {
        t.add("0F 01 /7 mem", "INVLPG", "Mb", op(SystemForms::invlpg)).ro().cpl0().end();
        t.add("66 0F 38 82 mem", "INVPCID", "G,M", op(Invpcid::execute))
                .needs(Feature.INVPCID)
                .cpl0()
                .end();
        t.add("0F 08", "INVD", "", op((i, c) -> {})).cpl0();
        t.add("0F 09", "WBINVD", "", op((i, c) -> {})).cpl0();
    }

    /** No segment check, and nothing happens for an address that is not canonical (SDM 2A). */
    private static void invlpg(Insn i, Cpu c) {
        boolean based = i.mode != Cpu.MODE64 || i.seg == Cpu.FS || i.seg == Cpu.GS;
        long linear = i.offset(c) + (based ? c.segBase[i.seg] : 0);
        linear = DescriptorTables.linear(c, linear);
        if (CodeSegment.isCanonical(linear)) {
            c.mem.invalidatePage(linear);
        }
    }

    private static void ports(InsnTable t) {
        t.add("E4", "IN", "AL,Ib", op(PortIo::inByte)).w().with(SYSTEM);
        t.add("E5", "IN", "eAX,Ib", op(PortIo::inWide)).w().with(SYSTEM);
        t.add("E6", "OUT", "Ib,AL", op(PortIo::outByte)).ro().with(SYSTEM).end();
        t.add("E7", "OUT", "Ib,eAX", op(PortIo::outWide)).ro().with(SYSTEM).end();
        t.add("EC", "IN", "AL,DX", op(PortIo::inByteDx)).w().with(SYSTEM);
        t.add("ED", "IN", "eAX,DX", op(PortIo::inWideDx)).w().with(SYSTEM);
        t.add("EE", "OUT", "DX,AL", op(PortIo::outByteDx)).ro().with(SYSTEM).end();
        t.add("EF", "OUT", "DX,eAX", op(PortIo::outWideDx)).ro().with(SYSTEM).end();
        t.add("6C", "INS", "Yb,DX", op(PortIo::insByte)).w().with(SYSTEM, Form.Attr.REP).end();
        t.add("6D", "INS", "Yz,DX", op(PortIo::insWide)).w().with(SYSTEM, Form.Attr.REP).end();
        t.add("6E", "OUTS", "DX,Xb", op(PortIo::outsByte)).ro().with(SYSTEM, Form.Attr.REP).end();
        t.add("6F", "OUTS", "DX,Xz", op(PortIo::outsWide)).ro().with(SYSTEM, Form.Attr.REP).end();
    }
}
