package org.jvisor.machine.device;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/** What a local APIC compares a message's destination with (SDM 3A §11.6.2, §11.12.10). */
final class ApicDestination {
    private final int id;
    private int ldr;
    private int dfr;

    ApicDestination(int id) {
        this.id = id;
    }

    void reset(boolean x2apic) {
        dfr = -1;
        ldr = 0;
        if (x2apic) {
            enterX2apic();
        }
    }

    /** In x2APIC mode the logical ID follows from the APIC ID. */
    void enterX2apic() {
        ldr = id >>> 4 << 16 | 1 << (id & 0xf);
    }

    int ldr() {
        return ldr;
    }

    int dfr() {
        return dfr;
    }

    void setLdr(int value) {
        ldr = value & 0xff00_0000;
    }

    void setDfr(int value) {
        dfr = value | 0x0fff_ffff;
    }

    /**
     * Whether a destination that is no broadcast means this APIC.
     *
     * @param destination an APIC ID, or a logical destination of 8 bits or, from an x2APIC, of 32
     */
    boolean matches(int destination, boolean logical, boolean x2apic) {
        if (!logical) {
            return destination == id;
        }
        if (x2apic) {
            return destination >>> 16 == ldr >>> 16 && (destination & ldr & 0xffff) != 0;
        }
        int own = ldr >>> 24;
        if (dfr >>> 28 == 0xf) {
            return (destination & own & 0xff) != 0;
        }
        int cluster = destination >>> 4 & 0xf;
        return (cluster == 0xf || cluster == own >>> 4) && (destination & own & 0xf) != 0;
    }

    void save(DataOutput out) throws IOException {
        out.writeInt(ldr);
        out.writeInt(dfr);
    }

    void restore(DataInput in) throws IOException {
        ldr = in.readInt();
        dfr = in.readInt();
    }
}
