package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FetchTlbTest {
    private static final long TEXT = 0xffff_ffff_8100_0000L;

    private final FetchTlb tlb = new FetchTlb(new HostLinks());

    private static CodePage page(long physical) {
        return new CodePage(physical, Cpu.MODE64, 0);
    }

    @Test
    void keepsPagesOfAKernelsTextThatAreMegabytesApart() {
        tlb.select(false, Cpu.MODE64, 0);
        CodePage[] pages = new CodePage[4];
        for (int i = 0; i < pages.length; i++) {
            pages[i] = page(i * 0x1000L);
            tlb.put(TEXT + i * 0x40_0000L, pages[i], (int) Mmu.GLOBAL);
        }
        for (int i = 0; i < pages.length; i++) {
            assertThat(tlb.find(TEXT + i * 0x40_0000L)).isSameAs(pages[i]);
        }
    }

    @Test
    void keepsAProgramsPagesApartFromTheKernels() {
        tlb.select(true, Cpu.MODE64, 0);
        tlb.put(TEXT, page(0), 0);
        tlb.select(false, Cpu.MODE64, 0);
        assertThat(tlb.find(TEXT)).isNull();
    }

    @Test
    void forgetsWhatIsNotGlobalWithItsAddressSpace() {
        CodePage global = page(0x1000);
        tlb.select(false, Cpu.MODE64, 0);
        tlb.put(TEXT, global, (int) Mmu.GLOBAL);
        tlb.put(TEXT + 0x1000, page(0x2000), 0);
        tlb.flushSupervisor();
        assertThat(tlb.find(TEXT)).isSameAs(global);
        assertThat(tlb.find(TEXT + 0x1000)).isNull();
    }

    @Test
    void forgetsAPageThatIsInvalidated() {
        tlb.select(true, Cpu.MODE64, 1);
        tlb.put(0x40_0000, page(0), 0);
        tlb.put(0x40_1000, page(0x1000), 0);
        tlb.invalidatePage(0x40_0123);
        assertThat(tlb.find(0x40_0000)).isNull();
        assertThat(tlb.find(0x40_1000)).isNotNull();
    }
}
