package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jvisor.emulator.Cpu.RAX;
import static org.jvisor.emulator.Cpu.RBX;
import static org.jvisor.emulator.Cpu.RCX;
import static org.jvisor.emulator.TestGuest.CODE;
import static org.jvisor.emulator.TestGuest.DATA;
import static org.jvisor.emulator.TestGuest.TABLES;
import static org.jvisor.emulator.TestGuest.entryAt;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** PCIDs and INVPCID, seen by whether a user's page is looked up anew after its entry changed. */
class AddressSpacesTest {
    private static final int OLD = 5, NEW = 6;
    private static final long OTHER_PAGE = 0x60000;
    private static final long KEEP = 1L << 63;
    private static final long DESCRIPTOR = 0x70000;

    private final TestGuest g = new TestGuest().long64().withHandlers();

    AddressSpacesTest() {
        g.memory.writeInt(DATA, OLD);
        g.memory.writeInt(OTHER_PAGE, NEW);
        for (long t = TABLES; t < TABLES + 0x5000; t += 8) {
            long entry = g.memory.readLong(t);
            if (entry != 0) {
                g.memory.writeLong(t, entry | 4);
            }
        }
        g.c.cr4 |= ControlBits.CR4_PGE;
        ControlRegisters.write(g.c, 4, g.c.cr4 | ControlBits.CR4_PCIDE);
    }

    @AfterEach
    void close() {
        g.close();
    }

    /** Reads the page in user mode, so that its translation is held, then changes the entry. */
    private void readAndRemap(long flags) {
        g.memory.writeLong(entryAt(DATA), DATA | flags);
        g.c.mem.flushAll();
        assertThat(userRead()).isEqualTo(OLD);
        g.memory.writeLong(entryAt(DATA), OTHER_PAGE | flags);
    }

    private int userRead() {
        g.c.setCpl(3);
        int value = g.c.mem.read32(DATA);
        g.c.setCpl(0);
        return value;
    }

    private void cr3(long value) {
        g.code("0f22d8 f4").reg(RAX, value).at(CODE).run();
        assertThat(g.c.rip).isEqualTo(CODE + 4);
    }

    private void invpcid(int type, int pcid, long linear) {
        g.memory.writeLong(DESCRIPTOR, pcid);
        g.memory.writeLong(DESCRIPTOR + 8, linear);
        g.code("660f38820b f4").reg(RCX, type).reg(RBX, DESCRIPTOR).at(CODE).run();
    }

    @Test
    void aLoadOfTheSamePcidForgets() {
        readAndRemap(7);
        cr3(TABLES);
        assertThat(userRead()).isEqualTo(NEW);
    }

    @Test
    void aLoadThatKeepsForgetsNothing() {
        readAndRemap(7);
        cr3(TABLES | KEEP);
        assertThat(userRead()).isEqualTo(OLD);
    }

    @Test
    void cr3ReadsWithoutTheBitThatKeeps() {
        cr3(TABLES | 9 | KEEP);
        assertThat(ControlRegisters.read(g.c, 3)).isEqualTo(TABLES | 9);
    }

    @Test
    void anotherPcidDoesNotSeeTheTranslation() {
        readAndRemap(7);
        cr3(TABLES | 1 | KEEP);
        assertThat(userRead()).isEqualTo(NEW);
    }

    @Test
    void globalPagesAreSharedOrLookedUpByEachPcid() {
        readAndRemap(0x107);
        cr3(TABLES | 1);
        cr3(TABLES);
        assertThat(userRead()).isEqualTo(OLD);
    }

    @Test
    void aPcidComesBackWithItsTranslations() {
        readAndRemap(7);
        cr3(TABLES | 1);
        cr3(TABLES | KEEP);
        assertThat(userRead()).isEqualTo(OLD);
    }

    @Test
    void aPcidComesBackWithoutThemUnlessKept() {
        readAndRemap(7);
        cr3(TABLES | 1);
        cr3(TABLES);
        assertThat(userRead()).isEqualTo(NEW);
    }

    @Test
    void aPcidWhosePlaceWasTakenStartsEmpty() {
        readAndRemap(7);
        for (int pcid = 1; pcid <= 2 * AddressSpaces.SPACES; pcid++) {
            cr3(TABLES | pcid | KEEP);
        }
        cr3(TABLES | KEEP);
        assertThat(userRead()).isEqualTo(NEW);
    }

    @Test
    void invlpgForgetsTheCurrentPcidsPage() {
        readAndRemap(7);
        g.code("0f013f f4").reg(Cpu.RDI, DATA).at(CODE).run();
        assertThat(userRead()).isEqualTo(NEW);
    }

    @Test
    void invlpgForgetsAGlobalPageOfEveryPcid() {
        readAndRemap(0x107);
        cr3(TABLES | 1 | KEEP);
        g.code("0f013f f4").reg(Cpu.RDI, DATA).at(CODE).run();
        cr3(TABLES | KEEP);
        assertThat(userRead()).isEqualTo(NEW);
    }

    @Test
    void turningPcidsOffForgetsEverything() {
        readAndRemap(0x107);
        ControlRegisters.write(g.c, 4, g.c.cr4 & ~ControlBits.CR4_PCIDE);
        assertThat(userRead()).isEqualTo(NEW);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0, 6", // an address of the PCID
        "1, 0, 6", // the PCID
        "1, 7, 5", // another PCID
        "2, 0, 6", // everything
        "3, 0, 6", // everything but global pages
    })
    void invpcidForgetsPagesThatAreNotGlobal(int type, int pcid, int expected) {
        readAndRemap(7);
        invpcid(type, pcid, DATA);
        assertThat(userRead()).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"1, 5", "2, 6", "3, 5"})
    void invpcidForgetsGlobalPagesWithTypeTwoOnly(int type, int expected) {
        readAndRemap(0x107);
        invpcid(type, 0, DATA);
        assertThat(userRead()).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void invpcidReachesAPcidThatIsNotCurrent(int type) {
        readAndRemap(7);
        cr3(TABLES | 1);
        invpcid(type, 0, DATA);
        cr3(TABLES | KEEP);
        assertThat(userRead()).isEqualTo(NEW);
    }

    @ParameterizedTest
    @CsvSource({
        "4, 0, 0", // no such type
        "1, 4096, 0", // reserved bits
        "2, 4096, 0",
        "0, 0, 0x800000000000", // not canonical
    })
    void invpcidChecksItsOperands(int type, int pcid, String linear) {
        invpcid(type, pcid, Long.decode(linear));
        assertThat(g.vector()).isEqualTo(Cpu.GP);
        assertThat(g.error()).isZero();
    }

    @Test
    void invpcidKnowsOnlyPcidZeroWhilePcidsAreOff() {
        ControlRegisters.write(g.c, 4, g.c.cr4 & ~ControlBits.CR4_PCIDE);
        invpcid(1, 1, 0);
        assertThat(g.vector()).isEqualTo(Cpu.GP);
    }

    @Test
    void pcidsCannotBeTurnedOnWithOneInCr3() {
        ControlRegisters.write(g.c, 4, g.c.cr4 & ~ControlBits.CR4_PCIDE);
        g.c.cr3 |= 1;
        g.code("0f22e0 f4").reg(RAX, g.c.cr4 | ControlBits.CR4_PCIDE).at(CODE).run();
        assertThat(g.vector()).isEqualTo(Cpu.GP);
    }
}
