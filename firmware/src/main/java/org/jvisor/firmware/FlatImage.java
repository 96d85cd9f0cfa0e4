package org.jvisor.firmware;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jvisor.vmm.api.VcpuState;

/**
 * Where a flat binary goes and how the CPU starts in it.
 *
 * @param address guest-physical address of its first byte
 * @param entry linear address of the first instruction; below 4 GiB, and below 1 MiB in {@link
 *     Mode#REAL}
 * @param mode what the CPU is in
 * @param registers initial general registers by their names in lower case: {@code rax} to {@code
 *     r15}, and {@code rflags}; others are zero
 */
public record FlatImage(long address, long entry, Mode mode, Map<String, Long> registers) {
    private static final String[] NAMES = {
        "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12",
        "r13", "r14", "r15"
    };

    /** The CPU's mode at the entry. */
    public enum Mode {
        /** 16-bit real mode; the segment registers hold the entry's segment. */
        REAL,
        /** 32-bit protected mode, flat segments, no paging. */
        PROTECTED,
        /** 64-bit mode, the first 4 GiB identity-mapped. */
        LONG
    }

    /** Checks address, entry and names, and copies the registers. */
    public FlatImage {
        long limit = mode == Mode.REAL ? 1 << 20 : GuestSpace.LIMIT_32_BIT;
        if (address < 0 || entry < 0 || entry >= limit) {
            throw new IllegalArgumentException(
                    "a flat binary cannot be at %#x and start at %#x in %s mode"
                            .formatted(address, entry, mode.name().toLowerCase(Locale.ROOT)));
        }
        Map<String, Long> copy = new TreeMap<>(registers);
        for (String name : copy.keySet()) {
            if (!name.equals("rflags") && index(name) < 0) {
                throw new IllegalArgumentException(
                        "'" + name + "' is not a register: use rax to r15 or rflags");
            }
        }
        registers = Map.copyOf(copy);
    }

    /** A binary that is entered at its first byte, all registers zero. */
    public static FlatImage at(long address, Mode mode) {
        return new FlatImage(address, address, mode, Map.of());
    }

    /** The same with one more register set. */
    public FlatImage withRegister(String name, long value) {
        Map<String, Long> copy = new TreeMap<>(registers);
        copy.put(name, value);
        return new FlatImage(address, entry, mode, copy);
    }

    /** Sets the registers. */
    void apply(VcpuState state) {
        registers.forEach(
                (name, value) -> {
                    if (name.equals("rflags")) {
                        state.rflags = value | 2;
                    } else {
                        state.gpr[index(name)] = value;
                    }
                });
    }

    private static int index(String name) {
        for (int i = 0; i < NAMES.length; i++) {
            if (NAMES[i].equals(name)) {
                return i;
            }
        }
        return -1;
    }
}
