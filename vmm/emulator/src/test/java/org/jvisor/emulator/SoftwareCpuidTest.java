package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.jvisor.vmm.api.CpuidEntry;

class SoftwareCpuidTest {
    private static long[] cpuid(SystemMachine m, int leaf, int subleaf) {
        m.c.rip = SystemMachine.CODE;
        m.c.r[Cpu.RAX] = leaf;
        m.c.r[Cpu.RCX] = subleaf;
        m.execute("0f a2");
        return new long[] {
            m.c.r[Cpu.RAX], m.c.r[Cpu.RBX], m.c.r[Cpu.RCX], m.c.r[Cpu.RDX],
        };
    }

    private static String text(int... words) {
        ByteBuffer b = ByteBuffer.allocate(4 * words.length).order(ByteOrder.LITTLE_ENDIAN);
        for (int word : words) {
            b.putInt(word);
        }
        return new String(b.array(), StandardCharsets.US_ASCII);
    }

    @Test
    void theVendorIsIntel() {
        long[] r = cpuid(SystemMachine.long64(), 0, 0);
        assertThat(text((int) r[1], (int) r[3], (int) r[2])).isEqualTo("GenuineIntel");
    }

    @Test
    void theBrandNamesJvisor() {
        StringBuilder brand = new StringBuilder();
        SystemMachine m = SystemMachine.long64();
        for (int leaf = 0x8000_0002; leaf <= 0x8000_0004; leaf++) {
            long[] r = cpuid(m, leaf, 0);
            brand.append(text((int) r[0], (int) r[1], (int) r[2], (int) r[3]));
        }
        assertThat(brand.toString()).startsWith("jvisor software CPU").endsWith("\0");
    }

    @Test
    void allOfX8664V2IsThere() {
        long[] r = cpuid(SystemMachine.long64(), 1, 0);
        int v2 =
                SoftwareCpuid.SSE3
                        | SoftwareCpuid.SSSE3
                        | SoftwareCpuid.CX16
                        | SoftwareCpuid.SSE41
                        | SoftwareCpuid.SSE42
                        | SoftwareCpuid.POPCNT;
        assertThat((int) r[2] & v2).isEqualTo(v2);
    }

    @Test
    void whatIsNotImplementedIsNotAnnounced() {
        long[] r = cpuid(SystemMachine.long64(), 1, 0);
        int hidden = SoftwareCpuid.XSAVE | SoftwareCpuid.OSXSAVE | 1 << 3 | 1 << 28;
        assertThat((int) r[2] & hidden).isZero();
    }

    @Test
    void syscallIsAnnouncedIn64BitCodeOnly() {
        assertThat((int) cpuid(SystemMachine.long64(), 0x8000_0001, 0)[3] & SoftwareCpuid.SYSCALL)
                .isNotZero();
        SystemMachine m = SystemMachine.protected32();
        assertThat((int) cpuid(m, 0x8000_0001, 0)[3] & SoftwareCpuid.SYSCALL).isZero();
    }

    @Test
    void aLeafBeyondTheLastAnswersAsTheLast() {
        SystemMachine m = SystemMachine.long64();
        assertThat(cpuid(m, 0x1234, 0)).isEqualTo(cpuid(m, 0x16, 0));
    }

    @Test
    void anEmptyLeafInRangeIsZero() {
        assertThat(cpuid(SystemMachine.long64(), 0xd, 0)).containsOnly(0);
    }

    @Test
    void theCrystalAndTheTscAgree() {
        long[] r = cpuid(SystemMachine.long64(), 0x15, 0);
        assertThat(r[2] * r[1] / r[0]).isEqualTo(SoftwareCpuid.FREQUENCY);
    }

    @ParameterizedTest
    @CsvSource({"1, 0", "2, 1", "3, 2", "4, 2", "5, 3", "255, 8"})
    void theTopologyCoversAllCpus(int cpus, int bits) {
        List<CpuidEntry> entries = SoftwareCpuid.entries(cpus);
        CpuidEntry core =
                entries.stream()
                        .filter(e -> e.leaf() == 0xb && e.subleaf() == 1)
                        .findFirst()
                        .orElseThrow();
        assertThat(core.eax()).isEqualTo(bits);
        assertThat(core.ebx()).isEqualTo(cpus);
    }

    @Test
    void topologyBeyondTheLevelsEchoesTheSubleaf() {
        assertThat(cpuid(SystemMachine.long64(), 0xb, 5)).containsExactly(0, 0, 5, 0);
    }

    @Test
    void cpuCountsOutOfRangeAreRefused() {
        assertThatThrownBy(() -> SoftwareCpuid.entries(256)).hasMessageContaining("1 to 255");
    }
}
