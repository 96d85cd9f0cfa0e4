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
    private long programs;
    private long instructions;
    private int programDifferences;
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

    /** Runs {@code count} programs. */
    void programs(long count) {
        long start = System.nanoTime();
        for (long i = 0; i < count; i++) {
            program(seeds.nextLong());
        }
        nanos += System.nanoTime() - start;
    }

    private void program(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        long address = UserGuest.CODE + random.nextInt(0x100, 0x1800);
        DataArea plain = new DataArea(UserGuest.DATA, UserGuest.DATA_SIZE);
        Program program = ProgramGenerator.generate(random, address, plain);
        long input = random.nextLong();
        List<String> lines = differences(program, address, plain, input);
        cases++;
        programs++;
        instructions += program.starts().size();
        if (!pair.unusable().isEmpty()) {
            unusable.merge("program: " + pair.unusable(), 1, Integer::sum);
            return;
        }
        vectors.merge(pair.vector(), 1, Integer::sum);
        if (lines.isEmpty()) {
            return;
        }
        programDifferences++;
        if (reports.size() < REPORTED) {
            reports.add(minimal(program, address, plain, input, seed));
        }
    }

    private List<String> differences(Program program, long address, DataArea plain, long input) {
        TestCase test = new TestCase(program, address, plain, input);
        return pair.differences(test, test.background(), program.code());
    }

    /** Describes a program that differs, without the instructions it differs without. */
    private String minimal(Program program, long address, DataArea plain, long input, long seed) {
        Program least = program;
        for (int i = program.starts().size() - 1; i >= 0; i--) {
            Program less = least.without(i);
            if (!differences(less, address, plain, input).isEmpty()) {
                least = less;
            }
        }
        TestCase test = new TestCase(least, address, plain, input);
        List<String> lines = pair.differences(test, test.background(), least.code());
        return "program %x%n%s    %s%n  from %s%n"
                .formatted(
                        seed,
                        least.listing(address),
                        String.join("\n    ", lines),
                        String.join(", ", CaseReport.inputs(test)));
    }

    private static String describe(TestCase test, int form, long seed, List<String> lines) {
        StringBuilder text = new StringBuilder();
        text.append(CaseReport.title(test));
        text.append("  at %#x%n".formatted(test.encoding.address()));
        lines.forEach(line -> text.append("    ").append(line).append('\n'));
        text.append("  from ").append(String.join(", ", CaseReport.inputs(test))).append('\n');
        text.append("  case ").append(form).append(':').append(Long.toHexString(seed));
        return text.append('\n').toString();
    }

    int differenceCount() {
        return programDifferences + differences.values().stream().mapToInt(Integer::intValue).sum();
    }

    String report() {
        StringBuilder text = new StringBuilder();
        reports.forEach(r -> text.append(r).append('\n'));
        differences.forEach((form, count) -> text.append("%6d x %s%n".formatted(count, form)));
        return text.append(summary()).toString();
    }

    String summary() {
        return "%,d cases against KVM (%,d programs of %,d instructions): %,d differences; exceptions %s; left out %s; allowed deviations %s; %.1f s"
                .formatted(
                        cases,
                        programs,
                        instructions,
                        differenceCount(),
                        vectors,
                        unusable,
                        pair.allowed(),
                        nanos / 1e9);
    }

    @Override
    public void close() {
        pair.close();
    }
}
