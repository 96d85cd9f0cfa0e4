package org.jvisor.emulator;

/** NOP, prefetches and hints: nothing happens. */
final class Nop extends Insn {
    Nop(Decoded d) {
        super(d);
    }

    @Override
    void exec(Cpu c) {}
}
