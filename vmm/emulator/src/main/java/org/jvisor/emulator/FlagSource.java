package org.jvisor.emulator;

/**
 * How the flags in {@link RegionAssembler#RES} and {@link RegionAssembler#CARRY} came about, as far
 * as conditions can use it: the operands are in the assembler's locals, sign-extended from their
 * size.
 *
 * @param kind what set them
 * @param size bytes of the operands
 */
record FlagSource(Kind kind, int size) {
    /** What set the flags. */
    enum Kind {
        /** Not known. */
        UNKNOWN,
        /** A + B = R. */
        ADD,
        /** A - B = R. */
        SUB,
        /** R, with CF and OF clear. */
        LOGIC,
        /** R; CF and OF are of no use. */
        RESULT,
        /** A comparison of floating-point numbers: R is its outcome as in {@link RegionFloat}. */
        ORDER
    }

    static final FlagSource UNKNOWN = new FlagSource(Kind.UNKNOWN, 0);
}
