package org.jvisor.machine.device;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.jvisor.vmm.api.Bus;
import org.jvisor.vmm.api.Clock;
import org.jvisor.vmm.api.CpuSignals;
import org.jvisor.vmm.api.Device;
import org.jvisor.vmm.api.IrqLine;
import org.jvisor.vmm.api.LocalApic;
import org.jvisor.vmm.api.MsiSink;

/**
 * The board's interrupt controllers in software: a local APIC per CPU, an I/O APIC and the 8259s.
 * GSIs 0 to 15 reach both the 8259s and the I/O APIC, 16 to 23 the I/O APIC only; the PIT's GSI 0
 * is the I/O APIC's input 2, as the MADT's interrupt source override must say.
 */
public final class SoftwareInterrupts implements Device {
    private static final int VERSION = 1;

    /** The I/O APIC input of the PIT (ISA IRQ 0). */
    public static final int PIT_PIN = 2;

    private final InterruptFabric fabric = new InterruptFabric();
    private final LocalApicDevice[] apics;
    private final IoApic ioApic;
    private final Pic8259 pic;
    private final SharedLine[] inputs = new SharedLine[IoApic.PINS];

    /**
     * Makes the controllers in their power-on state and maps the 8259s and the I/O APIC. The local
     * APICs' pages are no region of the bus: each CPU asks its own.
     *
     * @param signals the CPUs' wires, by CPU index, which is also the APIC ID; called with the
     *     controllers' monitor held, so they must neither block nor call back into {@link
     *     LocalApic}
     * @param tscHz the time-stamp counter's frequency; the counter is taken to be 0 at the clock's
     *     0
     * @param timerHz the local APIC timers' input frequency: what CPUID leaf 0x15 calls the crystal
     * @param ports where the 8259s go
     * @param mmio where the I/O APIC goes
     */
    public SoftwareInterrupts(
            CpuSignals[] signals, Clock clock, long tscHz, long timerHz, Bus ports, Bus mmio) {
        apics = new LocalApicDevice[signals.length];
        for (int i = 0; i < apics.length; i++) {
            apics[i] = new LocalApicDevice(fabric, i, signals[i], clock, tscHz, timerHz);
        }
        ioApic = new IoApic(fabric);
        pic = new Pic8259(fabric, fabric::picOutput);
        fabric.connect(apics, ioApic, pic);
        for (int i = 0; i < inputs.length; i++) {
            int gsi = i;
            inputs[i] = new SharedLine(asserted -> drive(gsi, asserted));
        }
        pic.attach(ports);
        ioApic.attach(mmio);
    }

    /** The local APIC of a CPU. */
    public LocalApic apic(int cpu) {
        return apics[cpu];
    }

    /**
     * A new driver of a global system interrupt, deasserted; those of one GSI are wired-OR. GSIs 0
     * and 2 are the same wire.
     *
     * @param gsi 0 to 23
     */
    public IrqLine gsi(int gsi) {
        return inputs[gsi == PIT_PIN ? 0 : gsi].driver();
    }

    /** Where message-signalled interrupts go. */
    public MsiSink msi() {
        return fabric;
    }

    /** Raises the board's NMI, wired to LINT1 of every local APIC. */
    public void nmi() {
        synchronized (fabric) {
            for (LocalApicDevice apic : apics) {
                apic.lint1();
            }
        }
    }

    /**
     * Puts the boot processor's APIC into the virtual wire mode that firmware leaves (MP
     * specification §3.6.2.2). For direct boot, after each reset.
     */
    public void enableVirtualWire() {
        apics[0].enableVirtualWire();
    }

    private void drive(int gsi, boolean asserted) {
        synchronized (fabric) {
            if (gsi < 16) {
                pic.setInput(gsi, asserted);
            }
            ioApic.setInput(gsi == 0 ? PIT_PIN : gsi, asserted);
        }
    }

    @Override
    public String name() {
        return "interrupts";
    }

    @Override
    public void reset() {
        synchronized (fabric) {
            pic.reset();
            ioApic.reset();
            for (LocalApicDevice apic : apics) {
                apic.reset();
            }
        }
    }

    @Override
    public void save(DataOutput out) throws IOException {
        synchronized (fabric) {
            SavedState.begin(out, VERSION);
            out.writeShort(apics.length);
            pic.save(out);
            ioApic.save(out);
            for (LocalApicDevice apic : apics) {
                apic.save(out);
            }
        }
    }

    @Override
    public void restore(DataInput in) throws IOException {
        synchronized (fabric) {
            SavedState.expect(in, name(), VERSION);
            int cpus = in.readUnsignedShort();
            if (cpus != apics.length) {
                throw new IOException(
                        "the saved state is of a machine with %d CPUs, but this one has %d: give it as many"
                                .formatted(cpus, apics.length));
            }
            pic.restore(in);
            ioApic.restore(in);
            for (LocalApicDevice apic : apics) {
                apic.restore(in);
            }
        }
    }
}
