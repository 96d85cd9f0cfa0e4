package org.jvisor.machine.device;

import org.jspecify.annotations.Nullable;
import org.jvisor.vmm.api.MsiSink;

/**
 * The bus between the local APICs, the I/O APIC, the 8259s and message-signalled interrupts. Its
 * monitor guards all of them: a message passes from one to another in both directions (an interrupt
 * down, an EOI up), which separate locks could not order.
 */
final class InterruptFabric implements MsiSink {
    /** Delivery modes (SDM 3A §11.6.1). */
    static final int FIXED = 0,
            LOWEST_PRIORITY = 1,
            SMI = 2,
            NMI = 4,
            INIT = 5,
            STARTUP = 6,
            EXTINT = 7;

    private LocalApicDevice[] apics = {};
    private @Nullable IoApic ioApic;
    private @Nullable Pic8259 pic;

    /** Where the search for the lowest priority begins: equals take turns. */
    private int turn;

    void connect(LocalApicDevice[] apics, IoApic ioApic, Pic8259 pic) {
        this.apics = apics.clone();
        this.ioApic = ioApic;
        this.pic = pic;
    }

    /**
     * Delivers an interrupt message.
     *
     * @param destination an APIC ID, or a logical destination
     * @param broadcast whether {@code destination} stands for all in the sender's format
     * @param level whether the message is level-triggered
     * @return whether anyone accepted it
     */
    synchronized boolean deliver(
            int destination,
            boolean logical,
            boolean broadcast,
            int mode,
            int vector,
            boolean level) {
        if (mode == LOWEST_PRIORITY) {
            LocalApicDevice target = lowestPriority(destination, logical, broadcast);
            return target != null && target.accept(FIXED, vector, level);
        }
        boolean accepted = false;
        for (LocalApicDevice apic : apics) {
            if (apic.matches(destination, logical, broadcast)) {
                accepted |= apic.accept(mode, vector, level);
            }
        }
        return accepted;
    }

    /**
     * Sends the interprocessor interrupt that an ICR describes (SDM 3A §11.6.1). IPIs are
     * edge-triggered whatever bit 15 says.
     *
     * @return false when its vector is illegal
     */
    synchronized boolean sendIpi(LocalApicDevice sender, long icr, boolean x2apic) {
        int mode = (int) icr >>> 8 & 7;
        int vector = (int) icr & 0xff;
        boolean deassert = (icr & 1 << 15) != 0 && (icr & 1 << 14) == 0;
        if (mode == INIT && deassert || mode == EXTINT) {
            return true; // INIT level de-assert does nothing now; ExtINT cannot be sent
        }
        if (mode <= LOWEST_PRIORITY && vector < 16) {
            return false;
        }
        int shorthand = (int) icr >>> 18 & 3;
        if (shorthand == 0) {
            int destination = (int) (x2apic ? icr >>> 32 : icr >>> 56);
            boolean broadcast = destination == (x2apic ? -1 : 0xff);
            deliver(destination, (icr & 1 << 11) != 0, broadcast, mode, vector, false);
            return true;
        }
        for (LocalApicDevice apic : apics) {
            // 1 self, 2 all including self, 3 all excluding self
            if (apic == sender ? shorthand != 3 : shorthand != 1) {
                apic.accept(mode, vector, false);
            }
        }
        return true;
    }

    private @Nullable LocalApicDevice lowestPriority(
            int destination, boolean logical, boolean broadcast) {
        LocalApicDevice best = null;
        int lowest = Integer.MAX_VALUE;
        int bestIndex = 0;
        for (int i = 0; i < apics.length; i++) {
            int index = (turn + i) % apics.length;
            LocalApicDevice apic = apics[index];
            if (apic.softwareEnabled() && apic.matches(destination, logical, broadcast)) {
                int priority = apic.processorPriority();
                if (priority < lowest) {
                    lowest = priority;
                    best = apic;
                    bestIndex = index;
                }
            }
        }
        if (best != null) {
            turn = (bestIndex + 1) % apics.length;
        }
        return best;
    }

    /** A local APIC's EOI of a level-triggered vector. */
    synchronized void broadcastEoi(int vector) {
        if (ioApic != null) {
            ioApic.endOfInterrupt(vector);
        }
    }

    /** The 8259s' output changed: LINT0 of every local APIC, and input 0 of the I/O APIC. */
    synchronized void picOutput(boolean asserted) {
        for (LocalApicDevice apic : apics) {
            apic.lint0(asserted);
        }
        if (ioApic != null) {
            ioApic.setInput(0, asserted);
        }
    }

    /** Whether the 8259s ask for an interrupt. */
    boolean picRequests() {
        return pic != null && pic.output();
    }

    /** The 8259s' answer to INTA. */
    synchronized int picAcknowledge() {
        return pic == null ? 0xff : pic.acknowledge();
    }

    @Override
    public void send(long address, int data) {
        if ((address & 0xffff_ffff_fff0_0000L) != 0xfee0_0000L) {
            return;
        }
        int destination = (int) (address >>> 12) & 0xff;
        boolean level = (data & 1 << 15) != 0;
        if (level && (data & 1 << 14) == 0) {
            return; // a level-triggered message that deasserts
        }
        // With the redirection hint, one of a logical set takes it (SDM 3A §11.11.1).
        int mode = data >>> 8 & 7;
        boolean logical = (address & 1 << 2) != 0;
        if (logical && (address & 1 << 3) != 0 && mode == FIXED) {
            mode = LOWEST_PRIORITY;
        }
        deliver(destination, logical, destination == 0xff, mode, data & 0xff, level);
    }
}
