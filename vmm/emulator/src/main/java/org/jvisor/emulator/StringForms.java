package org.jvisor.emulator;

import static org.jvisor.emulator.Cpu.ARITH;
import static org.jvisor.emulator.Cpu.DF;
import static org.jvisor.emulator.Form.Attr.END;
import static org.jvisor.emulator.Form.Attr.REP;

/** Rows of the string instructions. */
final class StringForms {
    private StringForms() {}

    static void rows(InsnTable t) {
        t.add("A4", "MOVS", "Yb,Xb", Strings.Move::new).w().reads(DF).with(REP, END);
        t.add("A5", "MOVS", "Yv,Xv", Strings.Move::new).w().reads(DF).with(REP, END);
        compare(t.add("A6", "CMPS", "Xb,Yb", Strings.Compare::new));
        compare(t.add("A7", "CMPS", "Xv,Yv", Strings.Compare::new));
        t.add("AA", "STOS", "Yb,AL", Strings.Store::new).w().reads(DF).with(REP, END);
        t.add("AB", "STOS", "Yv,rAX", Strings.Store::new).w().reads(DF).with(REP, END);
        t.add("AC", "LODS", "AL,Xb", Strings.Load::new).w().reads(DF).with(REP, END);
        t.add("AD", "LODS", "rAX,Xv", Strings.Load::new).w().reads(DF).with(REP, END);
        compare(t.add("AE", "SCAS", "AL,Yb", Strings.Scan::new));
        compare(t.add("AF", "SCAS", "rAX,Yv", Strings.Scan::new));
    }

    private static void compare(Form form) {
        form.ro().reads(DF).writes(ARITH).with(REP, END);
    }
}
