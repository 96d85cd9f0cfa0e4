package org.jvisor.emulator;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** The host's CPU and the software CPU side by side: loads both with the same, compares. */
final class NativePair implements AutoCloseable {
    private final NativeCpu nativeCpu = new NativeCpu();
    private final EmulatedCpu emulated;
    private final AllowedDeviations allowed = new AllowedDeviations();
    private final DataArea area;
    private final UserState expected = new UserState();
    private final UserState actual = new UserState();

    NativePair() {
        MemorySegment data = nativeCpu.data();
        emulated = new EmulatedCpu(nativeCpu.codeAddress(), data.address());
        area = new DataArea(data.address(), NativeCpu.DATA_SIZE);
    }

    AllowedDeviations allowed() {
        return allowed;
    }

    DataArea area() {
        return area;
    }

    long codeAddress() {
        return nativeCpu.codeAddress();
    }

    /** Loads instructions into slots 0 and up. */
    void load(List<Encoding> encodings) {
        emulated.load(nativeCpu.load(encodings.stream().map(Encoding::bytes).toList()));
    }

    /** Around any number of {@link #differences}. */
    void begin() {
        nativeCpu.blockSignals();
    }

    void end() {
        nativeCpu.unblockSignals();
    }

    /**
     * Runs a case on the host, interpreted, and translated.
     *
     * @param slot where its instruction is
     * @param background what is in memory beside its operands
     * @return what differs, a line each
     */
    List<String> differences(TestCase test, int slot, byte[] background) {
        prepare(nativeCpu.data(), test, background);
        prepare(emulated.data(), test, background);
        boolean ended = emulated.run(test.encoding.form(), test.in, actual);
        nativeCpu.run(slot, test.encoding.bytes().length, test.in, expected);
        if (!ended) {
            return new ArrayList<>(List.of("the software CPU stopped: " + emulated.trouble()));
        }
        List<String> lines =
                Comparison.of(allowed, test, expected, nativeCpu.data(), actual, emulated.data());
        prepare(emulated.data(), test, background);
        if (!emulated.runTranslated(test.in, actual)) {
            lines.add("the software CPU stopped: " + emulated.trouble());
            return lines;
        }
        Comparison.of(allowed, test, expected, nativeCpu.data(), actual, emulated.data())
                .forEach(line -> lines.add("translated: " + line));
        return lines;
    }

    private static void prepare(MemorySegment data, TestCase test, byte[] background) {
        data.copyFrom(MemorySegment.ofArray(background));
        test.place(data);
    }

    @Override
    public void close() {
        emulated.close();
        nativeCpu.close();
    }
}
