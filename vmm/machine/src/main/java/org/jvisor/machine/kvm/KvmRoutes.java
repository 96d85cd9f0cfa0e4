package org.jvisor.machine.kvm;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.jvisor.kvm.KvmException;
import org.jvisor.kvm.KvmIrqRoute;
import org.jvisor.kvm.KvmVm;
import org.jvisor.linux.EventFd;
import org.jvisor.linux.LinuxException;
import org.jvisor.vmm.api.InterruptRoute;
import org.jvisor.vmm.api.InterruptRoutes;
import org.jvisor.vmm.api.MsiSink;

/**
 * Message-signalled interrupts as irqfds: each has a GSI of its own, routed to its message, and an
 * event that raises it. Where the host has no event or GSI left, the message is sent by an ioctl.
 * Any thread may call any method.
 */
final class KvmRoutes implements InterruptRoutes {
    private final KvmVm vm;
    private final MsiSink sink;

    /** Routes to the pins of the interrupt controllers, which are always there. */
    private final List<KvmIrqRoute> pins;

    private final int firstGsi;
    private final int limit;
    private final LongAdder raised = new LongAdder();
    private final LongAdder sent = new LongAdder();

    /** Guarded by this, as the kernel's table is replaced as a whole. */
    private final BitSet used = new BitSet();

    private final TreeMap<Integer, KvmIrqRoute> messages = new TreeMap<>();

    /**
     * Takes over the routing table.
     *
     * @param sink where messages go that have no irqfd
     * @param pins the routes to interrupt controllers
     * @param firstGsi the first GSI that none of them uses
     * @param limit how many routes the table can hold
     */
    KvmRoutes(KvmVm vm, MsiSink sink, List<KvmIrqRoute> pins, int firstGsi, int limit) {
        this.vm = vm;
        this.sink = sink;
        this.pins = List.copyOf(pins);
        this.firstGsi = firstGsi;
        this.limit = limit;
        publish();
    }

    @Override
    public InterruptRoute open() {
        return new Route();
    }

    /** A free GSI, or -1. */
    private synchronized int claim() {
        int gsi = used.nextClearBit(firstGsi);
        if (gsi >= limit || pins.size() + messages.size() >= limit) {
            return -1;
        }
        used.set(gsi);
        return gsi;
    }

    private synchronized void release(int gsi) {
        if (messages.remove(gsi) != null) {
            publish();
        }
        used.clear(gsi);
    }

    private synchronized void route(int gsi, long address, int data) {
        messages.put(gsi, new KvmIrqRoute.Msi(gsi, address, data));
        publish();
    }

    private void publish() {
        List<KvmIrqRoute> all = new ArrayList<>(pins);
        all.addAll(messages.values());
        vm.setGsiRouting(all);
    }

    /** How many interrupts were raised through an event. */
    long raised() {
        return raised.sum();
    }

    /** How many messages were sent by an ioctl. */
    long sent() {
        return sent.sum();
    }

    private final class Route implements InterruptRoute {
        private boolean set;
        private boolean closed;
        private long address;
        private int data;

        /** Null before the first message, and where messages are sent by an ioctl. */
        private @Nullable EventFd event;

        private int gsi = -1;

        @Override
        public synchronized void set(long newAddress, int newData) {
            if (closed || set && newAddress == address && newData == data) {
                return;
            }
            boolean first = !set;
            set = true;
            address = newAddress;
            data = newData;
            if (first) {
                attach();
            }
            if (event != null) {
                try {
                    route(gsi, address, data);
                } catch (KvmException e) {
                    detach(); // the guest gave a message the kernel does not take
                }
            }
        }

        private void attach() {
            gsi = claim();
            if (gsi < 0) {
                return;
            }
            EventFd made = null;
            try {
                made = EventFd.create();
                vm.attachIrqfd(made, gsi, null);
                event = made;
            } catch (LinuxException e) {
                if (made != null) {
                    made.close();
                }
                release(gsi);
            }
        }

        private void detach() {
            EventFd held = event;
            event = null;
            if (held != null) {
                vm.detachIrqfd(held, gsi);
                held.close();
                release(gsi);
            }
        }

        @Override
        public synchronized void trigger() {
            EventFd held = event;
            if (held != null) {
                raised.increment();
                held.signal();
            } else if (set && !closed) {
                sent.increment();
                sink.send(address, data);
            }
        }

        @Override
        public synchronized void close() {
            closed = true;
            detach();
        }
    }
}
