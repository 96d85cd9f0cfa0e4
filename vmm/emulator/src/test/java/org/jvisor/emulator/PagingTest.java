package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jvisor.emulator.Cpu.PAGE_FAULT;
import static org.jvisor.emulator.Cpu.RAX;
import static org.jvisor.emulator.Cpu.RBX;
import static org.jvisor.emulator.TestGuest.CODE;
import static org.jvisor.emulator.TestGuest.DATA;
import static org.jvisor.emulator.TestGuest.STACK;
import static org.jvisor.emulator.TestGuest.TABLES;
import static org.jvisor.emulator.TestGuest.entryAt;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PagingTest {
    private static final String READ = "8b03 f4";
    private static final String WRITE = "8903 f4";
    private static final String INCREMENT = "ff03 f4";

    private final TestGuest g = new TestGuest().long64().withHandlers().reg(RBX, DATA);

    @AfterEach
    void close() {
        g.close();
    }

    /** Makes everything a user page, and goes on in user mode. */
    private void userPages() {
        for (long t = TABLES; t < TABLES + 0x5000; t += 8) {
            long entry = g.memory.readLong(t);
            if (entry != 0) {
                g.memory.writeLong(t, entry | 4);
            }
        }
        g.user();
    }

    private void faults(int error) {
        g.run();
        assertThat(g.vector()).isEqualTo(PAGE_FAULT);
        assertThat(g.error()).isEqualTo(error);
        assertThat(g.c.cr2).isEqualTo(DATA);
        assertThat(g.faultRip()).isEqualTo(CODE);
    }

    private void succeeds() {
        g.run();
        assertThat(g.c.rip).isEqualTo(CODE + 3);
    }

    @Test
    void aReadOfAMissingPageHasErrorCode0() {
        g.code(READ).map(DATA, 0);
        faults(0);
    }

    @Test
    void aWriteToAMissingPageSetsW() {
        g.code(WRITE).map(DATA, 0);
        faults(2);
    }

    @Test
    void aReadModifyWriteFaultsAsAWrite() {
        g.code(INCREMENT).map(DATA, 0);
        faults(2);
    }

    @Test
    void aUserReadOfASupervisorPageSetsPAndU() {
        g.code(READ);
        userPages();
        g.map(DATA, DATA | 3);
        faults(5);
    }

    @Test
    void aUserWriteToAReadOnlyPageSetsPWAndU() {
        g.code(WRITE);
        userPages();
        g.map(DATA, DATA | 5);
        faults(7);
    }

    @Test
    void aSupervisorWriteToAReadOnlyPageFaultsOnlyWithWriteProtect() {
        g.code(WRITE).map(DATA, DATA | 1);
        faults(3);
        g.c.cr0 &= ~(long) ControlBits.CR0_WP;
        g.map(DATA, DATA | 1).at(CODE);
        succeeds();
    }

    @Test
    void aReservedBitSetsRsvd() {
        g.code(READ).map(DATA, DATA | 1L << 51 | 3);
        faults(9);
    }

    @Test
    void noExecuteIsReservedUnlessEnabled() {
        g.code(READ).map(DATA, DATA | 1L << 63 | 3);
        faults(9);
        g.c.efer |= ControlBits.EFER_NXE;
        g.map(DATA, DATA | 1L << 63 | 3).at(CODE);
        succeeds();
    }

    @Test
    void fetchingFromANoExecutePageSetsPAndI() {
        g.c.efer |= ControlBits.EFER_NXE;
        g.code(DATA, "f4").map(DATA, DATA | 1L << 63 | 3).at(DATA);
        g.run();
        assertThat(g.vector()).isEqualTo(PAGE_FAULT);
        assertThat(g.error()).isEqualTo(0x11);
        assertThat(g.faultRip()).isEqualTo(DATA);
    }

    @Test
    void aSupervisorFetchFromAUserPageFaultsOnlyWithSmep() {
        for (long t = TABLES; t < TABLES + 0x4000; t += 0x1000) {
            g.memory.writeLong(t, g.memory.readLong(t) | 4);
        }
        g.code(DATA, "f4").map(DATA, DATA | 7).at(DATA);
        g.run();
        assertThat(g.c.rip).isEqualTo(DATA + 1);
        g.c.cr4 |= ControlBits.CR4_SMEP;
        g.map(DATA, DATA | 7).at(DATA);
        g.run();
        assertThat(g.vector()).isEqualTo(PAGE_FAULT);
        assertThat(g.error()).isEqualTo(0x11);
    }

    @Test
    void aSupervisorAccessToAUserPageFaultsOnlyWithSmapAndWithoutAc() {
        for (long t = TABLES; t < TABLES + 0x4000; t += 0x1000) {
            g.memory.writeLong(t, g.memory.readLong(t) | 4);
        }
        g.c.cr4 |= ControlBits.CR4_SMAP;
        g.code(READ).map(DATA, DATA | 7);
        faults(1);
        g.c.setFlags(Cpu.AC);
        g.at(CODE);
        succeeds();
        g.c.setFlags(0);
        g.at(CODE);
        faults(1);
    }

    @Test
    void aReadSetsAccessedAndAWriteSetsDirtyToo() {
        g.code(READ).map(DATA, DATA | 3).run();
        assertThat(g.memory.readLong(entryAt(DATA))).isEqualTo(DATA | 0x23);
        g.code(WRITE).at(CODE);
        g.run();
        assertThat(g.memory.readLong(entryAt(DATA))).isEqualTo(DATA | 0x63);
        assertThat(g.memory.readLong(TABLES) & 0x20).isEqualTo(0x20);
    }

    @Test
    void aFaultingWriteDoesNotSetDirty() {
        g.code(WRITE).map(DATA, DATA | 1);
        faults(3);
        assertThat(g.memory.readLong(entryAt(DATA)) & 0x40).isZero();
    }

    @Test
    void aCachedTranslationIsUsedUntilInvalidated() {
        g.memory.writeInt(0x60000, 6);
        g.memory.writeInt(DATA, 5);
        g.code(READ).run();
        g.memory.writeLong(entryAt(DATA), 0x60003);
        g.code(CODE + 16, "8b03 0f013b 8b0b f4"); // read, invlpg [rbx], read
        g.at(CODE + 16);
        g.run();
        assertThat(g.c.r[RAX]).isEqualTo(5);
        assertThat(g.c.r[Cpu.RCX]).isEqualTo(6);
    }

    @Test
    void aCr3LoadKeepsGlobalPagesOnly() {
        g.c.cr4 |= ControlBits.CR4_PGE;
        g.map(DATA, DATA | 0x103).map(DATA + 0x1000, DATA | 3);
        g.memory.writeInt(DATA, 5);
        // read both, mov rax,cr3; mov cr3,rax; read both
        g.code("8b0b 8b8b00100000 f4").run();
        g.memory.writeInt(0x60000, 6);
        g.memory.writeLong(entryAt(DATA), 0x60103);
        g.memory.writeLong(entryAt(DATA + 0x1000), 0x60003);
        g.code(CODE + 16, "0f20d8 0f22d8 8b0b 8b9300100000 f4").at(CODE + 16);
        g.run();
        assertThat(g.c.r[Cpu.RCX]).isEqualTo(5);
        assertThat(g.c.r[Cpu.RDX]).isEqualTo(6);
    }

    @Test
    void invlpgForgetsEveryPieceOfALargePage() {
        g.memory.writeLong(TABLES + 0x2008, 0x20_0083); // 2 MiB at 2 MiB
        g.c.mem.flushAll();
        g.memory.writeInt(0x20_3000, 5);
        g.memory.writeInt(0x3000, 6);
        g.code("8b83 00300000 f4").reg(RBX, 0x20_0000).run();
        g.memory.writeLong(TABLES + 0x2008, 0x83);
        g.code(CODE + 16, "0f013b 8b8b 00300000 f4").at(CODE + 16);
        g.run();
        assertThat(g.c.r[RAX]).isEqualTo(5);
        assertThat(g.c.r[Cpu.RCX]).isEqualTo(6);
    }

    @Test
    void aLargePageWithLowAddressBitsSetIsReserved() {
        g.memory.writeLong(TABLES + 0x2008, 0x20_2083);
        g.c.mem.flushAll();
        g.code(READ).reg(RBX, 0x20_0000).run();
        assertThat(g.vector()).isEqualTo(PAGE_FAULT);
        assertThat(g.error()).isEqualTo(9);
    }

    @Test
    void aGigabytePageTranslates() {
        g.memory.writeLong(TABLES + 0x1008, 0x83); // 1 GiB at 1 GiB, of physical 0
        g.memory.writeInt(DATA, 7);
        g.code(READ).reg(RBX, 0x4000_0000 + DATA).run();
        assertThat(g.c.r[RAX]).isEqualTo(7);
    }

    @Test
    void anAccessAcrossPagesFaultsOnTheSecondAndWritesNothing() {
        g.code("488903 f4").reg(RBX, DATA + 0xffc).reg(RAX, -1).map(DATA + 0x1000, 0).run();
        assertThat(g.vector()).isEqualTo(PAGE_FAULT);
        assertThat(g.c.cr2).isEqualTo(DATA + 0x1000);
        assertThat(g.memory.readInt(DATA + 0xffc)).isZero();
    }

    @Test
    void anAccessAcrossPagesReadsBoth() {
        g.map(DATA + 0x1000, 0x60003);
        g.memory.writeInt(DATA + 0xffc, 0x44332211);
        g.memory.writeInt(0x60000, 0x88776655);
        g.code("488b03 f4").reg(RBX, DATA + 0xffc).run();
        assertThat(g.c.r[RAX]).isEqualTo(0x8877_6655_4433_2211L);
    }

    @Test
    void aNonCanonicalAddressIsAGeneralProtectionFault() {
        g.code(READ).reg(RBX, 1L << 47).run();
        assertThat(g.vector()).isEqualTo(Cpu.GP);
        assertThat(g.error()).isZero();
    }

    @Test
    void aNonCanonicalStackAddressIsAStackFault() {
        g.code("8b4500 f4").reg(Cpu.RBP, 1L << 47).run();
        assertThat(g.vector()).isEqualTo(Cpu.SS_FAULT);
    }

    @Test
    void theUpperHalfIsReachable() {
        g.memory.writeInt(DATA, 9);
        g.code(READ).reg(RBX, 0xffff_ffff_c000_0000L + DATA).run();
        assertThat(g.c.r[RAX]).isEqualTo(9);
    }

    @Test
    void thirtyTwoBitPagingTranslatesSmallAndLargePages() {
        g.flat32();
        g.memory.writeInt(TABLES, (int) (TABLES + 0x1000) | 3);
        for (int i = 0; i < 1024; i++) {
            g.memory.writeInt(TABLES + 0x1000 + 4 * i, i << 12 | 3);
        }
        g.memory.writeInt(TABLES + 4, 0x83); // 4 MiB at 4 MiB, of physical 0
        g.memory.writeInt(DATA, 5);
        g.c.cr3 = TABLES;
        g.c.cr4 = ControlBits.CR4_PSE;
        g.c.cr0 |= ControlBits.CR0_PG & 0xffff_ffffL;
        g.c.mem.flushAll();
        g.code("8b03 8b8b00004000 f4").reg(RBX, DATA).run();
        assertThat(g.c.r[RAX]).isEqualTo(5);
        assertThat(g.c.r[Cpu.RCX]).isEqualTo(5);
        assertThat(g.memory.readInt(TABLES + 4)).isEqualTo(0xa3);
    }

    @Test
    void paePagingTranslatesSmallAndLargePages() {
        g.flat32();
        g.memory.writeLong(TABLES, TABLES + 0x1001);
        g.memory.writeLong(TABLES + 0x1000, TABLES + 0x2003);
        for (int i = 0; i < 512; i++) {
            g.memory.writeLong(TABLES + 0x2000 + 8 * i, (long) i << 12 | 3);
        }
        g.memory.writeLong(TABLES + 0x1008, 0x83); // 2 MiB at 2 MiB, of physical 0
        g.memory.writeInt(DATA, 5);
        g.c.cr3 = TABLES;
        g.c.cr4 = ControlBits.CR4_PAE;
        g.c.cr0 |= ControlBits.CR0_PG & 0xffff_ffffL;
        g.c.mem.flushAll();
        g.code("8b03 8b8b00002000 f4").reg(RBX, DATA).run();
        assertThat(g.c.r[RAX]).isEqualTo(5);
        assertThat(g.c.r[Cpu.RCX]).isEqualTo(5);
    }

    @Test
    void theStackIsNotNeededForANotTakenFault() {
        g.code(READ).reg(Cpu.RSP, STACK);
        succeeds();
    }
}
