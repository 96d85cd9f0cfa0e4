package org.jvisor.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jvisor.emulator.Cpu.RAX;
import static org.jvisor.emulator.Cpu.RBX;
import static org.jvisor.emulator.TestGuest.CODE;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.jvisor.vmm.api.VcpuExit;

/** Decoded code follows what is in memory, whoever writes it and through whatever address. */
class CodeCacheTest {
    private final TestGuest g = new TestGuest().long64().withHandlers();

    @AfterEach
    void close() {
        g.close();
    }

    @Test
    void anInstructionWrittenJustAheadInTheSameBlockIsExecutedAsWritten() {
        // mov byte [rip+0], 0x43 (the opcode byte's low part below); inc eax -> inc ebx; hlt
        g.code("c60501000000c3 ffc0 f4").run();
        assertThat(g.c.r[RAX]).isZero();
        assertThat(g.c.r[RBX]).isEqualTo(1);
    }

    @Test
    void codeThatRanBeforeIsDecodedAnewAfterAWrite() {
        g.code("ffc0 f4").run();
        g.code("c605f9ffffff90 f4"); // at the same place, now through the host
        g.at(CODE);
        g.run();
        assertThat(g.c.r[RAX]).isEqualTo(1);
        assertThat(g.c.rip).isEqualTo(CODE + 8);
    }

    @Test
    void aWriteThroughAnotherLinearAddressCounts() {
        long alias = 0x80000;
        g.map(alias, CODE | 3);
        g.code("ffc0 f4").run();
        g.at(0x11000);
        g.code(0x11000, "c603 f4 f4"); // mov byte [rbx], hlt's opcode
        g.reg(RBX, alias).run();
        g.at(CODE);
        g.run();
        assertThat(g.c.r[RAX]).isEqualTo(1);
        assertThat(g.c.rip).isEqualTo(CODE + 1);
    }

    @Test
    void aDevicesWriteCounts() {
        g.code("ffc0 f4").run();
        g.memory.writeByte(CODE, 0xf4);
        g.at(CODE);
        g.run();
        assertThat(g.c.rip).isEqualTo(CODE + 1);
    }

    @Test
    @Timeout(60)
    void aDevicesWriteIsSeenByALoopInProgress() throws InterruptedException {
        g.code("ebfe"); // jmp $
        Thread device =
                new Thread(() -> g.memory.write(CODE, new byte[] {(byte) 0xf4, (byte) 0xf4}));
        device.start();
        VcpuExit exit = VcpuExit.SLICE;
        while (exit == VcpuExit.SLICE) {
            exit = g.run();
        }
        device.join();
        assertThat(exit).isEqualTo(VcpuExit.HALTED);
    }

    @Test
    void aWriteBesideTheCodeKeepsItsBlocks() {
        g.code("c6054000000001 f4").run();
        CodePage page = g.c.mem.slow.fetch(CODE);
        assertThat(page.block(0)).isNotNull();
        assertThat(page.dead).isFalse();
    }

    @Test
    void tooMuchDecodedCodeIsForgottenAndDecodedAgain() {
        g.code("ffc0 f4").run();
        CodePage page = g.c.mem.slow.fetch(CODE);
        g.c.board.code.decoded(10_000_000);
        g.at(CODE).run();
        assertThat(g.c.r[RAX]).isEqualTo(2);
        assertThat(page.dead).isTrue();
        assertThat(g.c.mem.slow.fetch(CODE)).isNotSameAs(page);
    }

    @Test
    void anInstructionAcrossTwoPagesRuns() {
        long at = CODE + 0xffe;
        g.code(at, "b878563412 f4").at(at);
        g.run();
        assertThat(g.c.r[RAX]).isEqualTo(0x12345678);
    }

    @Test
    void anInstructionAcrossTwoPagesFollowsAWriteToTheSecond() {
        long at = CODE + 0xffe;
        g.code(at, "b878563412 f4").at(at);
        g.run();
        g.memory.writeByte(CODE + 0x1002, 0x99);
        g.at(at);
        g.run();
        assertThat(g.c.r[RAX]).isEqualTo(0x99345678L);
    }

    @Test
    void anInstructionAcrossTwoPagesFollowsARemappingOfTheSecond() {
        long at = CODE + 0xffe;
        g.code(at, "b878563412 f4").at(at);
        g.run();
        g.code(0x60000, "bbccdd f4").map(CODE + 0x1000, 0x60003);
        g.at(at);
        g.run();
        assertThat(g.c.r[RAX]).isEqualTo(0xddccbb78L);
    }

    @Test
    void anInstructionWhoseSecondPageIsMissingFaultsThere() {
        long at = CODE + 0xffe;
        g.code(at, "b878563412 f4").map(CODE + 0x1000, 0).at(at);
        g.run();
        assertThat(g.vector()).isEqualTo(Cpu.PAGE_FAULT);
        assertThat(g.c.cr2).isEqualTo(CODE + 0x1000);
        assertThat(g.faultRip()).isEqualTo(at);
    }

    @Test
    void aShortInstructionAtThePagesEndDoesNotNeedTheNextPage() {
        long at = CODE + 0xffe;
        g.code(at, "ffc0").map(CODE + 0x1000, 0).at(at);
        g.run();
        assertThat(g.vector()).isEqualTo(Cpu.PAGE_FAULT);
        assertThat(g.c.r[RAX]).isEqualTo(1);
        assertThat(g.faultRip()).isEqualTo(CODE + 0x1000);
    }

    @Test
    void codeOfOnePageRunsAtEachOfItsLinearAddresses() {
        long alias = 0x80000;
        g.map(alias, CODE | 3);
        // lea rcx,[rip+0]; dec ebx; jz l; jmp rsi; nops; l: hlt
        g.code("488d0d00000000 ffcb 7405 ffe6 90 90 90 f4").reg(Cpu.RSI, alias).reg(RBX, 2).run();
        assertThat(g.c.r[Cpu.RCX]).isEqualTo(alias + 7);
        assertThat(g.c.rip).isEqualTo(alias + 17);
        g.at(CODE).reg(RBX, 3).reg(Cpu.RSI, CODE).run();
        assertThat(g.c.r[Cpu.RCX]).isEqualTo(CODE + 7);
        g.at(CODE).reg(RBX, 2).reg(Cpu.RSI, alias).run();
        assertThat(g.c.r[Cpu.RCX]).isEqualTo(alias + 7);
    }

    @Test
    void theSamePageIsDecodedForEachCodeSize() {
        g.code("48 48 ffc8 f4").reg(RAX, 10).run(); // two REX prefixes, dec rax
        assertThat(g.c.r[RAX]).isEqualTo(9);
        g.flat32().reg(RAX, 10).run(); // dec eax twice, dec eax
        assertThat(g.c.r[RAX]).isEqualTo(7);
    }

    @Test
    void executingWhereThereIsNoMemoryFailsWithTheAddress() {
        g.map(0x90000, 0x8000_0003L).at(0x90000);
        assertThat(g.run()).isEqualTo(VcpuExit.FAILED);
        assertThat(g.vcpu.failure()).contains("0x80000000");
    }
}
