package org.jvisor.emulator;

import static org.jvisor.emulator.Exceptions.ICEBP;
import static org.jvisor.emulator.Exceptions.SOFTWARE;
import static org.jvisor.emulator.Form.Attr.D64;
import static org.jvisor.emulator.Form.Attr.NOT64;
import static org.jvisor.emulator.Form.Attr.SETS_RF;
import static org.jvisor.emulator.Form.Attr.STACK;
import static org.jvisor.emulator.Form.Attr.SYSTEM;

/** Rows of the instruction table for segment loads, far transfers and software interrupts. */
final class TransferForms {
    private TransferForms() {}

    private static Form.Factory op(SystemInsn.Action action) {
        return SystemInsn.of(action);
    }

    static void rows(InsnTable t) {
        segments(t);
        farTransfers(t);
        interrupts(t);
    }

    private static void segments(InsnTable t) {
        t.add("8C", "MOV", "Ew,Sw", op(SegmentMoves::store)).w().with(SYSTEM);
        t.add("8E", "MOV", "Sw,Ew", op(SegmentMoves::move)).w().with(SYSTEM).end();
        push(t, "06", "ES").with(NOT64);
        push(t, "0E", "CS").with(NOT64);
        push(t, "16", "SS").with(NOT64);
        push(t, "1E", "DS").with(NOT64);
        push(t, "0F A0", "FS").with(D64);
        push(t, "0F A8", "GS").with(D64);
        pop(t, "07", "ES").with(NOT64);
        pop(t, "17", "SS").with(NOT64).end();
        pop(t, "1F", "DS").with(NOT64);
        pop(t, "0F A1", "FS").with(D64);
        pop(t, "0F A9", "GS").with(D64);
        pointer(t, "C4 mem", "LES", Cpu.ES).with(NOT64);
        pointer(t, "C5 mem", "LDS", Cpu.DS).with(NOT64);
        pointer(t, "0F B2 mem", "LSS", Cpu.SS).end();
        pointer(t, "0F B4 mem", "LFS", Cpu.FS);
        pointer(t, "0F B5 mem", "LGS", Cpu.GS);
    }

    private static Form push(InsnTable t, String opcode, String register) {
        return t.add(opcode, "PUSH", register, op(SegmentMoves::push)).ro().with(STACK, SYSTEM);
    }

    private static Form pop(InsnTable t, String opcode, String register) {
        return t.add(opcode, "POP", register, op(SegmentMoves::pop)).w().with(STACK, SYSTEM);
    }

    private static Form pointer(InsnTable t, String opcode, String mnemonic, int seg) {
        return t.add(opcode, mnemonic, "Gv,Mp", op(SegmentMoves.loadPointer(seg))).w().with(SYSTEM);
    }

    private static void farTransfers(InsnTable t) {
        t.add("9A", "CALLF", "Ap", op(SegmentMoves::callDirect)).with(NOT64, STACK, SYSTEM).end();
        t.add("EA", "JMPF", "Ap", op(SegmentMoves::jumpDirect)).with(NOT64, SYSTEM).end();
        t.add("FF /3 mem", "CALLF", "Mp", op(SegmentMoves::callIndirect))
                .ro()
                .with(STACK, SYSTEM)
                .end();
        t.add("FF /5 mem", "JMPF", "Mp", op(SegmentMoves::jumpIndirect)).ro().with(SYSTEM).end();
        t.add("CA", "RETF", "Iw", op(SegmentMoves::retDropping)).with(STACK, SYSTEM).end();
        t.add("CB", "RETF", "", op(SegmentMoves::ret)).with(STACK, SYSTEM).end();
    }

    private static void interrupts(InsnTable t) {
        t.add("CC", "INT3", "", op((i, c) -> Exceptions.software(c, i, Cpu.BP, SOFTWARE)))
                .with(SYSTEM)
                .end();
        t.add(
                        "CD",
                        "INT",
                        "Ib",
                        op((i, c) -> Exceptions.software(c, i, (int) i.imm & 0xff, SOFTWARE)))
                .ro()
                .with(SYSTEM)
                .end();
        t.add("CE", "INTO", "", op(TransferForms::into)).reads(Cpu.OF).with(NOT64, SYSTEM).end();
        t.add("F1", "INT1", "", op((i, c) -> Exceptions.software(c, i, Cpu.DB, ICEBP)))
                .with(SYSTEM)
                .end();
        t.add("CF", "IRET", "", op(SegmentMoves::iret)).with(STACK, SYSTEM, SETS_RF).end();
    }

    private static void into(Insn i, Cpu c) {
        if (Flags.of(c)) {
            Exceptions.software(c, i, Cpu.OVERFLOW, SOFTWARE);
        }
    }
}
