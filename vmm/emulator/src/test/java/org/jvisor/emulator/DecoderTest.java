package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class DecoderTest {
    private final Decoder decoder = new Decoder();

    private Insn decode(String hex, int mode) {
        byte[] code = HexFormat.of().parseHex(hex.replace(" ", ""));
        return complete(decoder.decode(code, 0, code.length, 0, mode));
    }

    private static Insn complete(@Nullable Insn insn) {
        if (insn == null) {
            throw new AssertionError("the instruction is cut off");
        }
        return insn;
    }

    private Insn decode(String hex) {
        return decode(hex, Cpu.MODE64);
    }

    @Property
    void anyBytesDecodeToSomethingOfOneToFifteenBytes(
            @ForAll @Size(15) byte[] code, @ForAll @IntRange(max = 2) int mode) {
        Insn insn = complete(decoder.decode(code, 0, code.length, 0, mode));
        assertThat(insn.length()).isBetween(1, 15);
    }

    @Property
    void whatIsCutOffAsksForMoreAndNeverReadsPastTheLimit(
            @ForAll @Size(15) byte[] code, @ForAll @IntRange(max = 2) int mode) {
        Insn whole = complete(decoder.decode(code, 0, code.length, 0, mode));
        for (int limit = 1; limit < 15; limit++) {
            Insn insn = decoder.decode(code, 0, limit, 0, mode);
            if (limit < whole.length()) {
                assertThat(insn).as("%d of %d bytes", limit, whole.length()).isNull();
            } else {
                assertThat(complete(insn).form).isSameAs(whole.form);
            }
        }
    }

    @Test
    void anInstructionOfFifteenBytesIsAllowed() {
        Insn insn = decode("66 66 66 66 66 66 66 66 66 66 66 66 66 66 90");
        assertThat(insn.length()).isEqualTo(15);
        assertThat(insn.form).isNotSameAs(SpecialForms.TOO_LONG);
    }

    @Test
    void anInstructionOfSixteenBytesIsAGeneralProtectionFault() {
        Insn insn = decode("66 66 66 66 66 66 66 66 66 66 66 66 66 66 66 90");
        assertThat(insn.form).isSameAs(SpecialForms.TOO_LONG);
    }

    @Test
    void lockIsAllowedOnlyWithAMemoryDestinationThatCanBeLocked() {
        assertThat(decode("f0 01 08").form.mnemonic).isEqualTo("ADD");
        assertThat(decode("f0 01 c8").form).isSameAs(SpecialForms.UNDEFINED);
        assertThat(decode("f0 03 08").form).isSameAs(SpecialForms.UNDEFINED);
        assertThat(decode("f0 8b 08").form).isSameAs(SpecialForms.UNDEFINED);
        assertThat(decode("f0 0f a3 08").form).isSameAs(SpecialForms.UNDEFINED);
        assertThat(decode("f0 0f ab 08").form.mnemonic).isEqualTo("BTS");
    }

    @Test
    void aRexPrefixCountsOnlyRightBeforeTheOpcode() {
        assertThat(decode("48 01 c8").opSize).isEqualTo((byte) 8);
        assertThat(decode("48 66 01 c8").opSize).isEqualTo((byte) 2);
        assertThat(decode("48 40 01 c8").opSize).isEqualTo((byte) 4);
        assertThat(decode("66 48 01 c8").opSize).isEqualTo((byte) 8);
    }

    @Test
    void anyRexPrefixSelectsTheNewByteRegisters() {
        assertThat(decode("88 e0").reg).isEqualTo((byte) 32);
        assertThat(decode("40 88 e0").reg).isEqualTo((byte) 4);
        assertThat(decode("44 88 e0").reg).isEqualTo((byte) 12);
    }

    @Test
    void dataSegmentPrefixesAreIgnoredIn64BitModeButNotElsewhere() {
        assertThat(decode("26 8b 03").seg).isEqualTo((byte) Cpu.DS);
        assertThat(decode("64 26 8b 03").seg).isEqualTo((byte) Cpu.FS);
        assertThat(decode("26 8b 03", Cpu.MODE32).seg).isEqualTo((byte) Cpu.ES);
    }

    @Test
    void addressesByTheStackPointerUseTheStackSegment() {
        assertThat(decode("8b 44 24 08").seg).isEqualTo((byte) Cpu.SS);
        assertThat(decode("8b 45 08").seg).isEqualTo((byte) Cpu.SS);
        assertThat(decode("8b 46 02", Cpu.MODE16).seg).isEqualTo((byte) Cpu.SS);
        assertThat(decode("8b 03").seg).isEqualTo((byte) Cpu.DS);
    }

    @Test
    void aSibByteWithoutBaseIsNotRelativeToRip() {
        assertThat(decode("8b 04 25 00 10 00 00").base).isEqualTo((byte) Cpu.ZERO);
        assertThat(decode("8b 05 00 10 00 00").base).isEqualTo((byte) Cpu.PAGE_RIP);
        assertThat(decode("8b 05 00 10 00 00", Cpu.MODE32).base).isEqualTo((byte) Cpu.ZERO);
    }

    @Test
    void immediatesAreSignExtendedToTheOperandSize() {
        assertThat(decode("48 83 c0 ff").imm).isEqualTo(-1);
        assertThat(decode("48 81 c0 00 00 00 80").imm).isEqualTo(Integer.MIN_VALUE);
        assertThat(decode("48 b8 ff ff ff ff 00 00 00 00").imm).isEqualTo(0xffff_ffffL);
    }

    @Test
    void opcodesRemovedIn64BitModeAreUndefinedThere() {
        for (String hex :
                new String[] {"06", "27", "37", "60", "62 00", "82 c0 00", "9a", "ce", "d4"}) {
            assertThat(decode(hex + "00000000000000").form)
                    .as(hex)
                    .isSameAs(SpecialForms.UNDEFINED);
        }
    }
}
