package org.jvisor.emulator;

import java.io.Serial;
import java.util.Arrays;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Runs translated code and then interprets the same instructions from the same state, and compares
 * registers, memory and faults. For finding out where a translation is wrong; slow.
 *
 * <p>While it is on, views of memory have {@linkplain Mmu#LOGGED other write tags}, so that every
 * write passes {@link #writes}, where what it replaces is kept. Memory and registers are put back
 * after the translated run, and what is interpreted then is what remains. Instructions that cannot
 * be repeated are never translated; an access to a device ends a translated run without a
 * comparison, and its first block is interpreted once.
 */
final class Lockstep {
    /** The property that turns it on for CPUs made later; {@code --lockstep} sets it. */
    private static final String PROPERTY = "org.jvisor.emulator.lockstep";

    /** How often a block is interpreted before it is translated, or less. */
    static final int HOT = 20;

    /** What {@link #run} gives beside what {@link Region#run} does: nothing was executed. */
    static final int NOT_REPEATABLE = 2;

    /** The quota of a translated run: bounds what is kept of its writes. */
    private static final int LONGEST = 5000;

    /** Times that a difference must show again: a device may have written to memory meanwhile. */
    private static final int ATTEMPTS = 3;

    /** Instructions in a report. */
    private static final int LISTED = 40;

    /** System instructions that do no more than {@link CpuImage} has. */
    private static final Set<String> REPEATABLE =
            Set.of("CLI", "STI", "PUSHF", "POPF", "CLAC", "STAC", "SWAPGS", "UD0", "UD1", "UD2");

    private static final Set<String> UNREPEATABLE =
            Set.of("RDRAND", "RDSEED", "CPUID", "HLT", "XSETBV", "RDTSC", "RDTSCP");

    private static final Set<String> SHIFTS =
            Set.of("ROL", "ROR", "RCL", "RCR", "SHL", "SHR", "SAR", "SHLD", "SHRD");

    /** Ends a run at an access to a device. */
    private static final class Device extends RuntimeException {
        @Serial private static final long serialVersionUID = 1L;

        Device() {
            super("access to a device", null, false, false);
        }
    }

    private final Cpu c;
    private final Device device = new Device();
    private final CpuImage before = new CpuImage();
    private final CpuImage translated = new CpuImage();
    private final CpuImage interpreted = new CpuImage();
    private final WriteLog writes = new WriteLog();
    private final WriteLog writesInterpreted = new WriteLog();

    /** Where writes go now; null outside runs. */
    private @Nullable WriteLog log;

    /** What the translator failed with; it has no CPU to tell. */
    private volatile @Nullable Throwable translatorFailure;

    /** The RIPs of the instructions interpreted, for a report; null outside one. */
    private long @Nullable [] trace;

    /** Comparisons made, instructions in them, translated runs given up for a device. */
    private long comparisons, instructions, notRepeatable;

    Lockstep(Cpu c) {
        this.c = c;
    }

    /** One for a CPU, or null while it is off. */
    static @Nullable Lockstep of(Cpu c) {
        return Boolean.getBoolean(PROPERTY) ? new Lockstep(c) : null;
    }

    /**
     * Whether an instruction must be in a block of its own, which is not translated: it does more
     * than can be taken back, and may look at the clock.
     */
    static boolean isAlone(Insn insn) {
        Form f = insn.form;
        return UNREPEATABLE.contains(f.mnemonic)
                || f.is(Form.Attr.SYSTEM)
                        && !REPEATABLE.contains(f.mnemonic)
                        && f.operands.stream().noneMatch(o -> o.kind() == Operand.Kind.S);
    }

    /** Has the CPU stop, for the translator cannot go on; from any thread. */
    void failed(Throwable why) {
        translatorFailure = why;
    }

    // ---- what happens during a run ----

    /** Whether writes are kept now. */
    boolean isLogging() {
        return log != null;
    }

    /** A write of 1 to 8 bytes to memory; before it is made. */
    void write(long host, int size, long value) {
        if (log != null) {
            log.add(host, size, value);
        }
    }

    /** An access to a device; before it is made. */
    void deviceAccess() {
        if (log != null) {
            throw device;
        }
    }

    // ---- runs ----

    /**
     * Runs translated code as {@link Region#run} does, compared.
     *
     * @return as that, or {@link #NOT_REPEATABLE}
     * @throws EmulatorException if there is a difference
     */
    int run(Region region, int entry) {
        if (translatorFailure != null) {
            throw new EmulatorException("the translator failed: " + translatorFailure);
        }
        c.quota = Math.min(c.quota, LONGEST);
        for (int attempt = 1; ; attempt++) {
            before.take(c);
            int how = translated(region, entry);
            if (how == NOT_REPEATABLE) {
                notRepeatable++;
                return how;
            }
            Fault fault =
                    how == Region.FAULTED
                            ? new Fault(c, Objects.requireNonNull(c.faulted))
                            : Fault.NONE;
            translated.take(c);
            writes.undo();
            before.put(c);
            long count = translated.executed() - before.executed();
            String difference = interpreted(region, count, fault);
            if (difference.isEmpty()) {
                comparisons++;
                instructions += count;
                return how;
            }
            writesInterpreted.undo();
            before.put(c);
            if (attempt == ATTEMPTS) {
                throw new EmulatorException(report(region, entry, count, fault, difference));
            }
        }
    }

    private int translated(Region region, int entry) {
        writes.clear();
        log = writes;
        try {
            return region.run(c, entry);
        } catch (Device e) {
            log = null;
            writes.undo();
            before.put(c);
            return NOT_REPEATABLE;
        } finally {
            log = null;
        }
    }

    /** What an instruction raised; {@code at} is where it is in the page. */
    private record Fault(int at, int vector, int error, long address, boolean stack) {
        static final Fault NONE = new Fault(-1, -1, 0, 0, false);

        Fault(Cpu c, Insn by) {
            this(
                    by.start,
                    c.fault.vector,
                    c.fault.hasError ? c.fault.error : 0,
                    c.fault.vector == Cpu.PAGE_FAULT || c.fault.nonCanonical ? c.fault.address : 0,
                    c.fault.nonCanonical);
        }

        @Override
        public String toString() {
            return at < 0
                    ? "no fault"
                    : "vector %d, error %#x, address %#x, at page offset %#x"
                            .formatted(vector, error, address, at);
        }
    }

    /**
     * Interprets instructions of a region from {@link #before} on and compares with the translated
     * run.
     *
     * @param fault what comes after {@code count} instructions
     * @return what differs, or an empty text
     */
    private String interpreted(Region region, long count, Fault fault) {
        writesInterpreted.clear();
        log = writesInterpreted;
        Fault raised = Fault.NONE;
        long total = fault.at < 0 ? count : count + 1;
        long page = c.r[Cpu.PAGE_RIP];
        int number = -1;
        int undefined = 0;
        try {
            for (long i = 0; i < total; i++) {
                if (trace != null) {
                    trace[(int) i % trace.length] = c.rip;
                }
                number = region.insnAt(c.rip - page & c.ripMask, number + 1);
                if (number < 0) {
                    return "  after %d of %d instructions it should be at rip %#x%n"
                            .formatted(i, count, c.rip);
                }
                Insn insn = region.plan.insns[number];
                region.toPageOf(c, number);
                c.rip = insn.nextRip(c);
                c.shadow = false; // that of an STI before
                try {
                    insn.exec(c);
                    c.executed++;
                    undefined = undefined(insn, undefined);
                    c.r[Cpu.PAGE_RIP] = page;
                } catch (GuestFault e) {
                    raised = new Fault(c, insn);
                    break;
                }
            }
        } catch (Device e) {
            return "  an access to a device is missing%n".formatted();
        } finally {
            log = null;
        }
        boolean withRip = fault.at < 0;
        boolean faults = fault.equals(raised);
        boolean registers = translated.isStateOf(c, withRip, undefined);
        if (faults && registers && writes.isSame(writesInterpreted)) {
            return "";
        }
        interpreted.take(c);
        return (faults ? "" : "  it ends with %s, should be %s%n".formatted(fault, raised))
                + (registers ? "" : translated.difference(interpreted, withRip, undefined))
                + writes.difference(writesInterpreted, c.board.memory);
    }

    /**
     * The arithmetic flags that have no defined value after an instruction: the host's are not the
     * interpreter's. A shift by 0 leaves them as they were.
     */
    private static int undefined(Insn insn, int before) {
        Form form = insn.form;
        int still = mayShiftByNothing(insn) ? before : before & ~form.flagsWritten();
        return still | form.flagsUndefined();
    }

    private static boolean mayShiftByNothing(Insn insn) {
        if (!SHIFTS.contains(insn.form.mnemonic)) {
            return false;
        }
        Operand count = insn.form.operands.getLast();
        int bits = insn.opSize == 8 ? 63 : 31;
        return count.kind() == Operand.Kind.I ? (insn.imm & bits) == 0 : count.text().equals("CL");
    }

    // ---- reports ----

    private String report(Region region, int entry, long count, Fault fault, String difference) {
        long[] rips = new long[LISTED];
        trace = rips;
        interpreted(region, count, fault);
        trace = null;
        writesInterpreted.undo();
        before.put(c);
        StringBuilder text = new StringBuilder();
        text.append("CPU %d: translated code differs from the interpreter%n".formatted(c.index));
        text.append(
                "region of physical page %#x, entry %d at rip %#x, %d instructions%n"
                        .formatted(region.plan.blocks[entry].page.physical, entry, c.rip, count));
        text.append(difference).append("from\n").append(before.text());
        text.append(first(region.plan.blocks[entry]));
        text.append("interpreted:\n");
        long last = fault.at < 0 ? count : count + 1;
        for (long i = Math.max(0, last - LISTED); i < last; i++) {
            long rip = rips[(int) i % LISTED];
            text.append("  %#x  %s%n".formatted(rip, text(region, rip)));
        }
        return text.toString();
    }

    /** Which instruction of a block is the first that differs if only those up to it are run. */
    private String first(Block block) {
        for (int n = 1; n <= block.code.length && block.offset >= 0; n++) {
            Insn[] some = Arrays.copyOf(block.code, n);
            Block start = new Block(block.page, block.offset, some, some[n - 1].end, null);
            RegionPlan plan = RegionPlan.around(start, n, RegionPlan.Access.LOGGED);
            Region region = RegionCompiler.define(plan, new RegionCompiler().translate(plan));
            int how = translated(region, 0);
            if (how != Region.LEFT) {
                break;
            }
            translated.take(c);
            writes.undo();
            before.put(c);
            String difference = interpreted(region, n, Fault.NONE);
            writesInterpreted.undo();
            before.put(c);
            if (!difference.isEmpty()) {
                String text = text(region, c.r[Cpu.PAGE_RIP] + some[n - 1].start);
                return "first at instruction %d, %s:%n%s".formatted(n, text, difference);
            }
        }
        return "";
    }

    /** An instruction in words. */
    private String text(Region region, long rip) {
        long distance = rip - c.r[Cpu.PAGE_RIP];
        int offset = (int) distance & 0xfff;
        long host = region.plan.pageAt((int) distance & ~0xfff).host;
        byte[] bytes = new byte[Math.min(15, 4096 - offset)];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = PhysMemory.ALL.get(PhysMemory.BYTE, host + offset + i);
        }
        int bits = c.codeMode == Cpu.MODE64 ? 64 : c.codeMode == Cpu.MODE32 ? 32 : 16;
        return Disassembler.disassemble(bytes, 0, bits, rip).text();
    }

    /** Whether any translated code was run. */
    boolean hasCompared() {
        return comparisons > 0;
    }

    /** The counts, for the end of a run. */
    @Override
    public String toString() {
        return "CPU %d: %,d translated runs of %,d instructions compared, %,d not for a device"
                .formatted(c.index, comparisons, instructions, notRepeatable);
    }
}
