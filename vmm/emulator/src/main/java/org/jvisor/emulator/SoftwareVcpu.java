package org.jvisor.emulator;

import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.jvisor.vmm.api.CpuSignals;
import org.jvisor.vmm.api.LocalApic;
import org.jvisor.vmm.api.Vcpu;
import org.jvisor.vmm.api.VcpuExit;
import org.jvisor.vmm.api.VcpuState;
import org.jvisor.vmm.api.VcpuStatistics;

/**
 * A CPU of a {@link SoftwareAccelerator}. All CPUs of one accelerator are run by one thread, a
 * slice each in turn, or each by one of its own; only the {@link CpuSignals} and {@link #kick} may
 * be called from others.
 */
public final class SoftwareVcpu implements Vcpu, CpuSignals {
    private final Cpu cpu;
    private final Interpreter interpreter;
    private final long slice;
    private final @Nullable LongSupplier countedUntil;
    private boolean closed;
    private String internal = "";

    SoftwareVcpu(Cpu cpu, long slice, @Nullable LongSupplier countedUntil) {
        this.cpu = cpu;
        this.slice = slice;
        this.countedUntil = countedUntil;
        this.interpreter = new Interpreter(cpu);
    }

    /** The state behind it, for tests. */
    Cpu cpu() {
        return cpu;
    }

    /**
     * Connects the CPU's local APIC. Without one there are no interrupts but NMIs, and the APIC's
     * page is not special.
     */
    public void attach(LocalApic apic) {
        cpu.apic = apic;
        cpu.mem.flushAll();
        cpu.signal(Cpu.PENDING_IRQ);
    }

    @Override
    public int index() {
        return cpu.index;
    }

    @Override
    public VcpuExit run() {
        if (closed) {
            throw new IllegalStateException("vCPU " + cpu.index + " is closed");
        }
        if (!internal.isEmpty()) {
            return VcpuExit.FAILED;
        }
        try {
            return interpreter.run(
                    countedUntil == null ? slice : Math.min(slice, countedUntil.getAsLong()));
        } catch (EmulatorException e) {
            internal = e.getMessage() + " (rip %#x)".formatted(cpu.rip);
            return VcpuExit.FAILED;
        } catch (RuntimeException | Error e) {
            internal = CrashText.describe(cpu, e);
            return VcpuExit.FAILED;
        }
    }

    @Override
    public void kick() {
        cpu.signal(Cpu.PENDING_KICK);
    }

    @Override
    public String failure() {
        return internal.isEmpty() ? cpu.failure : internal;
    }

    @Override
    public void save(VcpuState state) {
        StateTransfer.save(cpu, state);
    }

    @Override
    public void restore(VcpuState state) {
        internal = "";
        cpu.clearPending(Cpu.PENDING_INIT | Cpu.PENDING_SIPI);
        StateTransfer.restore(cpu, state);
    }

    /** Puts the CPU into its state after RESET, MSRs included. Only while it does not run. */
    public void reset() {
        internal = "";
        cpu.clearPending(Cpu.PENDING_INIT | Cpu.PENDING_SIPI);
        Reset.reset(cpu);
    }

    @Override
    public long instructions() {
        return cpu.executed;
    }

    @Override
    public VcpuStatistics statistics() {
        return cpu.counters.statistics(cpu.executed);
    }

    @Override
    public boolean idle() {
        return interpreter.idle();
    }

    @Override
    public void singleStep(boolean on) {
        cpu.hostStep = on;
        cpu.updateSlow();
    }

    @Override
    public void close() {
        closed = true;
    }

    // ---- wires from the APIC ----

    @Override
    public void interrupt() {
        cpu.signal(Cpu.PENDING_IRQ);
    }

    @Override
    public void nmi() {
        cpu.signal(Cpu.PENDING_NMI);
    }

    @Override
    public void init() {
        cpu.clearPending(Cpu.PENDING_SIPI); // one that came before is forgotten
        cpu.signal(Cpu.PENDING_INIT);
    }

    @Override
    public void startup(int vector) {
        cpu.sipiVector = vector & 0xff;
        cpu.signal(Cpu.PENDING_SIPI);
    }
}
