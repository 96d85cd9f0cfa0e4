package org.jvisor.emulator;

import java.time.Duration;
import jdk.jfr.FlightRecorder;
import org.jspecify.annotations.Nullable;
import org.jvisor.vmm.api.Tally;
import org.jvisor.vmm.api.TranslationStatistics;

/**
 * Counts translations and what became of them, and tells JFR. What is counted of one translation
 * belongs to the thread that translates, the rest to whoever holds the lock of the {@link
 * Rendezvous}; other threads see about what it is.
 */
final class TranslationLog {
    /** What became of a request. */
    enum Outcome {
        /** It came to be used. */
        USED,
        /** Its code was gone, or translated already, before it began. */
        OBSOLETE,
        /** Its code was gone when it was ready. */
        LATE,
        /** HotSpot does not compile methods that long, and it cannot be made shorter. */
        TOO_LONG,
        /** HotSpot did not compile it. */
        NOT_COMPILED,
        /** It could not be written or loaded. */
        FAILED
    }

    private final Tally<Outcome> outcomes = new Tally<>(Outcome.class);

    /** Nanoseconds. */
    private long writing, compiling;

    // ---- of regions in use, with the lock held ----

    private long dropped, replaced, byCpus, byDevices, emptied;

    // ---- of the translation in progress ----

    private FlightEvents.@Nullable RegionTranslated event;

    /** When its present part began, in nanoseconds. */
    private long since;

    private long writingNow, compilingNow;

    /** A translation begins. */
    void begin() {
        event = FlightRecorder.isInitialized() ? FlightEvents.translating() : null;
        writingNow = 0;
        compilingNow = 0;
        since = System.nanoTime();
    }

    /** It is written and loaded; HotSpot has its turn. */
    void written() {
        writingNow = lap();
    }

    /** HotSpot is done with it. */
    void compiled() {
        compilingNow = lap();
    }

    private long lap() {
        long before = since;
        since = System.nanoTime();
        return since - before;
    }

    /**
     * It ends.
     *
     * @param plan what was translated, null if there was nothing to do
     * @param bytecode the length of its code in bytes
     */
    void end(Outcome outcome, @Nullable RegionPlan plan, int bytecode) {
        if (writingNow == 0) {
            written();
        }
        outcomes.add(outcome);
        writing += writingNow;
        compiling += compilingNow;
        FlightEvents.RegionTranslated told = event;
        if (told == null || plan == null) {
            return;
        }
        event = null;
        told.end();
        if (told.shouldCommit()) {
            told.address = "0x" + Long.toHexString(plan.page.physical + plan.insns[0].start);
            told.outcome = outcome.toString();
            told.blocks = plan.blocks.length;
            told.instructions = plan.insns.length;
            told.bytecode = bytecode;
            told.calls = plan.calls;
            told.writing = writingNow;
            told.compiling = compilingNow;
            told.commit();
        }
    }

    /** A region took the place of another. */
    void replaced() {
        replaced++;
    }

    /** A page with decoded code was written to. */
    void pageWritten(long page, boolean byDevice, int regions) {
        dropped += regions;
        if (byDevice) {
            byDevices++;
        } else {
            byCpus++;
        }
        if (FlightRecorder.isInitialized()) {
            FlightEvents.dropped(page, byDevice, regions);
        }
    }

    /** All code was forgotten. */
    void emptied(int instructions, int bytecode, long regions) {
        dropped += regions;
        emptied++;
        if (FlightRecorder.isInitialized()) {
            FlightEvents.emptied(instructions, bytecode, regions);
        }
    }

    /**
     * The counts so far.
     *
     * @param kept what only others know
     */
    TranslationStatistics statistics(TranslationStatistics.Kept kept) {
        long made = outcomes.count(Outcome.USED);
        return new TranslationStatistics(
                new TranslationStatistics.Regions(
                        made,
                        Math.max(0, made - dropped - replaced),
                        dropped,
                        replaced,
                        outcomes.count(Outcome.LATE),
                        outcomes.count(Outcome.TOO_LONG),
                        outcomes.count(Outcome.NOT_COMPILED),
                        outcomes.count(Outcome.FAILED)),
                kept,
                new TranslationStatistics.Invalidations(byCpus, byDevices, emptied),
                Duration.ofNanos(writing),
                Duration.ofNanos(compiling));
    }
}
