package org.jvisor.emulator;

import java.util.SplittableRandom;

/**
 * Turns inputs that are safe into inputs that may fault: unmasked floating-point exceptions,
 * alignment checks, single steps. Bad addresses come from {@link DataArea#traps}.
 */
final class HostileInputs {
    private HostileInputs() {}

    static void apply(TestCase test, SplittableRandom random) {
        UserState s = test.in;
        if (random.nextInt(8) == 0) {
            s.gpr[random.nextInt(16)] = EdgeValues.any(random);
        }
        if (random.nextInt(4) == 0) {
            s.flags |= Cpu.AC;
        }
        if (random.nextInt(16) == 0 && CodeSegment.isCanonical(s.gpr[Cpu.RSP])) {
            s.flags |= Cpu.TF;
        }
        if (random.nextInt(4) == 0) {
            s.setInt(
                    UserState.MXCSR, s.getInt(UserState.MXCSR) & ~0x1f80 | random.nextInt(64) << 7);
        }
        if (random.nextInt(4) == 0) {
            unmaskX87(s, random);
        }
    }

    /** Some x87 exceptions unmasked; with one of those already pending, ES and B are set. */
    private static void unmaskX87(UserState s, SplittableRandom random) {
        int fcw = s.getShort(UserState.FCW) & ~0x3f | random.nextInt(64);
        s.setShort(UserState.FCW, fcw);
        int fsw = s.getShort(UserState.FSW);
        if (random.nextBoolean()) {
            fsw &= ~0x3f; // nothing pending, so that the instruction itself runs
        }
        boolean pending = (fsw & ~fcw & 0x3f) != 0;
        s.setShort(UserState.FSW, fsw & 0x7fff & ~0x80 | (pending ? 0x8080 : 0));
    }
}
