package org.jvisor.vmm.api;

import java.time.Duration;

/**
 * What became of guest code that an accelerator translates. A region is a piece of guest code
 * translated as one. May be taken on any thread, and is approximate while the machine runs.
 *
 * @param regions regions, by what became of them
 * @param kept what is held at present
 * @param invalidations why code was forgotten, and how often
 * @param writing time spent on planning, writing and loading regions
 * @param compiling time HotSpot took for them
 */
public record TranslationStatistics(
        Regions regions,
        Kept kept,
        Invalidations invalidations,
        Duration writing,
        Duration compiling) {
    /** Nothing was translated. */
    public static final TranslationStatistics NONE =
            new TranslationStatistics(
                    new Regions(0, 0, 0, 0, 0, 0, 0, 0),
                    new Kept(0, 0, 0),
                    new Invalidations(0, 0, 0),
                    Duration.ZERO,
                    Duration.ZERO);

    /**
     * Regions since the machine was made.
     *
     * @param made those that came to be used
     * @param inUse those still in use
     * @param dropped those whose code was written to, or forgotten to make room
     * @param replaced those that another region of the same code took the place of
     * @param late those whose code was gone before they were ready
     * @param tooLong those too long for HotSpot, however little was put into them
     * @param notCompiled those that HotSpot would not compile
     * @param failed those that could not be written at all
     */
    public record Regions(
            long made,
            long inUse,
            long dropped,
            long replaced,
            long late,
            long tooLong,
            long notCompiled,
            long failed) {}

    /**
     * Held at present.
     *
     * @param instructions decoded guest instructions since all code was last forgotten
     * @param bytecode bytes of machine code or bytecode of regions made since then
     * @param waiting blocks whose translation was asked for
     */
    public record Kept(long instructions, long bytecode, long waiting) {}

    /**
     * Decoded code that was forgotten.
     *
     * @param byCpus pages of code that a CPU wrote to
     * @param byDevices pages of code that a device wrote to
     * @param emptied how often all code was forgotten because there was too much
     */
    public record Invalidations(long byCpus, long byDevices, long emptied) {}
}
