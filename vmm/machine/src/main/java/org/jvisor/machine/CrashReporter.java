package org.jvisor.machine;

import java.util.ArrayList;
import java.util.List;
import org.jvisor.vmm.api.Bus;
import org.jvisor.vmm.api.GuestMemory;
import org.jvisor.vmm.api.Segment;
import org.jvisor.vmm.api.Vcpu;
import org.jvisor.vmm.api.VcpuState;

/** Writes down what is known of a CPU that cannot go on. */
final class CrashReporter {
    private static final int CODE_BYTES = 48;
    private static final int CODE_LINES = 6;
    private static final String[] GPR = {
        "RAX", "RCX", "RDX", "RBX", "RSP", "RBP", "RSI", "RDI",
        "R8 ", "R9 ", "R10", "R11", "R12", "R13", "R14", "R15"
    };
    private static final String[] SEGMENTS = {"ES", "CS", "SS", "DS", "FS", "GS", "LDTR", "TR"};

    /** Writes machine code as text. */
    interface Disassembler {
        /**
         * Disassembles the first instruction of {@code code}.
         *
         * @param bits 16, 32 or 64
         * @param rip the address of its first byte
         */
        Line disassemble(byte[] code, int offset, int bits, long rip);

        /** One instruction: its length in bytes (1 or more) and its text. */
        record Line(int length, String text) {}
    }

    private final GuestMemory memory;
    private final List<Bus> buses;
    private final Disassembler disassembler;

    CrashReporter(GuestMemory memory, List<Bus> buses, Disassembler disassembler) {
        this.memory = memory;
        this.buses = List.copyOf(buses);
        this.disassembler = disassembler;
    }

    /** Reports on a CPU that does not run. */
    CrashReport report(Vcpu vcpu, String reason) {
        VcpuState state = new VcpuState();
        vcpu.save(state);
        List<String> accesses = new ArrayList<>();
        buses.forEach(bus -> accesses.addAll(bus.lastAccesses()));
        return new CrashReport(reason, vcpu.index(), registers(state), code(state), accesses);
    }

    private static List<String> registers(VcpuState s) {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < 16; i += 4) {
            lines.add(
                    "%s %016x  %s %016x  %s %016x  %s %016x"
                            .formatted(
                                    GPR[i],
                                    s.gpr[i],
                                    GPR[i + 1],
                                    s.gpr[i + 1],
                                    GPR[i + 2],
                                    s.gpr[i + 2],
                                    GPR[i + 3],
                                    s.gpr[i + 3]));
        }
        lines.add("RIP %016x  RFLAGS %08x".formatted(s.rip, s.rflags));
        lines.add(
                "CR0 %08x  CR2 %016x  CR3 %016x  CR4 %08x  EFER %04x"
                        .formatted(s.cr0, s.cr2, s.cr3, s.cr4, s.efer));
        for (int i = 0; i < SEGMENTS.length; i++) {
            Segment segment = s.segments[i];
            lines.add(
                    "%-4s %04x  base %016x  limit %08x  access %05x"
                            .formatted(
                                    SEGMENTS[i],
                                    segment.selector(),
                                    segment.base(),
                                    segment.limit(),
                                    segment.access()));
        }
        lines.add(
                "GDT base %016x limit %04x  IDT base %016x limit %04x"
                        .formatted(s.gdtBase, s.gdtLimit, s.idtBase, s.idtLimit));
        lines.add("DR6 %08x  DR7 %08x".formatted(s.dr6, s.dr7));
        return lines;
    }

    private List<String> code(VcpuState s) {
        Segment cs = s.segments[VcpuState.CS];
        boolean longMode = (s.efer & (1 << 10)) != 0;
        int bits =
                longMode && (cs.access() & (1 << 13)) != 0
                        ? 64
                        : (cs.access() & (1 << 14)) != 0 ? 32 : 16;
        long linear = bits == 64 ? s.rip : (cs.base() + s.rip) & 0xffff_ffffL;
        byte[] bytes = fetch(s, linear);
        if (bytes.length == 0) {
            return List.of("no memory is mapped at linear address %#x".formatted(linear));
        }
        List<String> lines = new ArrayList<>();
        int at = 0;
        while (lines.size() < CODE_LINES && at < bytes.length) {
            Disassembler.Line line = disassembler.disassemble(bytes, at, bits, s.rip + at);
            int length = Math.clamp(line.length(), 1, bytes.length - at);
            StringBuilder hex = new StringBuilder();
            for (int i = at; i < at + length; i++) {
                hex.append("%02x ".formatted(bytes[i]));
            }
            lines.add("%016x  %-32s %s".formatted(s.rip + at, hex, line.text()));
            at += length;
        }
        return lines;
    }

    private byte[] fetch(VcpuState state, long linear) {
        byte[] bytes = new byte[CODE_BYTES];
        for (int i = 0; i < CODE_BYTES; i++) {
            long physical = PageWalk.translate(memory, state, linear + i);
            if (physical < 0) {
                return java.util.Arrays.copyOf(bytes, i);
            }
            bytes[i] = (byte) memory.readByte(physical);
        }
        return bytes;
    }
}
