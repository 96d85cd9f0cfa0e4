package org.jvisor.emulator;

import java.io.Serial;

/** The emulator cannot go on: reported as {@link org.jvisor.vmm.api.VcpuExit#FAILED}. */
final class EmulatorException extends RuntimeException {
    @Serial private static final long serialVersionUID = 1L;

    EmulatorException(String message) {
        super(message);
    }
}
