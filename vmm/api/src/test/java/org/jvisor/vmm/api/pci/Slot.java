package org.jvisor.vmm.api.pci;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.jvisor.vmm.api.Bus;
import org.jvisor.vmm.api.Doorbells;
import org.jvisor.vmm.api.InterruptRoutes;
import org.jvisor.vmm.api.IrqLine;

/** A slot that keeps what a function does with it. */
final class Slot implements PciSlot {
    record Message(long address, int data) {}

    record Bell(long address, int size, OptionalLong match) {}

    final Bus ports = new Bus("port I/O");
    final Bus mmio = new Bus("MMIO");
    final List<Message> messages = new ArrayList<>();
    final List<Bell> bells = new ArrayList<>();
    boolean line;
    int pin;

    @Override
    public Bus ports() {
        return ports;
    }

    @Override
    public Bus mmio() {
        return mmio;
    }

    @Override
    public IrqLine intx(int wanted) {
        pin = wanted;
        return asserted -> line = asserted;
    }

    @Override
    public InterruptRoutes interrupts() {
        return InterruptRoutes.through((address, data) -> messages.add(new Message(address, data)));
    }

    @Override
    public Doorbells doorbells() {
        return (address, size, match, ring) -> {
            Bell bell = new Bell(address, size, match);
            bells.add(bell);
            return () -> bells.remove(bell);
        };
    }
}
