package org.jvisor.machine.device;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * The interrupts a local APIC holds, and their priorities (SDM 3A §11.8): requested in IRR, in
 * service in ISR, level-triggered in TMR.
 */
final class ApicVectors {
    private final VectorSet irr = new VectorSet();
    private final VectorSet isr = new VectorSet();
    private final VectorSet tmr = new VectorSet();
    private int tpr;

    void clear() {
        irr.clear();
        isr.clear();
        tmr.clear();
        tpr = 0;
    }

    int taskPriority() {
        return tpr;
    }

    void setTaskPriority(int value) {
        tpr = value & 0xff;
    }

    /** PPR. */
    int processorPriority() {
        int serving = Math.max(isr.highest(), 0) & 0xf0;
        return tpr >>> 4 >= serving >>> 4 ? tpr : serving;
    }

    void request(int vector, boolean level) {
        irr.add(vector);
        if (level) {
            tmr.add(vector);
        } else {
            tmr.remove(vector);
        }
    }

    /** The requested vector whose class is above the processor priority's, or -1. */
    int deliverable() {
        int vector = irr.highest();
        return vector >= 0 && vector >>> 4 > processorPriority() >>> 4 ? vector : -1;
    }

    /** Moves the deliverable vector into service. */
    void serve(int vector) {
        irr.remove(vector);
        isr.add(vector);
    }

    /** Ends the service of the highest vector and returns it, or -1 when none is served. */
    int endOfInterrupt() {
        int vector = isr.highest();
        if (vector >= 0) {
            isr.remove(vector);
        }
        return vector;
    }

    boolean levelTriggered(int vector) {
        return tmr.contains(vector);
    }

    /** Reads one of the 24 registers from {@link ApicRegister#ISR} to before ESR. */
    long register(int offset) {
        VectorSet set = offset < ApicRegister.TMR ? isr : offset < ApicRegister.IRR ? tmr : irr;
        return set.register(offset >> 4 & 7) & 0xffff_ffffL;
    }

    void save(DataOutput out) throws IOException {
        irr.save(out);
        isr.save(out);
        tmr.save(out);
        out.writeByte(tpr);
    }

    void restore(DataInput in) throws IOException {
        irr.restore(in);
        isr.restore(in);
        tmr.restore(in);
        tpr = in.readUnsignedByte();
    }
}
