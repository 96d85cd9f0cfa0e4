package org.jvisor.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the programs of the suite reported in one run of a guest.
 *
 * @param passes of each program, in order
 * @param errors that programs and the kernel reported
 * @param finished whether the guest came to the end of its plan
 */
record GuestOutput(Map<String, List<Pass>> passes, List<String> errors, boolean finished) {
    private static final String MARK = "@@ ";

    /**
     * One pass of a program.
     *
     * @param guestNanos by the guest's clock
     * @param hostNanos by the host's, between the arrivals of the pass's two lines
     * @param checksum of what it computed
     */
    record Pass(long guestNanos, long hostNanos, String checksum) {
        /** Whether the clocks disagree by more than the way of a line may take. */
        boolean clocksDiffer() {
            return Math.abs(guestNanos - hostNanos) > 50_000_000L + guestNanos / 20;
        }
    }

    /**
     * Reads the lines that the suite and its init print; notes and lines of others are passed over.
     */
    static GuestOutput parse(List<VmProcess.Line> lines) {
        Map<String, List<Pass>> passes = new LinkedHashMap<>();
        List<String> errors = new ArrayList<>();
        boolean finished = false;
        long started = 0;
        for (VmProcess.Line line : lines) {
            int mark = line.text().indexOf(MARK);
            if (mark < 0) {
                continue;
            }
            String[] words = line.text().substring(mark + MARK.length()).strip().split(" ", -1);
            switch (words[0]) {
                case "start" -> started = line.nanos();
                case "end" -> {
                    if (words.length != 5 || !words[3].matches("[0-9]{1,18}")) {
                        errors.add("not understood: " + line.text());
                        continue;
                    }
                    passes.computeIfAbsent(words[1], name -> new ArrayList<>())
                            .add(
                                    new Pass(
                                            Long.parseLong(words[3]),
                                            line.nanos() - started,
                                            words[4]));
                }
                case "error" -> errors.add(line.text().substring(mark + MARK.length()));
                case "note" -> {}
                case "finished" -> finished = true;
                default -> errors.add("not understood: " + line.text());
            }
        }
        return new GuestOutput(passes, errors, finished);
    }
}
