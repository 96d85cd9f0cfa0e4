package org.jvisor.machine.device;

import static org.jvisor.machine.device.ApicRegister.*;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.jvisor.vmm.api.Clock;
import org.jvisor.vmm.api.CpuSignals;
import org.jvisor.vmm.api.LocalApic;

/**
 * One CPU's local APIC (SDM 3A chapter 11), in xAPIC and x2APIC mode. The fabric's monitor guards
 * it; {@link #interruptReady} and {@link #base} alone are read without.
 */
public final class LocalApicDevice implements LocalApic {
    private static final int STATE_VERSION = 1;

    /** Integrated, 6 LVT entries, EOI-broadcast suppression. */
    private static final int VERSION_VALUE = 0x14 | LVT_ENTRIES - 1 << 16 | 1 << 24;

    private static final long BASE_BSP = 1L << 8;
    private static final long BASE_EXTD = 1L << 10;
    private static final long BASE_EN = 1L << 11;
    private static final long BASE_RESERVED = 0xfff0_0000_0000_02ffL;
    private static final long BASE_DEFAULT = 0xfee0_0000L | BASE_EN;

    private static final int SVR_ENABLE = 1 << 8;
    private static final int SVR_SUPPRESS_EOI = 1 << 12;

    private final InterruptFabric fabric;
    private final int id;
    private final CpuSignals signals;
    private final ApicTimer timer;

    private final ApicVectors vectors = new ApicVectors();
    private final ApicDestination destination;
    private final ApicLvt lvt = new ApicLvt();
    private final ApicErrors errors = new ApicErrors();

    /** Written under the monitor, read without: every TLB miss looks at it. */
    private volatile long base;

    private int svr;
    private long icr;

    /** An ExtINT that came as a message rather than over LINT0. */
    private boolean externalRequested;

    private volatile boolean ready;

    /**
     * Makes the APIC of CPU {@code id} in its power-on state.
     *
     * @param signals called with the fabric's monitor held
     */
    LocalApicDevice(
            InterruptFabric fabric,
            int id,
            CpuSignals signals,
            Clock clock,
            long tscHz,
            long timerHz) {
        this.fabric = fabric;
        this.id = id;
        this.signals = signals;
        this.destination = new ApicDestination(id);
        this.timer =
                new ApicTimer(fabric, clock, tscHz, timerHz, () -> deliverLocal(ApicLvt.TIMER));
        reset();
    }

    /** Power-on or RESET. */
    void reset() {
        synchronized (fabric) {
            base = BASE_DEFAULT | (id == 0 ? BASE_BSP : 0);
            initialise();
        }
    }

    /** What INIT resets: all but the APIC base and the ID (SDM 3A §11.4.7.3). */
    private void initialise() {
        vectors.clear();
        destination.reset(x2apic());
        lvt.reset();
        svr = 0xff;
        errors.reset();
        icr = 0;
        externalRequested = false;
        timer.reset();
        ready = false;
        update();
    }

    /** What firmware leaves on the boot processor: LINT0 takes the 8259's, LINT1 is NMI. */
    void enableVirtualWire() {
        synchronized (fabric) {
            svr |= SVR_ENABLE;
            lvt.set(ApicLvt.LINT0, InterruptFabric.EXTINT << 8);
            lvt.set(ApicLvt.LINT1, InterruptFabric.NMI << 8);
            update();
        }
    }

    // ---- What the fabric asks

    private boolean hardwareEnabled() {
        return (base & BASE_EN) != 0;
    }

    private boolean x2apic() {
        return (base & BASE_EXTD) != 0;
    }

    boolean softwareEnabled() {
        return hardwareEnabled() && (svr & SVR_ENABLE) != 0;
    }

    /** Whether a destination means this APIC. */
    boolean matches(int destination, boolean logical, boolean broadcast) {
        return hardwareEnabled()
                && (broadcast || this.destination.matches(destination, logical, x2apic()));
    }

    int processorPriority() {
        return vectors.processorPriority();
    }

    /** Takes a message. Returns whether it was accepted. */
    boolean accept(int mode, int vector, boolean level) {
        if (!hardwareEnabled()) {
            return false;
        }
        switch (mode) {
            case InterruptFabric.FIXED, InterruptFabric.LOWEST_PRIORITY -> {
                return softwareEnabled() && acceptVector(vector, level);
            }
            case InterruptFabric.NMI -> signals.nmi();
            case InterruptFabric.INIT -> {
                initialise();
                signals.init();
            }
            case InterruptFabric.STARTUP -> signals.startup(vector);
            case InterruptFabric.EXTINT -> {
                externalRequested = true;
                update();
            }
            default -> {
                return false; // SMI: there is no system-management mode
            }
        }
        return true;
    }

