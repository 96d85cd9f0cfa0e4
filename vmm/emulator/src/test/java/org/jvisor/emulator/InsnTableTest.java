package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class InsnTableTest {
    private static final int[] PREFIXES = {0, 0x66, 0xf3, 0xf2};

    /** Every row that some encoding selects, by trying all prefixes, opcodes and ModRM bytes. */
    private static Map<Form, byte[]> reachable(int mode) {
        Map<Form, byte[]> found = new HashMap<>();
        Decoder decoder = new Decoder();
        int[][] maps = {{}, {0x0f}, {0x0f, 0x38}, {0x0f, 0x3a}};
        for (int prefix : PREFIXES) {
            for (int[] map : maps) {
                for (int opcode = 0; opcode < 256; opcode++) {
                    for (int modrm = 0; modrm < 256; modrm++) {
                        byte[] code = new byte[20];
                        int at = 0;
                        if (prefix != 0) {
                            code[at++] = (byte) prefix;
                        }
                        for (int b : map) {
                            code[at++] = (byte) b;
                        }
                        code[at++] = (byte) opcode;
                        code[at] = (byte) modrm;
                        Insn insn = decoder.decode(code, 0, 20, 0, mode);
                        if (insn != null) {
                            found.putIfAbsent(insn.form, code);
                        }
                    }
                }
            }
        }
        return found;
    }

    @Test
    void everyRowIsReachedByAnEncodingInSomeMode() {
        Map<Form, byte[]> found = reachable(Cpu.MODE64);
        found.putAll(reachable(Cpu.MODE32));
        List<String> missing = new ArrayList<>();
        for (Form form : InsnTable.TABLE.forms()) {
            if (!found.containsKey(form)) {
                missing.add(form.toString());
            }
        }
        assertThat(missing).isEmpty();
    }

    @Test
    void rowsOfOneOpcodeAgreeOnHavingAModrmByte() {
        Map<Integer, Boolean> modrm = new HashMap<>();
        for (Form form : InsnTable.TABLE.forms()) {
            if (form.prefix == Form.Prefix.F3 && form.opcode == 0x90 && form.map == 0) {
                continue; // PAUSE shares its opcode with NOP
            }
            int key = form.map << 8 | form.opcode;
            // an opcode may mean other things in 64-bit mode (63, C4, C5)
            key |= form.is(Form.Attr.NOT64) ? 1 << 16 : 0;
            assertThat(modrm.putIfAbsent(key, form.hasModrm()))
                    .as(form.toString())
                    .isIn(null, form.hasModrm());
        }
    }

    @Test
    void everyRowsDisassemblyNamesIt() {
        reachable(Cpu.MODE64)
                .forEach(
                        (form, code) -> {
                            if (!form.mnemonic.startsWith("(")) {
                                String text = Disassembler.disassemble(code, 0, 64, 0).text();
                                assertThat(text)
                                        .as(form.toString())
                                        .isNotEmpty()
                                        .doesNotContain("?");
                            }
                        });
    }

    @Test
    void flagsWrittenAndUndefinedDoNotOverlap() {
        for (Form form : InsnTable.TABLE.forms()) {
            assertThat(form.flagsWritten() & form.flagsUndefined()).as(form.toString()).isZero();
        }
    }
}
