package org.jvisor.emulator;

import static org.jvisor.emulator.Cpu.AF;
import static org.jvisor.emulator.Cpu.ARITH;
import static org.jvisor.emulator.Cpu.CF;
import static org.jvisor.emulator.Cpu.OF;
import static org.jvisor.emulator.Cpu.ZF;
import static org.jvisor.emulator.Form.Attr.END;
import static org.jvisor.emulator.Form.Attr.F64;
import static org.jvisor.emulator.Form.Attr.NO_REP;
import static org.jvisor.emulator.Form.Attr.SYSTEM;
import static org.jvisor.emulator.Form.Attr.UNDEFINED;

/**
 * Rows of the integer instructions in the two- and three-byte opcode maps (SDM 2D tables A-3 to
 *
 */
final class TwoByteMap {
    private TwoByteMap() {}

    static void rows(InsnTable t) {
        conditional(t);
        moves(t);
        bits(t);
        atomics(t);
        hints(t);
        OneByteMap.multiply(t.add("0F AF", "IMUL", "Gv,Ev", MulDiv::into));
        for (String opcode : new String[] {"0F A4", "0F A5", "0F AC", "0F AD"}) {
            boolean byCl = opcode.endsWith("5") || opcode.endsWith("D");
            String name = opcode.charAt(4) < 'A' ? "SHLD" : "SHRD";
            t.add(opcode, name, byCl ? "Ev,Gv,CL" : "Ev,Gv,Ib", Shift.DoublePrecision::new)
                    .writes(ARITH & ~AF & ~OF)
                    .undefined(AF | OF);
        }
        // UD0 has a ModRM byte, as UD1 does
        t.add("0F FF", "UD0", "Gv,Ev", Raise.factory(Cpu.UD)).ro().with(SYSTEM);
        t.add("0F B9", "UD1", "Gv,Ev", Raise.factory(Cpu.UD)).ro().with(SYSTEM);
        t.add("0F 0B", "UD2", "", Raise.factory(Cpu.UD)).with(SYSTEM, END);
    }

    private static void conditional(InsnTable t) {
        for (int cc = 0; cc < 16; cc++) {
            String suffix = OneByteMap.condition(cc);
            int reads = OneByteMap.conditionFlags(cc);
            t.add("0F " + InsnTable.hex(0x40 + cc), "CMOV" + suffix, "Gv,Ev", Conditional::move)
                    .reads(reads)
                    .needs(Feature.CMOV);
            t.add("0F " + InsnTable.hex(0x80 + cc), "J" + suffix, "Jz", Jcc::make)
                    .ro()
                    .reads(reads)
                    .with(F64, END);
            t.add("0F " + InsnTable.hex(0x90 + cc), "SET" + suffix, "Eb", Conditional::set)
                    .w()
                    .reads(reads);
        }
    }

    private static void moves(InsnTable t) {
        t.add("0F B6", "MOVZX", "Gv,Eb", Extend::zero8).w();
        t.add("0F B7", "MOVZX", "Gv,Ew", Extend::zero16).w();
        t.add("0F BE", "MOVSX", "Gv,Eb", Extend::sign8).w();
        t.add("0F BF", "MOVSX", "Gv,Ew", Extend::sign16).w();
        t.add("0F C8+r", "BSWAP", "Zv", Misc.ByteSwap::new);
        t.add("NP 0F C3", "MOVNTI", "My,Gy", Move::toRm).w().needs(Feature.SSE2);
        t.add("0F 38 F0", "MOVBE", "Gv,Mv", Misc.MoveBigEndian::new)
                .w()
                .with(NO_REP)
                .needs(Feature.MOVBE);
        t.add("0F 38 F1", "MOVBE", "Mv,Gv", Misc.MoveBigEndian::new)
                .w()
                .with(NO_REP)
                .needs(Feature.MOVBE);
        t.add("F2 0F 38 F0", "CRC32", "Gy,Eb", Misc.Crc32::new).needs(Feature.SSE4_2);
        t.add("F2 0F 38 F1", "CRC32", "Gy,Ev", Misc.Crc32::new).needs(Feature.SSE4_2);
    }

    private static void bits(InsnTable t) {
        String[] names = {"BT", "BTS", "BTR", "BTC"};
        for (int i = 0; i < 4; i++) {
            int undefined = ARITH & ~CF & ~ZF;
            Form byRegister =
                    t.add("0F " + InsnTable.hex(0xa3 + 8 * i), names[i], "Ev,Gv", BitOps::test);
            Form immediate = t.add("0F BA /" + (4 + i), names[i], "Ev,Ib", BitOps::test);
            byRegister.writes(CF).undefined(undefined);
            immediate.writes(CF).undefined(undefined);
            if (i == 0) {
                byRegister.ro();
                immediate.ro();
            } else {
                byRegister.lock();
                immediate.lock();
            }
        }
        int notZero = ARITH & ~ZF;
        t.add("0F BC", "BSF", "Gv,Ev", BitOps.ScanForward::new)
                .writes(ZF)
                .undefined(notZero)
                .with(UNDEFINED);
        t.add("0F BD", "BSR", "Gv,Ev", BitOps.ScanReverse::new)
                .writes(ZF)
                .undefined(notZero)
                .with(UNDEFINED);
        t.add("F3 0F B8", "POPCNT", "Gv,Ev", BitOps.PopCount::new)
                .w()
                .writes(ARITH)
                .needs(Feature.POPCNT);
    }

    private static void atomics(InsnTable t) {
        t.add("0F B0", "CMPXCHG", "Eb,Gb", Exchange.Compare::new).lock().writes(ARITH);
        t.add("0F B1", "CMPXCHG", "Ev,Gv", Exchange.Compare::new).lock().writes(ARITH);
        t.add("0F C0", "XADD", "Eb,Gb", Exchange.Add::new).lock().both().writes(ARITH);
        t.add("0F C1", "XADD", "Ev,Gv", Exchange.Add::new).lock().both().writes(ARITH);
        t.add("0F C7 /1 mem", "CMPXCHG8B", "M", Exchange.CompareWide::make)
                .lock()
                .writes(ZF)
                .needs(Feature.CX8);
    }

    private static void hints(InsnTable t) {
        t.add("0F 0D", "PREFETCHW", "Ev", Nop::new).ro();
        for (int i = 0x18; i <= 0x1f; i++) {
            String name = i == 0x18 ? "PREFETCH" : "NOP";
            t.add("0F " + InsnTable.hex(i), name, "Ev", Nop::new).ro();
        }
        t.add("NP 0F AE /5 reg", "LFENCE", "", Misc.Fence::new).needs(Feature.SSE2);
        t.add("NP 0F AE /6 reg", "MFENCE", "", Misc.Fence::new).needs(Feature.SSE2);
        t.add("NP 0F AE /7 reg", "SFENCE", "", Misc.Fence::new).needs(Feature.SSE);
        t.add("NP 0F AE /7 mem", "CLFLUSH", "Mb", Misc.FlushLine::new).ro().needs(Feature.CLFLUSH);
    }
}
