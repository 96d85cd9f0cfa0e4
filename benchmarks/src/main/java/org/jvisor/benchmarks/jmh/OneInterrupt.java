package org.jvisor.benchmarks.jmh;

import org.jvisor.vmm.api.LocalApic;

/** A local APIC that has nothing but one vector to deliver. */
final class OneInterrupt implements LocalApic {
    /** The vector, or -1 when there is none. */
    int vector = -1;

    @Override
    public int acknowledge() {
        int taken = vector;
        vector = -1;
        return taken;
    }

    @Override
    public boolean interruptReady() {
        return vector >= 0;
    }

    @Override
    public long base() {
        return 0xfee0_0900L;
    }

    @Override
    public boolean setBase(long value) {
        return true;
    }

    @Override
    public int cr8() {
        return 0;
    }

    @Override
    public void setCr8(int priority) {}

    @Override
    public long readMmio(int offset, int size) {
        return 0;
    }

    @Override
    public void writeMmio(int offset, int size, long value) {}

    @Override
    public boolean x2apicReadable(int msr) {
        return false;
    }

    @Override
    public long readX2apic(int msr) {
        return 0;
    }

    @Override
    public boolean writeX2apic(int msr, long value) {
        return false;
    }

    @Override
    public long tscDeadline() {
        return 0;
    }

    @Override
    public void setTscDeadline(long tsc) {}
}
