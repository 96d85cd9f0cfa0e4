package org.jvisor.emulator;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.jvisor.vmm.api.VcpuState;

/**
 * Tries opcodes of every map under every mandatory prefix, with a register and with a memory
 * operand, on KVM and on the software CPU: which of them are undefined (#UD)?
 */
final class OpcodeScan implements AutoCloseable {
    /** Prefixes and escapes of the one-byte map, or codes whose outcome is known to differ. */
    private static final Set<Integer> NO_OPCODES =
            Set.of(
                    0x0f, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x62,
                    0xc4, 0xc5, 0xcd, 0xe0, 0xe1, 0xe2, 0xe3, 0xf4);

    /**
     * What the host's processor may have beyond x86-64-v2, and what a KVM without VT takes for
     * defined: map and opcode. VMX, SMX, XSAVE and its kin, SHA, AES, GFNI, PCLMUL, ADX, MOVDIR,
     * WAITPKG; system instructions that it interprets; MOVNTI and MOVNTDQ with a wrong prefix or
     * register, which it interprets.
     */
    private static final Set<Integer> BEYOND =
            Set.of(
                    0x101, 0x105, 0x107, 0x120, 0x121, 0x122, 0x123, 0x134, 0x135, 0x137, 0x178,
                    0x179, 0x1a2, 0x131, 0x1ae, 0x1c3, 0x1c7, 0x1e7, 0x280, 0x281, 0x282, 0x2c8,
                    0x2c9, 0x2ca, 0x2cb, 0x2cc, 0x2cd, 0x2cf, 0x2db, 0x2dc, 0x2dd, 0x2de, 0x2df,
                    0x2d8, 0x2f5, 0x2f6, 0x2f8, 0x2f9, 0x2fa, 0x2fb, 0x2fc, 0x344, 0x3cc, 0x3ce,
                    0x3cf, 0x3df, 0x3f0);

    private static final int[] PREFIXES = {0, 0x66, 0xf3, 0xf2};

    private static final long AT = UserGuest.CODE + 0x1000;

    private final KvmMachine kvm = new KvmMachine();
    private final SoftwareMachine software = new SoftwareMachine();
    private final UserGuest kvmGuest = new UserGuest(kvm.memory());
    private final UserGuest softwareGuest = new UserGuest(software.memory());
    private final VcpuState end = new VcpuState();
    private final List<String> differences = new ArrayList<>();
    private int cases;

    /** Tries about one of {@code rarity} codes. */
    void run(SplittableRandom random, int rarity) {
        for (int map = 0; map < 4; map++) {
            for (int opcode = 0; opcode < 256; opcode++) {
                boolean rex = map == 0 && opcode >> 4 == 4;
                boolean escape = map == 1 && (opcode == 0x38 || opcode == 0x3a);
                if (rex
                        || escape
                        || map == 0 && NO_OPCODES.contains(opcode)
                        || BEYOND.contains(map << 8 | opcode)) {
                    continue;
                }
                for (int prefix : PREFIXES) {
                    for (int modrm = 0; modrm < 16; modrm++) {
                        if (random.nextInt(rarity) == 0) {
                            compare(prefix, map, opcode, (modrm & 7) << 3 | (modrm < 8 ? 0xc1 : 1));
                        }
                    }
                }
            }
        }
    }

    private void compare(int prefix, int map, int opcode, int modrm) {
        CodeBytes b = new CodeBytes(AT);
        if (prefix != 0) {
            b.put(prefix);
        }
        switch (map) {
            case 1 -> b.put(0x0f);
            case 2 -> b.put(0x0f, 0x38);
            case 3 -> b.put(0x0f, 0x3a);
            default -> {}
        }
        byte[] code = b.put(opcode, modrm, 1, 0, 0, 0, 0, 0, 0, 0).toArray();
        cases++;
        boolean right = undefined(kvm, kvmGuest, code);
        boolean ours = undefined(software, softwareGuest, code);
        if (right != ours) {
            differences.add(
                    "%s is %s, should be %s"
                            .formatted(
                                    java.util.HexFormat.ofDelimiter(" ").formatHex(code),
                                    ours ? "undefined" : "an instruction",
                                    right ? "undefined" : "one"));
        }
    }

    private boolean undefined(ProgramMachine machine, UserGuest guest, byte[] code) {
        VcpuState start = GuestTables.userState();
        start.rip = AT;
        Arrays.fill(start.gpr, UserGuest.DATA + 0x1000);
        start.gpr[Cpu.RSP] = UserGuest.DATA + 0x2000;
        guest.clearFrame();
        guest.data().fill((byte) 0);
        guest.dataChanged();
        guest.putCode(AT, code);
        UserOutcome outcome = new UserOutcome();
        outcome.take(machine.run(start, end), end, guest);
        guest.clearCode(AT, code.length);
        return outcome.vector == Cpu.UD && outcome.user.rip == AT;
    }

    /** What differs, a line each. */
    List<String> differences() {
        return differences;
    }

    int cases() {
        return cases;
    }

    @Override
    public void close() {
        kvm.close();
        software.close();
    }
}
