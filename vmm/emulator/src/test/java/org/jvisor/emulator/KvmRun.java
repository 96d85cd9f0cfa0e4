package org.jvisor.emulator;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * A run against KVM in user mode: single instructions with inputs that may fault in every way, and
 * whole programs. Compares the exception each ends in, its error code and frame, and all state.
 */
final class KvmRun implements AutoCloseable {
    private static final int REPORTED = 40, REPORTED_PER_FORM = 2;

    private final KvmPair pair = new KvmPair();
    private final List<Form> forms =
            KvmForms.all().stream().filter(f -> !pair.limits().leavesOut(f)).toList();
    private final SplittableRandom seeds;
    private final DataArea area =
            new DataArea(UserGuest.DATA, UserGuest.DATA_SIZE, UserGuest.TRAPS);

    private final Map<Form, Integer> differences = new HashMap<>();
    private final Map<String, Integer> unusable = new TreeMap<>();
    private final Map<Integer, Integer> vectors = new TreeMap<>();
    private final List<String> reports = new ArrayList<>();
    private long cases;
    private long nanos;

    KvmRun(long seed) {
        this.seeds = new SplittableRandom(seed);
    }

    /** Runs {@code count} single instructions. */
    void instructions(long count) {
        long start = System.nanoTime();
        for (long i = 0; i < count; i++) {
            instruction((int) (i % forms.size()), seeds.nextLong());
        }
        nanos += System.nanoTime() - start;
    }

    private TestCase make(int form, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        long address = UserGuest.CODE + random.nextInt(0x100, (int) UserGuest.CODE_SIZE - 0x200);
        if (random.nextInt(16) == 0) {
            address = UserGuest.CODE + UserGuest.CODE_SIZE - 1 - random.nextInt(15);
        }
        long target = address - random.nextInt(20, 100);
        Encoding e =
                EncodingGenerator.generate(
                        forms.get(form), Cpu.MODE64, random, address, target, area);
        TestCase test = new TestCase(e, area, target, random.nextLong());
        HostileInputs.apply(test, random);
        return test;
    }

    private void instruction(int form, long seed) {
        TestCase test = make(form, seed);
        if (Undefined.result(test)) {
            return;
        }
        List<String> lines = pair.differences(test, test.background(), test.encoding.bytes());
        cases++;
        if (!pair.unusable().isEmpty()) {
            unusable.merge(pair.unusable(), 1, Integer::sum);
            return;
        }
        vectors.merge(pair.vector(), 1, Integer::sum);
        if (!lines.isEmpty()) {
            int n = differences.merge(forms.get(form), 1, Integer::sum);
            if (n <= REPORTED_PER_FORM && reports.size() < REPORTED) {
                reports.add(describe(test, form, seed, lines));
            }
        }
    }

    private static String describe(TestCase test, int form, long seed, List<String> lines) {
        StringBuilder text = new StringBuilder();
        text.append(test.encoding.form()).append("   ").append(test.encoding.hex());
        text.append("  at %#x%n".formatted(test.encoding.address()));
        lines.forEach(line -> text.append("    ").append(line).append('\n'));
        text.append("  from ").append(String.join(", ", CaseReport.inputs(test))).append('\n');
        text.append("  case ").append(form).append(':').append(Long.toHexString(seed));
        return text.append('\n').toString();
    }

    int differenceCount() {
        return differences.values().stream().mapToInt(Integer::intValue).sum();
    }

    String report() {
        StringBuilder text = new StringBuilder();
        reports.forEach(r -> text.append(r).append('\n'));
        differences.forEach((form, count) -> text.append("%6d x %s%n".formatted(count, form)));
        return text.append(summary()).toString();
    }

    String summary() {
        return "%,d cases against KVM: %,d differences in %d rows; exceptions %s; left out %s; %.1f s"
                .formatted(
                        cases,
                        differenceCount(),
                        differences.size(),
                        vectors,
                        unusable,
                        nanos / 1e9);
    }

    @Override
    public void close() {
        pair.close();
    }
}
