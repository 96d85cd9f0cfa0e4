package org.jvisor.emulator;

/**
 * Names a case so that it can be run again: everything about it is made from these numbers and the
 * table.
 *
 * @param form index into {@link NativeForms#all}
 * @param slot where the instruction lies
 * @param encodingSeed what the instruction is made from
 * @param inputSeed what its input is made from
 */
record CaseId(int form, int slot, long encodingSeed, long inputSeed) {
    static CaseId parse(String text) {
        String[] parts = text.split(":", -1);
        if (parts.length != 4) {
            throw new IllegalArgumentException("a case is form:slot:seed:seed, not " + text);
        }
        return new CaseId(
                Integer.parseInt(parts[0]),
                Integer.parseInt(parts[1]),
                Long.parseUnsignedLong(parts[2], 16),
                Long.parseUnsignedLong(parts[3], 16));
    }

    @Override
    public String toString() {
        return "%d:%d:%x:%x".formatted(form, slot, encodingSeed, inputSeed);
    }
}
