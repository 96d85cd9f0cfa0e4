package org.jvisor.machine.kvm;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import org.jvisor.kvm.KvmExit;
import org.jvisor.kvm.KvmRun;
import org.jvisor.kvm.KvmVcpu;
import org.jvisor.vmm.api.Bus;
import org.jvisor.vmm.api.Tally;
import org.jvisor.vmm.api.Vcpu;
import org.jvisor.vmm.api.VcpuExit;
import org.jvisor.vmm.api.VcpuState;
import org.jvisor.vmm.api.VcpuStatistics;

/** A vCPU of KVM: serves its port and MMIO exits through the buses. */
public final class KvmCpu implements Vcpu {
    /** Offsets of local APIC registers (SDM 3A table 11-1). */
    private static final int LAPIC_SVR = 0xf0, LAPIC_LVT_LINT0 = 0x350, LAPIC_LVT_LINT1 = 0x360;

    private final KvmVcpu vcpu;
    private final KvmRun exit;
    private final Bus ports;
    private final Bus mmio;

    /** Whether the kernel's interrupt controller handles HLT. */
    private final boolean kernelHalts;

    /** The local APIC's registers at power-on; empty without one. */
    private final byte[] powerOnLapic;

    /** How often KVM came back, by reason. */
    private final Tally<KvmExit> exits = new Tally<>(KvmExit.class);

    /** Each repetition of a string instruction counts. */
    private long portAccesses;

    private volatile boolean halted;
    private String failure = "";

    KvmCpu(KvmVcpu vcpu, Bus ports, Bus mmio, boolean kernelHalts) {
        this.vcpu = vcpu;
        this.exit = vcpu.exit();
        this.ports = ports;
        this.mmio = mmio;
        this.kernelHalts = kernelHalts;
        this.powerOnLapic = kernelHalts ? vcpu.lapic() : new byte[0];
    }

    @Override
    public int index() {
        return vcpu.id();
    }

    @Override
    public VcpuExit run() {
        while (true) {
            KvmExit reason = vcpu.run();
            exits.add(reason);
            switch (reason) {
                case IO -> portIo();
                case MMIO -> mmio();
                case INTR -> {
                    return VcpuExit.KICKED;
                }
                case HLT -> {
                    halted = true;
                    return VcpuExit.HALTED;
                }
                case DEBUG -> {
                    return VcpuExit.DEBUG;
                }
                case SHUTDOWN -> {
                    failure = "a triple fault";
                    return VcpuExit.SHUTDOWN;
                }
                default -> {
                    failure = exit.describe();
                    return VcpuExit.FAILED;
                }
            }
        }
    }

    private void portIo() {
        int port = exit.ioPort();
        int size = exit.ioSize();
        int count = exit.ioCount();
        portAccesses += count;
        if (exit.ioIsWrite()) {
            for (int i = 0; i < count; i++) {
                ports.write(port, size, Integer.toUnsignedLong(exit.ioValue(i)));
            }
        } else {
            for (int i = 0; i < count; i++) {
                exit.setIoValue(i, (int) ports.read(port, size));
            }
        }
    }

    private void mmio() {
        long address = exit.mmioAddress();
        int length = exit.mmioLength();
        if (Integer.bitCount(length) == 1) {
            if (exit.mmioIsWrite()) {
                mmio.write(address, length, exit.mmioData());
            } else {
                exit.setMmioData(mmio.read(address, length));
            }
            return;
        }
        // The kernel splits accesses at page ends, so lengths such as 3 occur: byte by byte then.
        if (exit.mmioIsWrite()) {
            long data = exit.mmioData();
            for (int i = 0; i < length; i++) {
                mmio.write(address + i, 1, data >>> (i * 8) & 0xff);
            }
        } else {
            long data = 0;
            for (int i = 0; i < length; i++) {
                data |= mmio.read(address + i, 1) << (i * 8);
            }
            exit.setMmioData(data);
        }
    }

    @Override
    public void kick() {
        vcpu.kick();
    }

    /** Raises an NMI. */
    void nmi() {
        vcpu.nmi();
    }

    /** Returns the local APIC to its power-on state. */
    void resetLapic() {
        vcpu.setLapic(powerOnLapic);
    }

    /** Enables the local APIC with LINT0 as ExtINT and LINT1 as NMI (SDM 3A §11.5.1). */
    void enableVirtualWire() {
        ByteBuffer lapic = ByteBuffer.wrap(vcpu.lapic()).order(ByteOrder.LITTLE_ENDIAN);
        lapic.putInt(LAPIC_SVR, 0x1ff);
        lapic.putInt(LAPIC_LVT_LINT0, 0x700);
        lapic.putInt(LAPIC_LVT_LINT1, 0x400);
        vcpu.setLapic(lapic.array());
    }

    @Override
    public String failure() {
        return failure;
    }

    @Override
    public void save(VcpuState state) {
        StateTransfer.save(vcpu, state);
        if (halted) {
            state.activity = VcpuState.Activity.HALTED;
        }
    }

    @Override
    public void restore(VcpuState state) {
        StateTransfer.restore(vcpu, state, kernelHalts);
        halted = !kernelHalts && state.activity != VcpuState.Activity.RUNNING;
        failure = "";
    }

    @Override
    public long instructions() {
        return -1;
    }

    @Override
    public VcpuStatistics statistics() {
        Map<String, Long> byName = new HashMap<>();
        exits.toMap().forEach((reason, count) -> byName.put(reason.name(), count));
        return new VcpuStatistics(
                VcpuStatistics.Instructions.NONE,
                VcpuStatistics.Tlb.NONE,
                VcpuStatistics.Events.NONE,
                new VcpuStatistics.Io(portAccesses, exits.count(KvmExit.MMIO)),
                byName);
    }

    @Override
    public boolean idle() {
        return halted;
    }

    @Override
    public void singleStep(boolean on) {
        vcpu.singleStep(on);
    }

    @Override
    public void close() {
        vcpu.close();
    }
}
