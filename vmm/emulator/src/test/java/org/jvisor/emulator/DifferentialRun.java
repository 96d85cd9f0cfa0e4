package org.jvisor.emulator;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * A run of the differential tester: goes round the rows of the table, makes instructions of each,
 * runs each with several inputs on both CPUs and collects what differs.
 */
final class DifferentialRun implements AutoCloseable {
    /** Differences reported in full, in all and of one row. */
    private static final int REPORTED = 40, REPORTED_PER_FORM = 2;

    private static final int TRIES = 30;

    private final List<Form> forms = NativeForms.all();
    private final NativePair pair = new NativePair();
    private final SplittableRandom seeds;
    private final int inputsPerEncoding;

    private final Set<String> encodings = new HashSet<>();
    private final Map<Form, Integer> differences = new HashMap<>();
    private final List<String> reports = new ArrayList<>();
    private long cases;
    private long unsafe;
    private long nanos;

    DifferentialRun(long seed, int inputsPerEncoding) {
        this.seeds = new SplittableRandom(seed);
        this.inputsPerEncoding = inputsPerEncoding;
    }

    private record Planned(CaseId id, Encoding encoding, List<Long> inputs) {}

    /** Runs at least {@code count} more cases. */
    void run(long count) {
        if (forms.isEmpty()) {
            return;
        }
        long start = System.nanoTime();
        long end = cases + count;
        int next = 0;
        while (cases < end) {
            List<Planned> batch = new ArrayList<>();
            int size = (int) Math.min(NativeCpu.SLOTS, (end - cases) / inputsPerEncoding + 1);
            for (int slot = 0; slot < size; slot++) {
                batch.add(plan(next++ % forms.size(), slot));
            }
            run(batch);
        }
        nanos += System.nanoTime() - start;
    }

    private Planned plan(int form, int slot) {
        long seed = seeds.nextLong();
        Encoding encoding = encoding(form, slot, seed);
        List<Long> inputs = new ArrayList<>();
        for (int i = 0; i < inputsPerEncoding; i++) {
            inputs.add(seeds.nextLong());
        }
        return new Planned(new CaseId(form, slot, seed, 0), encoding, inputs);
    }

    private Encoding encoding(int form, int slot, long seed) {
        return EncodingGenerator.generate(
                forms.get(form),
                Cpu.MODE64,
                new SplittableRandom(seed),
                NativeCpu.instruction(pair.codeAddress(), slot),
                NativeCpu.branchTarget(pair.codeAddress(), slot),
                pair.area());
    }

    private void run(List<Planned> batch) {
        pair.load(batch.stream().map(Planned::encoding).toList());
        pair.begin();
        try {
            for (Planned planned : batch) {
                run(planned);
            }
        } finally {
            pair.end();
        }
    }

    private void run(Planned planned) {
        Encoding e = planned.encoding();
        byte[] background = null;
        for (long input : planned.inputs()) {
            TestCase test = safe(e, planned.id().slot(), input);
            if (test == null) {
                unsafe++;
                continue;
            }
            if (background == null) {
                background = test.background();
                encodings.add(e.hex());
            }
            cases++;
            List<String> lines = pair.differences(test, planned.id().slot(), background);
            if (!lines.isEmpty()) {
                CaseId id = planned.id();
                report(
                        test,
                        new CaseId(id.form(), id.slot(), id.encodingSeed(), input),
                        background,
                        lines);
            }
        }
    }

    /** The first safe case that the seed gives, or null. */
    private @org.jspecify.annotations.Nullable TestCase safe(Encoding e, int slot, long seed) {
        SplittableRandom tries = new SplittableRandom(seed);
        for (int i = 0; i < TRIES; i++) {
            TestCase test =
                    new TestCase(
                            e,
                            pair.area(),
                            NativeCpu.branchTarget(pair.codeAddress(), slot),
                            tries.nextLong());
            if (NativeSafety.allows(test) && !Undefined.result(test)) {
                return test;
            }
        }
        return null;
    }

    private void report(TestCase test, CaseId id, byte[] background, List<String> lines) {
        int count = differences.merge(test.encoding.form(), 1, Integer::sum);
        if (count <= REPORTED_PER_FORM && reports.size() < REPORTED) {
            reports.add(new CaseReport(pair, test, id, background, lines).text());
        }
    }

    // ---- repeating one ----

    /** Runs one case again and describes it, whether it differs or not. */
    String repeat(CaseId id) {
        Encoding e = encoding(id.form(), id.slot(), id.encodingSeed());
        List<Encoding> slots = new ArrayList<>();
        for (int i = 0; i <= id.slot(); i++) {
            slots.add(e.bytes().length <= 15 && i == id.slot() ? e : filler(i));
        }
        pair.load(slots);
        TestCase test = safe(e, id.slot(), id.inputSeed());
        if (test == null) {
            return e.hex() + ": the table or the generator have changed, this is no case any more";
        }
        byte[] background = test.background();
        pair.begin();
        try {
            List<String> lines = pair.differences(test, id.slot(), background);
            return new CaseReport(pair, test, id, background, lines).text();
        } finally {
            pair.end();
        }
    }

    /** Something short for the slots in front. */
    private Encoding filler(int slot) {
        Encoding e = encoding(0, slot, 0);
        return new Encoding(
                e.form(),
                new byte[] {(byte) 0x90},
                e.mode(),
                e.address(),
                8,
                8,
                0,
                false,
                0,
                -1,
                -1,
                null,
                0,
                0);
    }

    // ---- results ----

    /** Cases that differed. */
    int differenceCount() {
        return differences.values().stream().mapToInt(Integer::intValue).sum();
    }

    int encodingCount() {
        return encodings.size();
    }

    long caseCount() {
        return cases;
    }

    /** The differences in full, then the counts. */
    String report() {
        StringBuilder text = new StringBuilder();
        reports.forEach(r -> text.append(r).append('\n'));
        differences.forEach((form, count) -> text.append("%6d x %s%n".formatted(count, form)));
        return text.append(summary()).toString();
    }

    /** The counts in a line. */
    String summary() {
        return "%,d cases of %,d encodings of %d table rows: %,d differences in %d rows (%,d inputs left out as unsafe, allowed deviations %s, %.1f s)"
                .formatted(
                        cases,
                        encodings.size(),
                        forms.size(),
                        differenceCount(),
                        differences.size(),
                        unsafe,
                        pair.allowed(),
                        nanos / 1e9);
    }

    @Override
    public void close() {
        pair.close();
    }
}
