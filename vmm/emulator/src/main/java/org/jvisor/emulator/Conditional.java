package org.jvisor.emulator;

/**
 * CMOVcc and SETcc: a class for each condition and its opposite, for 32- and 64-bit moves and byte
 * registers; one for the rest.
 */
final class Conditional {
    private Conditional() {}

    /** CMOVcc Gv,Ev: reads the source, and clears a 32-bit destination's upper half, either way. */
    static Insn move(Decoded d) {
        if (d.opSize == 2) {
            return new AnyMove(d);
        }
        return switch (d.condition() >> 1) {
            case 1 -> new MoveBelow(d);
            case 2 -> new MoveZero(d);
            case 3 -> new MoveBelowEqual(d);
            case 4 -> new MoveSign(d);
            case 6 -> new MoveLess(d);
            case 7 -> new MoveLessEqual(d);
            default -> new AnyMove(d);
        };
    }

    /** SETcc Eb. */
    static Insn set(Decoded d) {
        if (d.memory) {
            return new AnySet(d);
        }
        return switch (d.condition() >> 1) {
            case 1 -> new SetBelow(d);
            case 2 -> new SetZero(d);
            case 3 -> new SetBelowEqual(d);
            case 4 -> new SetSign(d);
            case 6 -> new SetLess(d);
            case 7 -> new SetLessEqual(d);
            default -> new AnySet(d);
        };
    }

    /** CMOVcc of 32 or 64 bits. */
    private abstract static class Move extends Insn {
        private final boolean opposite;

        Move(Decoded d) {
            super(d);
            opposite = (d.condition() & 1) != 0;
        }

        final void move(Cpu c, boolean condition) {
            long value = mod == 3 ? c.r[rm] : c.mem.read(ea(c), opSize);
            long chosen = condition != opposite ? value : c.r[reg];
            c.r[reg] = opSize == 8 ? chosen : chosen & 0xffff_ffffL;
        }
    }

    private static final class AnyMove extends Insn {
        private final int cc;

        AnyMove(Decoded d) {
            super(d);
            cc = d.condition();
        }

        @Override
        void exec(Cpu c) {
            long value = readE(c, opSize);
            c.setReg(reg, opSize, Flags.test(c, cc) ? value : c.r[reg]);
        }
    }

    /** SETcc of a register. */
    private abstract static class Set extends Insn {
        private final boolean opposite;

        Set(Decoded d) {
            super(d);
            opposite = (d.condition() & 1) != 0;
        }

        final void set(Cpu c, boolean condition) {
            c.setReg8(rm, condition != opposite ? 1 : 0);
        }
    }

    private static final class AnySet extends Insn {
        private final int cc;

        AnySet(Decoded d) {
            super(d);
            cc = d.condition();
        }

        @Override
        void exec(Cpu c) {
            writeE(c, 1, Flags.test(c, cc) ? 1 : 0);
        }
    }

    private static final class MoveBelow extends Move {
        MoveBelow(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            move(c, Flags.cf(c));
        }
    }

    private static final class SetBelow extends Set {
        SetBelow(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            set(c, Flags.cf(c));
        }
    }

    private static final class MoveZero extends Move {
        MoveZero(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            move(c, Flags.zf(c));
        }
    }

    private static final class SetZero extends Set {
        SetZero(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            set(c, Flags.zf(c));
        }
    }

    private static final class MoveBelowEqual extends Move {
        MoveBelowEqual(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            move(c, Flags.cf(c) || Flags.zf(c));
        }
    }

    private static final class SetBelowEqual extends Set {
        SetBelowEqual(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            set(c, Flags.cf(c) || Flags.zf(c));
        }
    }

    private static final class MoveSign extends Move {
        MoveSign(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            move(c, Flags.sf(c));
        }
    }

    private static final class SetSign extends Set {
        SetSign(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            set(c, Flags.sf(c));
        }
    }

    private static final class MoveLess extends Move {
        MoveLess(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            move(c, Flags.less(c));
        }
    }

    private static final class SetLess extends Set {
        SetLess(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            set(c, Flags.less(c));
        }
    }

    private static final class MoveLessEqual extends Move {
        MoveLessEqual(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            move(c, Flags.zf(c) || Flags.less(c));
        }
    }

    private static final class SetLessEqual extends Set {
        SetLessEqual(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            set(c, Flags.zf(c) || Flags.less(c));
        }
    }
}
