package org.jvisor.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.jvisor.machine.MachineStatistics;
import org.jvisor.vmm.api.EventStatistics;
import org.jvisor.vmm.api.TlbFlush;
import org.jvisor.vmm.api.TranslationStatistics;
import org.jvisor.vmm.api.VcpuExit;
import org.jvisor.vmm.api.VcpuStatistics;

/** The table that {@code run --stats} prints. */
class StatisticsTableTest {
    private static MachineStatistics machine(int cpus, VcpuStatistics counts) {
        return machine(cpus, counts, EventStatistics.NONE);
    }

    private static MachineStatistics machine(
            int cpus, VcpuStatistics counts, EventStatistics events) {
        return new MachineStatistics(
                "software",
                Duration.ofSeconds(2),
                Duration.ofSeconds(1),
                Collections.nCopies(
                        cpus, new MachineStatistics.Cpu(counts, Map.of(VcpuExit.HALTED, 3L))),
                List.of(new MachineStatistics.CpuThread("vm-vcpu", 1_500_000_000L, 0)),
                TranslationStatistics.NONE,
                events);
    }

    private static final VcpuStatistics COUNTS =
            new VcpuStatistics(
                    new VcpuStatistics.Instructions(1000, 200, 50, 7),
                    new VcpuStatistics.Tlb(11, 12, 13, Map.of(TlbFlush.ALL, 2L)),
                    new VcpuStatistics.Events(21, 22, 23),
                    new VcpuStatistics.Io(31, 32),
                    Map.of());

    @Test
    void instructionsAreSharedOutAmongTheTiers() {
        String table = StatisticsTable.of(machine(1, COUNTS), Duration.ofSeconds(3));
        assertThat(table).containsPattern("guest instructions +1,000\\b");
        assertThat(table).containsPattern("translated +750 +75\\.0 %");
        assertThat(table).containsPattern("interpreted +200 +20\\.0 %");
    }

    @Test
    void severalCpusHaveAColumnEachBesideTheirSum() {
        String table = StatisticsTable.of(machine(2, COUNTS), Duration.ofSeconds(3));
        assertThat(table).containsPattern("all +vCPU 0 +vCPU 1");
        assertThat(table).containsPattern("interrupts +42 +21 +21\\b");
    }

    @Test
    void eventsOfTheKernelAreToldWhereThereAreAny() {
        EventStatistics events = new EventStatistics(1234, 5, 0);
        String table = StatisticsTable.of(machine(1, COUNTS, events), Duration.ofSeconds(3));
        assertThat(table).containsPattern("doorbells by event +1,234\\b");
        assertThat(table).containsPattern("interrupts by event +5\\b");
        assertThat(StatisticsTable.of(machine(1, COUNTS), Duration.ZERO))
                .doesNotContain("doorbell");
    }

    @Test
    void whatNobodyKnowsIsLeftOut() {
        VcpuStatistics unknown =
                new VcpuStatistics(
                        VcpuStatistics.Instructions.NONE,
                        VcpuStatistics.Tlb.NONE,
                        VcpuStatistics.Events.NONE,
                        new VcpuStatistics.Io(31, 32),
                        Map.of("io", 5L));
        String table = StatisticsTable.of(machine(1, unknown), Duration.ofSeconds(3));
        assertThat(table).doesNotContain("-1", "instructions", "page walks");
        assertThat(table).containsPattern("port accesses +31\\b");
    }
}
