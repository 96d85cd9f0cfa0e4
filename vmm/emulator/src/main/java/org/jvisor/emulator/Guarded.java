package org.jvisor.emulator;

/** Checks the privilege and mode restrictions of a {@link Form} before its instruction. */
final class Guarded extends Insn {
    private final Insn inner;
    private final boolean cpl0;
    private final boolean protectedOnly;

    private Guarded(Insn inner) {
        super(inner);
        this.inner = inner;
        this.cpl0 = form.is(Form.Attr.CPL0);
        this.protectedOnly = form.is(Form.Attr.PROTECTED);
    }

    /** {@code insn}, guarded if its form asks for it. */
    static Insn guard(Insn insn) {
        return insn.form.is(Form.Attr.CPL0) || insn.form.is(Form.Attr.PROTECTED)
                ? new Guarded(insn)
                : insn;
    }

    @Override
    void exec(Cpu c) {
        if (protectedOnly && !c.protectedMode()) {
            throw c.ud();
        }
        if (cpl0 && c.cpl != 0) {
            throw c.gp();
        }
        inner.exec(c);
    }
}
