package org.jvisor.emulator;

import org.jvisor.vmm.api.GuestMemory;
import org.jvisor.vmm.api.VcpuState;

/**
 * A machine with one CPU and 1 MiB of memory that runs small programs until they halt: KVM and the
 * software CPU are used in the same way.
 */
interface ProgramMachine extends AutoCloseable {
    /** Bytes of memory, from physical address 0. */
    int MEMORY_SIZE = 0x10_0000;

    /** Its memory; the caller fills it before a run and looks at it afterwards. */
    GuestMemory memory();

    /**
     * Runs until HLT.
     *
     * @param start what the CPU starts from
     * @param end receives its state
     * @return what stopped it, {@link #HALTED} if it was HLT
     */
    String run(VcpuState start, VcpuState end);

    /** What {@link #run} returns if all went well. */
    String HALTED = "HLT";

    @Override
    void close();
}
