package org.jvisor.machine.device;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.jvisor.vmm.api.Doorbells;
import org.jvisor.vmm.api.InterruptRoutes;
import org.jvisor.vmm.api.IrqLine;

/** PCI slots whose messages and doorbells are kept for a test to look at. */
final class TestWiring implements PciHost.Wiring {
    /** The pins' lines. */
    @FunctionalInterface
    interface Router {
        IrqLine line(int device, int pin);
    }

    /** A message sent. */
    record Message(long address, int data) {}

    /** A doorbell attached now. */
    record Bell(long address, int size, OptionalLong match, Runnable ring) {}

    final List<Message> messages = new ArrayList<>();
    final List<Bell> bells = new ArrayList<>();
    private final Router router;

    TestWiring(Router router) {
        this.router = router;
    }

    @Override
    public IrqLine line(int device, int pin) {
        return router.line(device, pin);
    }

    @Override
    public InterruptRoutes interrupts() {
        return InterruptRoutes.through((address, data) -> messages.add(new Message(address, data)));
    }

    @Override
    public Doorbells doorbells() {
        return (address, size, match, ring) -> {
            Bell bell = new Bell(address, size, match, ring);
            bells.add(bell);
            return () -> bells.remove(bell);
        };
    }
}
