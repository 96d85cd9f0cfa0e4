package org.jvisor.emulator;

import java.security.SecureRandom;
import org.jspecify.annotations.Nullable;

/** RDRAND and RDSEED from the host's cryptographic generator, fetched in batches. */
final class Entropy {
    private static final int BATCH = 512;

    /** Made when the first number is asked for: that takes milliseconds of a machine's start. */
    private @Nullable SecureRandom random;

    private final byte[] buffer = new byte[BATCH];
    private int used = BATCH;

    long next() {
        if (used == BATCH) {
            if (random == null) {
                random = new SecureRandom();
            }
            random.nextBytes(buffer);
            used = 0;
        }
        long value = 0;
        for (int i = 0; i < 8; i++) {
            value |= (buffer[used] & 0xffL) << 8 * i;
            buffer[used++] = 0; // a number is handed out once
        }
        return value;
    }

    /** RDRAND and RDSEED, which never run dry: CF is set, the other flags are clear. */
    static void execute(Insn i, Cpu c) {
        if (i.rep != 0) {
            throw c.ud();
        }
        c.setReg(i.rm, i.opSize, c.entropy.next());
        Flags.set(c, Cpu.CF);
    }
}