    private boolean acceptVector(int vector, boolean level) {
        if (vector < 16) {
            raiseError(ApicErrors.RECEIVE_ILLEGAL_VECTOR);
            return false;
        }
        vectors.request(vector, level);
        update();
        return true;
    }

    /** LINT0 changed: the 8259s' output. */
    void lint0(boolean asserted) {
        if (asserted && lvt.deliveryMode(ApicLvt.LINT0) != InterruptFabric.EXTINT) {
            deliverLocal(ApicLvt.LINT0);
        }
        update();
    }

    /** A rising edge of LINT1: the board's NMI. */
    void lint1() {
        deliverLocal(ApicLvt.LINT1);
    }

    private void deliverLocal(int entry) {
        if (!lvt.masked(entry)) {
            accept(lvt.deliveryMode(entry), lvt.vector(entry), false);
        }
    }

    private void raiseError(int bit) {
        boolean first = errors.raise(bit);
        int vector = lvt.vector(ApicLvt.ERROR);
        if (first && !lvt.masked(ApicLvt.ERROR) && vector >= 16) {
            acceptVector(vector, false);
        }
    }

    // ---- LocalApic: delivery

    private int deliverable() {
        return hardwareEnabled() ? vectors.deliverable() : -1;
    }

    private boolean externalReady() {
        if (!fabric.picRequests()) {
            return false;
        }
        if (!hardwareEnabled()) {
            return (base & BASE_BSP) != 0; // INTR then goes straight to the CPU
        }
        return externalRequested
                || !lvt.masked(ApicLvt.LINT0)
                        && lvt.deliveryMode(ApicLvt.LINT0) == InterruptFabric.EXTINT;
    }

    private void update() {
        boolean now = deliverable() >= 0 || externalReady();
        ready = now;
        if (now) {
            signals.interrupt();
        }
    }

    @Override
    public boolean interruptReady() {
        return ready;
    }

    @Override
    public int acknowledge() {
        synchronized (fabric) {
            int vector;
            if (externalReady()) {
                externalRequested = false;
                vector = fabric.picAcknowledge();
            } else {
                vector = deliverable();
                if (vector >= 0) {
                    vectors.serve(vector);
                }
            }
            update();
            return vector;
        }
    }

    @Override
    public int cr8() {
        synchronized (fabric) {
            return vectors.taskPriority() >>> 4;
        }
    }

    @Override
    public void setCr8(int priority) {
        synchronized (fabric) {
            vectors.setTaskPriority((priority & 0xf) << 4);
            update();
        }
    }

    private void endOfInterrupt() {
        int vector = vectors.endOfInterrupt();
        if (vector < 0) {
            return;
        }
        if (vectors.levelTriggered(vector) && (svr & SVR_SUPPRESS_EOI) == 0) {
            fabric.broadcastEoi(vector);
        }
        update();
    }

    // ---- LocalApic: IA32_APIC_BASE and IA32_TSC_DEADLINE

    @Override
    public long base() {
        return base;
    }

    @Override
    public boolean setBase(long value) {
        synchronized (fabric) {
            boolean enable = (value & BASE_EN) != 0;
            boolean extended = (value & BASE_EXTD) != 0;
            // SDM 3A figure 11-27: the state machine's missing arrows.
            if ((value & BASE_RESERVED) != 0
                    || extended && !enable
                    || extended && !hardwareEnabled()
                    || enable && !extended && x2apic()) {
                return false;
            }
            boolean wasEnabled = hardwareEnabled();
            boolean wasExtended = x2apic();
            base = value;
            if (wasEnabled && !enable) {
                initialise();
                return true;
            }
            if (extended && !wasExtended) {
                destination.enterX2apic();
                icr = 0;
            }
            update();
            return true;
        }
    }

    @Override
    public long tscDeadline() {
        synchronized (fabric) {
            return timer.tscDeadline();
        }
    }

    @Override
    public void setTscDeadline(long tsc) {
        synchronized (fabric) {
            timer.setTscDeadline(tsc);
        }
    }

    // ---- LocalApic: registers

    @Override
    public long readMmio(int offset, int size) {
        synchronized (fabric) {
            if (!hardwareEnabled() || x2apic()) {
                return -1;
            }
            if ((offset & 0xf) >= 4) {
                return 0;
            }
            int register = offset & 0xff0;
            long value;
            if (register == ID) {
                value = (long) id << 24;
            } else if (register == ICR_HIGH) {
                value = icr >>> 32;
            } else if (register == LDR || register == DFR) {
                value = register == LDR ? destination.ldr() : destination.dfr();
            } else if (register == APR || register == RRD) {
                value = 0;
            } else if (readable(register)) {
                value = read(register);
            } else {
                raiseErrorOfAccess(register);
                value = 0;
            }
            return (value & 0xffff_ffffL) >>> (offset & 3) * 8;
        }
    }

