package org.jvisor.emulator;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which rows of the table can be compared with KVM in user mode, and why the others cannot. */
final class KvmForms {
    private static final String UNREPEATABLE = "gives something else each time";

    private static final Map<String, String> BY_MNEMONIC =
            Map.of(
                    "CPUID", "differs by design",
                    "RDTSC", UNREPEATABLE,
                    "RDTSCP", UNREPEATABLE,
                    "RDRAND", UNREPEATABLE,
                    "RDSEED", UNREPEATABLE);

    private KvmForms() {}

    /** The rows that can be compared in 64-bit mode. */
    static List<Form> all() {
        return InsnTable.TABLE.forms().stream().filter(f -> whyNot(f) == null).toList();
    }

    private static @Nullable String whyNot(Form form) {
        if (form.is(Form.Attr.NOT64)) {
            return "not in 64-bit mode";
        }
        return BY_MNEMONIC.get(form.mnemonic);
    }
}
