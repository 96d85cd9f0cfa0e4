package org.jvisor.machine.device;

import org.jvisor.vmm.api.pci.PciFunction;

/**
 * The host bridge's own function, with the identity and the registers of Intel's Q35 that firmware
 * uses: PCIEXBAR, which moves ECAM, and the PAM and SMRAM bytes, which are stored only (the memory
 * below 1 MiB is always RAM, and there is no SMM).
 */
final class HostBridge extends PciFunction {
    private static final int PCIEXBAR = 0x60;
    private static final int PAM0 = 0x90, PAMS = 7;
    private static final int SMRAM = 0x9d;

    private static final long ENABLE = 1;

    /** Bits 35:28; the length field stays 0, which means 256 MiB. */
    private static final long ADDRESS = 0xf_f000_0000L;

    private final PciHost host;

    HostBridge(PciHost host, long ecam) {
        super(0x8086, 0x29c0, 0x06_0000, 0);
        this.host = host;
        put(PCIEXBAR, 8, ecam & ADDRESS | ENABLE);
        allowWrites(PCIEXBAR, 8, ADDRESS | ENABLE);
        allowWrites(PAM0, PAMS, 0x33_3333_3333_3330L);
        put(SMRAM, 1, 0x02);
        allowWrites(SMRAM, 1, 0x70);
    }

    @Override
    protected void configWritten(int offset, int size) {
        if (offset < PCIEXBAR + 8 && offset + size > PCIEXBAR) {
            follow();
        }
    }

    @Override
    protected void functionReset() {
        follow();
    }

    private void follow() {
        long value = get(PCIEXBAR, 8);
        host.mapEcam((value & ENABLE) != 0 ? value & ADDRESS : -1);
    }
}