    @Override
    public void writeMmio(int offset, int size, long value) {
        synchronized (fabric) {
            // Registers are written whole; anything else is undefined (SDM 3A §11.4.1).
            if (!hardwareEnabled() || x2apic() || (offset & 0xf) != 0 || size < 4) {
                return;
            }
            int word = (int) value;
            switch (offset) {
                case LDR -> destination.setLdr(word);
                case DFR -> destination.setDfr(word);
                case ICR_HIGH -> icr = icr & 0xffff_ffffL | (long) word << 32;
                case ICR_LOW -> write(ICR_LOW, icr & ~0xffff_ffffL | word & 0xffff_ffffL);
                case ID -> {
                    // read-only, as on recent processors
                }
                case SELF_IPI -> raiseErrorOfAccess(offset);
                default -> {
                    if (writableBits(offset) >= 0) {
                        write(offset, word & 0xffff_ffffL);
                    } else {
                        raiseErrorOfAccess(offset);
                    }
                }
            }
        }
    }

    private void raiseErrorOfAccess(int register) {
        boolean readOnly = readable(register);
        if (!readOnly && register != EOI && register != APR && register != RRD) {
            raiseError(ApicErrors.ILLEGAL_REGISTER);
        }
    }

    @Override
    public boolean x2apicReadable(int msr) {
        synchronized (fabric) {
            return x2apic() && readable((msr & 0xff) << 4);
        }
    }

    @Override
    public long readX2apic(int msr) {
        synchronized (fabric) {
            return read((msr & 0xff) << 4);
        }
    }

    @Override
    public boolean writeX2apic(int msr, long value) {
        synchronized (fabric) {
            int register = (msr & 0xff) << 4;
            long writable = writableBits(register);
            if (!x2apic() || writable == -1 || (value & ~writable) != 0) {
                return false;
            }
            write(register, value);
            return true;
        }
    }

    private long read(int register) {
        if (register >= ISR && register < ESR) {
            return vectors.register(register);
        }
        if (register >= LVT_TIMER && register <= LVT_ERROR) {
            return lvt.get(register - LVT_TIMER >> 4);
        }
        return switch (register) {
            case ID -> id;
            case VERSION -> VERSION_VALUE;
            case TPR -> vectors.taskPriority();
            case PPR -> vectors.processorPriority();
            case LDR -> destination.ldr() & 0xffff_ffffL;
            case SVR -> svr;
            case ESR -> errors.read();
            case ICR_LOW -> icr;
            case INITIAL_COUNT -> timer.initialCount();
            case CURRENT_COUNT -> timer.currentCount();
            case DIVIDE_CONFIGURATION -> timer.divideConfiguration();
            default -> 0;
        };
    }

    private void write(int register, long value) {
        switch (register) {
            case TPR -> {
                vectors.setTaskPriority((int) value);
                update();
            }
            case EOI -> endOfInterrupt();
            case SVR -> {
                svr = (int) value & 0x13ff;
                if ((svr & SVR_ENABLE) == 0) {
                    lvt.maskAll();
                }
                update();
            }
            case ESR -> errors.write();
            case ICR_LOW -> {
                icr = value & ~(1L << 12);
                if (!fabric.sendIpi(this, icr, x2apic())) {
                    raiseError(ApicErrors.SEND_ILLEGAL_VECTOR);
                }
            }
            case SELF_IPI -> accept(InterruptFabric.FIXED, (int) value & 0xff, false);
            case INITIAL_COUNT -> timer.setInitialCount(value);
            case DIVIDE_CONFIGURATION -> timer.setDivideConfiguration((int) value);
            default -> writeLvt(register - LVT_TIMER >> 4, (int) value);
        }
    }

    private void writeLvt(int entry, int value) {
        lvt.set(entry, (svr & SVR_ENABLE) != 0 ? value : value | LVT_MASKED);
        if (entry == ApicLvt.TIMER) {
            timer.setMode(lvt.timerMode());
        }
        update();
    }

    // ---- State

    void save(DataOutput out) throws IOException {
        synchronized (fabric) {
            SavedState.begin(out, STATE_VERSION);
            out.writeLong(base);
            vectors.save(out);
            destination.save(out);
            lvt.save(out);
            out.writeShort(svr);
            errors.save(out);
            out.writeLong(icr);
            out.writeBoolean(externalRequested);
            timer.save(out);
        }
    }

    void restore(DataInput in) throws IOException {
        synchronized (fabric) {
            SavedState.expect(in, "lapic", STATE_VERSION);
            base = in.readLong() & ~BASE_RESERVED;
            vectors.restore(in);
            destination.restore(in);
            lvt.restore(in);
            svr = in.readUnsignedShort() & 0x13ff;
            errors.restore(in);
            icr = in.readLong();
            externalRequested = in.readBoolean();
            timer.restore(in);
            update();
        }
    }
}
