package org.jvisor.emulator;

import java.util.List;

/** Rows for what is no instruction: they are in no opcode map. */
final class SpecialForms {
    /** An undefined opcode, or LOCK where it is not allowed. */
    static final Form UNDEFINED = row("(bad)", Raise.factory(Cpu.UD));

    /** Longer than 15 bytes. */
    static final Form TOO_LONG = row("(too long)", Raise.factory(Cpu.GP));

    private SpecialForms() {}

    private static Form row(String mnemonic, Form.Factory factory) {
        return new Form(mnemonic, List.of(), factory, 0, 0, false, Form.Prefix.ANY, -1, -1, -1, -1)
                .end();
    }
}
