package org.jvisor.emulator;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;
import org.jvisor.vmm.api.TlbFlush;

/**
 * JFR's events of the software CPUs. To be used only once {@link FlightRecorder#isInitialized}, so
 * that without a recording their classes are not even loaded.
 */
final class FlightEvents {
    private FlightEvents() {}

    @Name("org.jvisor.RegionTranslated")
    @Label("Region Translated")
    @Description("A piece of guest code was translated, or found not to be translatable")
    @Category({"jvisor", "Translator"})
    @StackTrace(false)
    static final class RegionTranslated extends Event {
        @Label("Physical Address")
        @Description("Guest-physical address of its first block")
        String address = "";

        @Label("Outcome")
        String outcome = "";

        @Label("Blocks")
        int blocks;

        @Label("Guest Instructions")
        int instructions;

        @Label("Code")
        @DataAmount
        int bytecode;

        @Label("Has Calls")
        @Description(
                "Whether accesses that miss the TLB are made by calls, not left to the interpreter")
        boolean calls;

        @Label("Writing")
        @Description("Planning, writing and loading it")
        @Timespan(Timespan.NANOSECONDS)
        long writing;

        @Label("Compiling")
        @Description("What HotSpot took for it")
        @Timespan(Timespan.NANOSECONDS)
        long compiling;
    }

    @Name("org.jvisor.CodeDropped")
    @Label("Code Dropped")
    @Description(
            "Decoded and translated code of a page was forgotten because the page was written to")
    @Category({"jvisor", "Translator"})
    @StackTrace(false)
    static final class CodeDropped extends Event {
        @Label("Physical Page")
        String page = "";

        @Label("Written By")
        String writer = "";

        @Label("Regions")
        int regions;
    }

    @Name("org.jvisor.CodeCacheEmptied")
    @Label("Code Cache Emptied")
    @Description("All decoded and translated code was forgotten because there was too much of it")
    @Category({"jvisor", "Translator"})
    @StackTrace(false)
    static final class CodeCacheEmptied extends Event {
        @Label("Guest Instructions")
        int instructions;

        @Label("Code")
        @DataAmount
        int bytecode;

        @Label("Regions")
        long regions;
    }

    @Name("org.jvisor.TlbFlush")
    @Label("TLB Flush")
    @Category({"jvisor", "CPU"})
    @Enabled(false)
    @StackTrace(false)
    static final class Flush extends Event {
        @Label("vCPU")
        int vcpu;

        @Label("What")
        String what = "";
    }

    /** The beginning of a translation; {@link TranslationLog} tells the rest. */
    static RegionTranslated translating() {
        RegionTranslated event = new RegionTranslated();
        event.begin();
        return event;
    }

    static void dropped(long page, boolean byDevice, int regions) {
        CodeDropped event = new CodeDropped();
        if (event.shouldCommit()) {
            event.page = "0x" + Long.toHexString(page);
            event.writer = byDevice ? "device" : "CPU";
            event.regions = regions;
            event.commit();
        }
    }

    static void emptied(int instructions, int bytecode, long regions) {
        CodeCacheEmptied event = new CodeCacheEmptied();
        event.instructions = instructions;
        event.bytecode = bytecode;
        event.regions = regions;
        event.commit();
    }

    static void flushed(Cpu c, TlbFlush kind) {
        Flush event = new Flush();
        if (event.shouldCommit()) {
            event.vcpu = c.index;
            event.what = kind.label();
            event.commit();
        }
    }
}
