package org.jvisor.emulator;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Measures guest instructions per second on a flat 64-bit binary linked at 2 MiB that never ends.
 * Not a test: run by hand.
 */
final class BenchMain {
    private BenchMain() {}

    @SuppressWarnings("SystemOut")
    public static void main(String[] args) throws IOException {
        try (TestGuest g = new TestGuest(1, 10_000_000)) {
            g.long64();
            g.memory.write(0x200000, Files.readAllBytes(Path.of(args[0])));
            g.c.rip = 0x200000;
            for (int i = 0; i < Integer.parseInt(args[1]); i++) {
                long time = System.nanoTime();
                long before = g.vcpu.instructions();
                for (int j = 0; j < 10; j++) {
                    g.run();
                }
                long nanos = System.nanoTime() - time;
                long done = g.vcpu.instructions() - before;
                System.out.printf("%.1f MIPS %s%n", done * 1000.0 / nanos, g.vcpu.failure());
            }
        }
    }
}
