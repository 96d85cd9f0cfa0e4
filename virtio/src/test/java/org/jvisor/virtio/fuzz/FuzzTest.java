package org.jvisor.virtio.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every fuzzer with its seeds, and with what Jazzer makes of them: for a moment, or for as long as
 * {@code -Dfuzz=} tells, such as {@code 90s}, {@code 10m} or {@code 8h}. With {@code
 * -Dfuzz.target=QCOW2} only that one.
 */
class FuzzTest {
    private static final Pattern TIME = Pattern.compile("(\\d{1,6})([smh])");
    private static final Pattern RUNS =
            Pattern.compile("stat::number_of_executed_units:\\s*(\\d+)");
    private static final Pattern COVERED = Pattern.compile("cov: (\\d+)");

    private static long seconds() {
        String text = System.getProperty("fuzz", "2s");
        Matcher time = TIME.matcher(text);
        if (!time.matches()) {
            throw new IllegalArgumentException(
                    "-Dfuzz=" + text + " is no time: use a number and s, m or h, such as 10m");
        }
        long count = Long.parseLong(time.group(1));
        return switch (time.group(2)) {
            case "s" -> count;
            case "m" -> count * 60;
            default -> count * 3600;
        };
    }

    private static boolean wanted(FuzzTarget target) {
        String only = System.getProperty("fuzz.target", "");
        return only.isEmpty() || target.name().equals(only.toUpperCase(Locale.ROOT));
    }

    @ParameterizedTest
    @EnumSource
    void theCorpusIsHarmless(FuzzTarget target) throws IOException {
        for (byte[] seed : target.seeds()) {
            target.run.accept(seed);
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatAFuzzerFindsIsHarmless(FuzzTarget target) throws IOException, InterruptedException {
        Assumptions.assumeTrue(wanted(target), "-Dfuzz.target= asks for another one");
        Path folder =
                Files.createDirectories(
                        Path.of("target", "fuzz", target.name().toLowerCase(Locale.ROOT)));
        String said = Jazzer.run(target, folder, seconds());
        Matcher runs = RUNS.matcher(said);
        assertThat(runs.find()).as(said).isTrue();
        Matcher covered = COVERED.matcher(said);
        int edges = 0;
        while (covered.find()) {
            edges = Integer.parseInt(covered.group(1));
        }
        // Else Jazzer saw nothing of the code, and its inputs were no better than noise.
        assertThat(edges).as(said).isGreaterThan(100);
        if (System.getProperty("fuzz") != null) {
            System.out.printf("%s: %s inputs, %d edges%n", target, runs.group(1), edges);
        }
    }
}
