package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jvisor.emulator.Cpu.RBX;
import static org.jvisor.emulator.Cpu.RCX;
import static org.jvisor.emulator.TestGuest.DATA;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.jvisor.vmm.api.TlbFlush;
import org.jvisor.vmm.api.VcpuStatistics;

/** What a CPU counts, and what it tells to JFR. */
class StatisticsTest {
    private final TestGuest g = new TestGuest().long64().withHandlers();

    @TempDir Path folder;

    @AfterEach
    void close() {
        g.close();
    }

    @Test
    void instructionsAreCountedByHowTheyWereExecuted() {
        g.code("ffc9 75fc f4").reg(RCX, 10).run(); // dec ecx; jnz to it; hlt
        VcpuStatistics.Instructions counts = g.vcpu.statistics().instructions();
        assertThat(counts.total()).isEqualTo(21);
        assertThat(counts.interpreted()).isEqualTo(21);
        assertThat(counts.translated()).isZero();
    }

    @Test
    void singleStepsAreNoInterpretedBlocks() {
        g.code("90 90 90 f4").steps(3);
        VcpuStatistics.Instructions counts = g.vcpu.statistics().instructions();
        assertThat(counts.stepped()).isEqualTo(3);
        assertThat(counts.interpreted()).isZero();
    }

    @Test
    void anAccessThatTheTlbDoesNotHaveIsAFillAndTheNextIsNot() {
        g.code("8b03 8b03 f4").reg(RBX, DATA); // mov eax, [rbx], twice; hlt
        long before = g.vcpu.statistics().tlb().dataFills();
        g.run();
        assertThat(g.vcpu.statistics().tlb().dataFills()).isEqualTo(before + 1);
    }

    @Test
    void aPageFaultIsCountedAsOne() {
        g.code("8b03").reg(RBX, 0x4000_0000).run();
        VcpuStatistics.Events events = g.vcpu.statistics().events();
        assertThat(events.pageFaults()).isEqualTo(1);
        assertThat(events.exceptions()).isZero();
    }

    @Test
    void flushesAreCountedByKind() {
        long before = flushes(TlbFlush.PAGE);
        g.code("0f013b f4").reg(RBX, DATA).run(); // invlpg [rbx]; hlt
        assertThat(flushes(TlbFlush.PAGE)).isEqualTo(before + 1);
    }

    private long flushes(TlbFlush kind) {
        return g.vcpu.statistics().tlb().flushes().getOrDefault(kind, 0L);
    }

    @Test
    void aRecordingHearsOfFlushesAndOfCodeThatWasWrittenTo() throws IOException {
        Path file = folder.resolve("recording.jfr");
        try (Recording recording = new Recording()) {
            recording.enable("org.jvisor.TlbFlush");
            recording.enable("org.jvisor.CodeDropped");
            recording.start();
            g.code("0f013b f4").reg(RBX, DATA).run();
            g.memory.writeByte(TestGuest.CODE, 0x90);
            g.at(TestGuest.CODE).run();
            recording.stop();
            recording.dump(file);
        }
        List<String> names =
                RecordingFile.readAllEvents(file).stream()
                        .map(RecordedEvent::getEventType)
                        .map(type -> type.getName())
                        .toList();
        assertThat(names).contains("org.jvisor.TlbFlush", "org.jvisor.CodeDropped");
    }
}
