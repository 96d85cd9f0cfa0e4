package org.jvisor.machine;

/** Where a machine is in its life. */
public enum MachineState {
    /** Built, not yet started. */
    CREATED,
    /** Its vCPUs run. */
    RUNNING,
    /** Its vCPUs and its clock stand still. */
    PAUSED,
    /** It has ended; its memory and registers can still be read until it is closed. */
    ENDED
}
